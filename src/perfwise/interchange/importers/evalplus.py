"""EvalPlus: eval_results.json of `evalplus.evaluate`."""

from dataclasses import dataclass

from perfwise.core.outcome import Failure
from perfwise.interchange.contracts import ResultFile, Results
from perfwise.interchange.fields import moment, nested, parts, refuse_version, text
from perfwise.interchange.importers._evalplus import set_name
from perfwise.interchange.measured import Origin, Shelf
from perfwise.kit.textfiles import Faults, Record

__all__ = ["EvalPlusResults"]

_KINDS = {"fail": "tests-failed", "timeout": "out-of-time"}


@dataclass(frozen=True)
class EvalPlusResults:
    """Quality alone: a sample is right where it passes the base tests and, if they were run, the extra ones.

    EvalPlus measures no cost here. A task's samples are numbered in the order of the file.

    Source: `evalplus/evaluate.py` of evalplus 0.3.1. The form of 0.1, with counts of files in place of statuses, is
    refused.
    """

    def accepts(self, file: ResultFile) -> bool:
        """Whether it has the hash of a data set and an evaluation."""
        return {"hash", "eval"} <= file.document.keys()

    def read(self, file: ResultFile) -> list[Results]:
        """All samples. Raises: InvalidInput naming every fault."""
        faults, shelf = Faults(), Shelf()
        root = file.root(faults)
        origin = Origin("evalplus", "tests", f"data set {text(root, 'hash')}")
        evaluated = nested(root, "eval")
        if any(isinstance(samples, dict) for samples in evaluated.fields.values()):
            refuse_version(root, "EvalPlus", None, "that of 0.2 and later, a list of samples a task")
            faults.check()
        for task in evaluated.fields:
            for sample in parts(evaluated, task):
                _add(sample, task, set_name(file, "_eval_results"), origin, shelf)
        faults.check()
        return [Results(tuple(shelf.outcomes), moment(root, "date"))]


def _add(sample: Record, task: str, candidate_set: str, origin: Origin, shelf: Shelf) -> None:
    failure = None
    for tests in ("base", "plus"):
        status = text(sample, f"{tests}_status")
        if status not in ("", "pass", *_KINDS):
            sample.add("wrong-value", f"{tests}_status must be pass, fail or timeout, not {status[:40]!r}")
        if failure is None and status in _KINDS:
            failure = Failure(_KINDS[status], f"{tests} tests: {status}")
    if not text(sample, "base_status"):
        sample.add("missing-field", "the field 'base_status' is missing")
    quality = 0.0 if failure else 1.0
    extra = "base and plus" if text(sample, "plus_status") else "base"
    shelf.add(task, candidate_set, origin, {}, quality=quality, failure=failure, detail={"tests": extra})
