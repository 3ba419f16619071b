"""EvalPerf: evalperf_results.json of `evalplus.evalperf`."""

from dataclasses import dataclass

from perfwise.core.outcome import Failure
from perfwise.core.task import REFERENCE
from perfwise.interchange.contracts import ResultFile, Results
from perfwise.interchange.fields import amount, moment, nested, parts, refuse_version
from perfwise.interchange.importers._evalplus import set_name
from perfwise.interchange.measured import Origin, Shelf
from perfwise.kit.textfiles import Faults, Record

__all__ = ["EvalPerfResults"]


@dataclass(frozen=True)
class EvalPerfResults:
    """Samples and references with the CPU instructions that perf counted, as the mean of EvalPerf's repeats.

    Only samples that pass, and of these the first so many, were profiled; the others have no cost. References keep
    their score, so that DPS can be computed again. Hardware counts differ between processors, and the file does not say
    which one it was.

    Source: `evalplus/evalperf.py` of evalplus 0.3.1; Liu et al., COLM 2024, arXiv:2408.06450. The `.brief.json` beside
    it has no counts and is refused.
    """

    def accepts(self, file: ResultFile) -> bool:
        """Whether it has an evaluation and EvalPerf's settings."""
        names = file.document.keys()
        return "eval" in names and bool({"min_correct", "config"} & names) and "hash" not in names

    def read(self, file: ResultFile) -> list[Results]:
        """All samples and references. Raises: InvalidInput naming every fault."""
        faults, shelf = Faults(), Shelf()
        root = file.root(faults)
        if "min_correct" not in root:
            refuse_version(root, "EvalPerf", "brief", "the full results, without `.brief` in the name")
            faults.check()
        evaluated = nested(root, "eval")
        for name in evaluated.fields:
            task = nested(evaluated, name)
            for sample in parts(task, "results"):
                _add(sample, name, set_name(file, "_evalperf_results"), shelf)
            for reference in parts(task, "ref"):
                costs = {"instructions": amount(reference, "_num_cpu_instructions")}
                shelf.add(name, REFERENCE, _ORIGIN, costs, detail={"score": amount(reference, "score")})
        faults.check()
        return [Results(tuple(shelf.outcomes), moment(root, "date"))]


_ORIGIN = Origin("evalperf", "perf instructions", "mean of the repeats")


def _add(sample: Record, task: str, candidate_set: str, shelf: Shelf) -> None:
    passed = sample.fields.get("pass")
    if not isinstance(passed, bool):
        sample.add("wrong-type", "pass must be true or false")
    failure = None if passed else Failure("tests-failed", "base and plus tests")
    costs = {"instructions": amount(sample, "_num_cpu_instructions")}
    detail = {name: amount(sample, name) for name in ("dps", "dps_norm")}
    quality = 1.0 if passed else 0.0
    shelf.add(task, candidate_set, _ORIGIN, costs, quality=quality, failure=failure, detail=detail)
