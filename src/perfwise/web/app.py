"""Live pages of a store: runs, a run, a comparison, methods, and the progress of a running study."""

from collections.abc import Callable
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import FastAPI, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

import perfwise
from perfwise.core.family import every_family
from perfwise.core.outcome import Attempt
from perfwise.core.store import Page, Store
from perfwise.errors import InvalidOption, MissingExtra, NotComparable, PerfwiseError
from perfwise.web import methods
from perfwise.web.access import Guard
from perfwise.web.api import Seed, api
from perfwise.web.gathering import Gathered
from perfwise.web.pages import asset, rendered
from perfwise.web.sections import Pictures, badges, drawn
from perfwise.web.tables import cases, evidence, row
from perfwise.web.views import Kept, attempted, outcome_page, run_view, side_by_side

__all__ = ["make_app"]

_RUNS, _OUTCOMES, _TASKS = 50, 100, 500  # rows of a page
_LARGEST = 1 << 31  # beyond it a database's numbers end
_RunNumber = Annotated[int, Path(ge=0, lt=_LARGEST)]
_STATIC = {"perfwise.css": "text/css", "perfwise.js": "text/javascript", "htmx.min.js": "text/javascript"}
_PARTS = ("engine", "engine version", "meter", "meter identity", "interpreter", "machine")
_STATUS = ((NotComparable, 409), (InvalidOption, 404), (MissingExtra, 501), (PerfwiseError, 500))


def make_app(store: Store, *, token: str | None = None) -> ASGIApp:
    """The pages of a store, read-only.

    Args:
        store: open; safe to use from several threads.
        token: that visitors must bring; None: anyone who asks for a loopback name.
    """
    app = FastAPI(
        title="perfwise",
        version=perfwise.__version__,
        description="Runs, outcomes and comparisons of a perfwise store. Read-only.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # its page loads scripts from another site
        redoc_url=None,
    )
    app.include_router(api(store))
    _add_errors(app)
    _add_static(app)
    _add_runs(app, store)
    _add_comparison(app, store)
    _add_methods(app)
    return Guard(app, token)


def _page(template: str, status: int = 200, headers: dict[str, str] | None = None, **values: object) -> HTMLResponse:
    text = rendered(template, **values)
    return HTMLResponse(text.encode("utf-8"), status, headers)


def _add_errors(app: FastAPI) -> None:
    def told(request: Request, status: int, code: str, message: str) -> Response:
        if request.url.path.startswith("/api"):
            return JSONResponse({"error": {"code": code, "message": message}}, status)
        return _page("error.html", status, message=message, code=code)

    @app.exception_handler(PerfwiseError)
    def of_ours(request: Request, error: PerfwiseError) -> Response:
        status = next(number for kind, number in _STATUS if isinstance(error, kind))
        return told(request, status, error.code, str(error.args[0]))

    @app.exception_handler(RequestValidationError)
    def of_query(request: Request, error: RequestValidationError) -> Response:
        faults = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors())
        return told(request, 422, "invalid-query", faults)

    @app.exception_handler(HTTPException)
    def of_route(request: Request, error: HTTPException) -> Response:
        return told(request, error.status_code, "http", str(error.detail))


def _add_static(app: FastAPI) -> None:
    @app.get("/static/{name}", include_in_schema=False)
    def static(name: str) -> Response:
        if name not in _STATIC:
            raise HTTPException(404, "there is no such file")
        return Response(asset(name).encode(), media_type=_STATIC[name], headers={"Cache-Control": "max-age=600"})

    @app.get("/favicon.ico", include_in_schema=False)
    def icon() -> Response:
        return Response(status_code=204)


