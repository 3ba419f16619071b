"""The JSON API of the live pages: the same numbers, described by OpenAPI."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from perfwise.core.compare import Comparison
from perfwise.core.family import every_family
from perfwise.core.outcome import Attempt
from perfwise.core.store import Page, RunRecord, Store
from perfwise.errors import NotComparable
from perfwise.web import methods
from perfwise.web.views import RunView, attempted, outcome_page, run_view, side_by_side

__all__ = ["Seed", "api"]

Seed = Annotated[int, Query(ge=-(1 << 63), lt=1 << 63)]
"""What a store can hold."""


class RunEntry(BaseModel):
    """A run in a list."""

    id: int
    name: str
    created_at: str = Field(description="ISO 8601")
    engine: str
    planned: int = Field(description="attempts that it will have when it is finished")
    finished: bool


class RunList(BaseModel):
    """A page of runs, the newest first."""

    runs: list[RunEntry]
    total: int = Field(description="of the runs that match")


class RunState(RunEntry):
    """A run and how far it is."""

    committed: int = Field(description="outcomes that are in the store for good")
    sets: dict[str, int] = Field(description="the same by candidate set")
    spec: dict[str, Any] = Field(description="what was asked")


class OutcomeEntry(BaseModel):
    """One attempt; the fields are those of `perfwise store export`."""

    task: str
    set: str
    candidate: str
    seed: int
    key: str
    quality: float | None
    cost: dict[str, float]
    failure: dict[str, str] | None
    caveats: list[str]
    provenance: dict[str, Any]
    detail: dict[str, Any] | None = Field(default=None, description="only where it is asked for")


class OutcomeList(BaseModel):
    """A page of outcomes."""

    outcomes: list[OutcomeEntry]
    next_offset: int | None = Field(description="of the page behind; null at the end")


class ComparisonDocument(BaseModel):
    """Two sides over their common tasks."""

    verdict: str
    comparison: dict[str, Any]


class MethodEntry(BaseModel):
    """A method in a list."""

    family: str
    name: str
    summary: str
    source: str = Field(description="the publication or format that it comes from")


class MethodDocument(BaseModel):
    """A method in full."""

    family: str
    name: str
    text: str = Field(description="docstring")
    source: str = Field(description="of its module")


def api(store: Store) -> APIRouter:
    """The routes over a store."""
    router = APIRouter(prefix="/api", tags=["perfwise"])

    @router.get("/runs", summary="Runs, the newest first")
    def runs(
        text: str = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 50,
        offset: Annotated[int, Query(ge=0, le=1 << 40)] = 0,
    ) -> RunList:
        found = store.runs(limit, offset, text=text)
        return RunList(runs=[RunEntry(**_entry(run)) for run in found], total=store.run_count(text=text))

    @router.get("/runs/{run}", summary="A run by number, name or `latest`, and how far it is")
    def run_state(run: str) -> RunState:
        view = run_view(store, run)
        return _state(view)

    @router.get("/runs/{run}/outcomes", summary="A page of a run's outcomes")
    def outcomes(  # noqa: PLR0913, PLR0917 - one parameter a query
        run: str,
        candidate_set: Annotated[str, Query(alias="set")] = "",
        task: str = "",
        text: str = "",
        state: Literal["", "succeeded", "failed", "unjudged"] = "",
        order: Annotated[str, Query(description="`attempt`, `quality` or the name of a cost")] = "attempt",
        descending: bool = False,
        detail: bool = False,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        offset: Annotated[int, Query(ge=0, le=1 << 40)] = 0,
    ) -> OutcomeList:
        page = Page(candidate_set, task, text, state, order, descending, limit, offset)
        found = outcome_page(store, store.run(run), page)
        entries = [_outcome(outcome.row(), detail=detail) for outcome in found.outcomes]
        return OutcomeList(outcomes=entries, next_offset=offset + limit if found.more else None)

    @router.get("/runs/{run}/outcome", summary="One outcome in full")
    def outcome(
        run: str, task: str, candidate_set: Annotated[str, Query(alias="set")], candidate: str, seed: Seed = 0
    ) -> OutcomeEntry:
        found = attempted(store, store.run(run), Attempt(task, candidate_set, candidate, seed))
        return _outcome(found.row(), detail=True)

    @router.get("/compare", summary="Two runs or sets (RUN or RUN:SET) over their common tasks")
    def compare(
        first: str, second: str, cost: str | None = None, allow: Annotated[list[str] | None, Query()] = None
    ) -> ComparisonDocument:
        _, found = side_by_side(store, (first, second), cost, allow or ())
        if found.comparison is None:
            raise NotComparable(found.verdict)
        return ComparisonDocument(verdict=found.verdict, comparison=_plain(found.comparison))

    @router.get("/methods", summary="Every method of every engine")
    def method_list() -> list[MethodEntry]:
        return [MethodEntry(**asdict(info)) for family in every_family() for info in methods.listed(family)]

    @router.get("/methods/{family}/{name}", summary="A method in full")
    def method(family: str, name: str) -> MethodDocument:
        page = methods.method_page(family, name)
        return MethodDocument(family=page.family, name=page.name, text=page.text, source=page.source)

    return router


def _entry(run: RunRecord) -> dict[str, Any]:
    return {name: getattr(run, name) for name in RunEntry.model_fields}


def _state(view: RunView) -> RunState:
    return RunState(**_entry(view.run), committed=view.committed, sets=view.sets, spec=dict(view.run.spec))


def _outcome(row: Mapping[str, Any], *, detail: bool) -> OutcomeEntry:
    told = {name: value for name, value in row.items() if name != "detail"}
    return OutcomeEntry(**told, detail=dict(row["detail"]) if detail else None)


def _plain(comparison: Comparison) -> dict[str, Any]:
    return asdict(comparison)
