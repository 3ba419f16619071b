"""The JSON documents that commands write and read: their models, and the schema made from these."""

import dataclasses
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

import perfwise
from perfwise.core.compare import Comparison
from perfwise.core.json import Json
from perfwise.core.metric import Result
from perfwise.core.outcome import Outcome
from perfwise.errors import Fault, InvalidInput
from perfwise.programs.evaluate import Evaluation
from perfwise.programs.growth import CandidateGrowth

__all__ = [
    "EvalDocument",
    "comparison_data",
    "evaluation_data",
    "read_evaluation",
    "schema_text",
]

FORMAT = 1


class _Model(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)


class RunPart(_Model):
    """Which run it was, and what came of it in a sentence."""

    format: int = Field(description="version of this document's form")
    id: int = Field(description="number of the run in its store")
    name: str
    created_at: str = Field(description="ISO 8601, UTC")
    perfwise: str = Field(description="version that wrote the document")
    samples: int = Field(description="candidates, without the suite's references")
    distinct: int = Field(description="of these, how many could differ and were run")
    ranking: list[str] = Field(description="names of the sets, the best first")
    verdict: str | None = Field(description="one sentence on the best two sets; null with fewer than two")
    spec: dict[str, Any] = Field(description="what was asked")


class MeterPart(_Model):
    """What counted the cost."""

    name: str
    cost: str = Field(description="name of the cost it counts, a key of an outcome's `cost`")
    exact: bool = Field(description="the same number on every run and machine")
    identity: str = Field(description="what decides its numbers; counts of different identities do not compare")
    interpreter: str
    machine: str = Field(description="`any` where the number does not depend on it")


class MetricPart(_Model):
    """A metric's value with its 95 % interval over tasks."""

    value: float | None = Field(description="null where no task could be scored; `note` says why")
    low: float | None
    high: float | None
    unit: str
    n: int = Field(description="tasks that took part")
    direction: str = Field(description="`higher` or `lower` is better")
    note: str = ""


class TaskPart(_Model):
    """One task over all sets."""

    id: str
    samples: int
    right: int
    reference_cost: float | None = Field(description="of the cheapest right reference; null if none is known")


class FailurePart(_Model):
    """Why a candidate did not reach full quality."""

    kind: str
    message: str


class OutcomePart(_Model):
    """One attempt of one candidate on one task; also a row of `perfwise store export`."""

    task: str
    set: str = Field(description="`@reference` for the suite's own solutions")
    candidate: str
    seed: int
    key: str = Field(description="equal for attempts that cannot differ")
    quality: float | None = Field(description="0 to 1; null where it could not be judged")
    cost: dict[str, float] = Field(description="named amounts; an unknown one is absent")
    failure: FailurePart | None
    caveats: list[str]
    provenance: dict[str, Any]
    detail: dict[str, Any]


class EvalDocument(_Model):
    """What `perfwise eval --json` writes."""

    run: RunPart
    meter: MeterPart
    metrics: dict[str, MetricPart] = Field(description="by name, over the candidates of all sets together")
    sets: dict[str, dict[str, MetricPart]] = Field(description="the same by set")
    tasks: list[TaskPart]
    outcomes: list[OutcomePart]
    caveats: list[str]


def schema_text() -> str:
    """The JSON schema of `EvalDocument`, as docs/schema/eval.schema.json holds it."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **EvalDocument.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def evaluation_data(evaluation: Evaluation, growth: Sequence[CandidateGrowth] | None = None) -> dict[str, Any]:
    """An evaluation as plain data; `outcomes` is an iterator of rows, for `write_json`."""
    run, scores, meter = evaluation.run, evaluation.scores, evaluation.meter
    return {
        "run": {
            "format": FORMAT,
            "id": run.id,
            "name": run.name,
            "created_at": run.created_at,
            "perfwise": perfwise.__version__,
            "samples": scores.samples,
            "distinct": scores.distinct,
            "ranking": list(scores.ranking),
            "verdict": None if scores.comparison is None else scores.comparison.verdict,
            "spec": dict(run.spec),
        },
        "meter": {
            "name": meter.name,
            "cost": meter.cost_name,
            "exact": meter.exact,
            "identity": meter.identity(),
            "interpreter": meter.interpreter(),
            "machine": meter.machine(),
        },
        "metrics": _metrics(scores.overall),
        "sets": {name: _metrics(results) for name, results in scores.sets.items()},
        "tasks": [dataclasses.asdict(task) for task in evaluation.tasks()],
        "outcomes": (outcome.row() for outcome in evaluation.outcomes),
        "caveats": list(scores.caveats),
        **({} if growth is None else {"growth": [dataclasses.asdict(one) for one in growth]}),
    }


def comparison_data(comparison: Comparison) -> dict[str, Any]:
    """A comparison as plain data."""
    data = dataclasses.asdict(comparison)
    counts = {"better": comparison.better, "worse": comparison.worse, "tied": comparison.tied}
    return {**data, **counts, "verdict": comparison.verdict}


def _metrics(results: Iterable[Result]) -> dict[str, dict[str, Json]]:
    return {result.name: _metric(result) for result in results}


def _metric(result: Result) -> dict[str, Json]:
    return {name: value for name, value in dataclasses.asdict(result).items() if name != "name"}


def read_evaluation(path: Path) -> dict[str, list[Outcome]]:
    """The outcomes of a document by set. Raises: InvalidInput naming what is wrong with it."""
    try:
        document = EvalDocument.model_validate_json(path.read_bytes())
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise InvalidInput([Fault(str(path), "unreadable-file", message)]) from error
    except ValidationError as error:
        faults = [Fault(f"{path}: {'.'.join(map(str, one['loc']))}", one["type"], one["msg"]) for one in error.errors()]
        raise InvalidInput(faults) from None
    groups: dict[str, list[Outcome]] = {}
    for part in document.outcomes:
        groups.setdefault(part.set, []).append(Outcome.from_row(part.model_dump()))
    return groups