def _add_runs(app: FastAPI, store: Store) -> None:
    kept = Kept()

    @app.get("/", include_in_schema=False)
    def runs(text: str = "", page: Annotated[int, Query(ge=1, le=_LARGEST)] = 1) -> Response:
        found, total = store.runs(_RUNS, (page - 1) * _RUNS, text=text), store.run_count(text=text)
        return _page("runs.html", runs=found, total=total, text=text, page=page, pages=-(-total // _RUNS))

    @app.get("/runs/{run}", include_in_schema=False)
    def run_page(  # noqa: PLR0913, PLR0917 - one parameter a query
        request: Request,
        run: _RunNumber,
        candidate_set: Annotated[str, Query(alias="set")] = "",
        text: str = "",
        state: Literal["", "succeeded", "failed", "unjudged"] = "",
        order: str = "attempt",
        descending: bool = False,
        page: Annotated[int, Query(ge=1, le=_LARGEST)] = 1,
    ) -> Response:
        view = run_view(store, run)
        wanted = Page(candidate_set, "", text, state, order, descending, _OUTCOMES, (page - 1) * _OUTCOMES)
        found = outcome_page(store, view.run, wanted)
        values: dict[str, Any] = {
            "view": view,
            "rows": [row((0, at), one.candidate_set, one, found.cost, {}) for at, one in enumerate(found.outcomes)],
            "cost": found.cost,
            "wanted": wanted,
            "page": page,
            "more": found.more,
            "address": _address(run, wanted, page),
        }
        if request.headers.get("hx-target") == "outcomes":
            return _page("outcomes.html", **values)
        return _page("run.html", **values)

    @app.get("/runs/{run}/progress", include_in_schema=False)
    def progress(run: _RunNumber, seen: int = -1) -> Response:
        view = run_view(store, run)
        event = "finished" if view.run.finished else "committed" if view.committed != seen else ""
        return _page("progress.html", headers={"HX-Trigger": event} if event else None, view=view, polled=True)

    @app.get("/runs/{run}/summary", include_in_schema=False)
    def summary(run: _RunNumber) -> Response:
        view = run_view(store, run)
        if not view.ranked:
            return _page("summary.html", found=None, badges=[], pictures=None)
        key = (run, view.committed, view.run.finished)
        together, found = kept.get(key, lambda: side_by_side(store, (str(run),), None))
        pictures = kept.get(("pictures", *key), lambda: _pictures(together, found))
        return _page("summary.html", found=found, badges=badges(together), pictures=pictures)

    @app.get("/runs/{run}/outcome", include_in_schema=False)
    def outcome(
        run: _RunNumber, task: str, candidate_set: Annotated[str, Query(alias="set")], candidate: str, seed: Seed = 0
    ) -> Response:
        record = store.run(run)
        found = attempted(store, record, Attempt(task, candidate_set, candidate, seed))
        return _page(
            "outcome.html",
            run=record,
            row=row((0, 0), candidate_set, found, "", {}),
            evidence=evidence(found),
            cases=cases(found),
            detail=dict(found.detail),
        )


def _add_comparison(app: FastAPI, store: Store) -> None:
    @app.get("/compare", include_in_schema=False)
    def compare(
        first: str = "", second: str = "", cost: str = "", allow: Annotated[list[str] | None, Query()] = None
    ) -> Response:
        given: dict[str, Any] = {"first": first, "second": second, "cost": cost, "allow": allow or [], "parts": _PARTS}
        if not (first and second):
            return _page("compare.html", found=None, pictures=None, badges=[], most=_TASKS, **given)
        together, found = side_by_side(store, (first, second), cost or None, allow or ())
        pictures = _pictures(together, found)
        told = badges(together)
        return _page("compare.html", found=found, pictures=pictures, badges=told, most=_TASKS, **given)


def _add_methods(app: FastAPI) -> None:
    @app.get("/methods", include_in_schema=False)
    def method_list() -> Response:
        return _page("methods.html", families={name: methods.listed(name) for name in every_family()})

    @app.get("/methods/{family}/{name}", include_in_schema=False)
    def method(family: str, name: str) -> Response:
        return _page("method.html", method=methods.method_page(family, name))


def _pictures(together: Gathered, found: Any) -> Pictures | None:
    """None without matplotlib: the tables say the same."""
    try:
        return drawn(together, found)
    except MissingExtra:
        return None


def _address(run: int, wanted: Page, page: int) -> Callable[..., str]:
    """Makes the address of the same page with something changed."""
    now = {
        "set": wanted.candidate_set,
        "text": wanted.text,
        "state": wanted.state,
        "order": "" if wanted.order == "attempt" else wanted.order,
        "descending": "true" if wanted.descending else "",
        "page": str(page) if page > 1 else "",
    }

    def address(**changes: object) -> str:
        query = {name: str(value) for name, value in {**now, **changes}.items() if value not in {"", None, False}}
        return f"/runs/{run}?{urlencode(query, errors='replace')}" if query else f"/runs/{run}"

    return address
