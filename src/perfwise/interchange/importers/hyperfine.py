"""hyperfine: the JSON of --export-json, versions 1.x."""

from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.core.json import Json
from perfwise.core.outcome import Failure
from perfwise.interchange.contracts import ResultFile, Results
from perfwise.interchange.fields import amount, amounts, nested, parts, refuse_version, text
from perfwise.interchange.measured import Origin, Repeats, Shelf
from perfwise.kit.textfiles import Faults, Record

__all__ = ["Hyperfine"]

_CAVEAT = "hyperfine's file does not say on which machine it ran: compare files of one machine only"


@dataclass(frozen=True)
class Hyperfine:
    """A task is a command or its name; its cost `wall_s` is the median of the runs, and `cpu_s` their mean CPU time.

    A command that ended with another exit code than 0, which hyperfine takes only when told to, has failed. The file
    says nothing of machine, interpreter and version.

    Source: files written by hyperfine 1.15.0; `benchmark_result.rs` of 1.20 and 1.21. Files of hyperfine 2, which have
    `schema_version` 2, are refused.
    """

    def accepts(self, file: ResultFile) -> bool:
        """Whether it has results with commands."""
        results = file.document.get("results")
        first = results[0] if isinstance(results, list) and results else None
        return isinstance(first, dict) and "command" in first

    def read(self, file: ResultFile) -> list[Results]:
        """All commands. Raises: InvalidInput naming every fault."""
        faults, shelf = Faults(), Shelf()
        root = file.root(faults)
        if "schema_version" in root:
            refuse_version(root, "hyperfine", root.fields["schema_version"], "the files of hyperfine 1.x, without one")
            faults.check()
        for result in parts(root, "results"):
            _add(result, file.set_name, shelf)
        faults.check()
        return [Results(tuple(shelf.outcomes))]


def _add(result: Record, candidate_set: str, shelf: Shelf) -> None:
    samples, middle = amounts(result, "times"), amount(result, "median")
    if not samples and middle is None:
        result.add("missing-field", "there is neither `times` nor `median`")
    cpu = [amount(result, name) for name in ("user", "system")]
    memory = amounts(result, "memory_usage_byte")
    costs = {
        "wall_s": middle,
        "cpu_s": None if None in cpu else sum(part for part in cpu if part is not None),
        "peak_bytes": max(memory) if memory else None,
    }
    failed = _failed(result.items("exit_codes", ()))
    given = nested(result, "parameters")
    parameters: dict[str, Json] = {name: text(given, name) for name in given.fields}
    shelf.add(
        result.text("command"),
        candidate_set,
        Origin("hyperfine", "wall clock", "median of the runs"),
        costs,
        repeats=Repeats("wall_s", samples) if samples else None,
        quality=1.0 if failed is None else 0.0,
        failure=failed,
        caveats=(_CAVEAT,),
        detail={"parameters": parameters, "stddev": amount(result, "stddev")},
    )


def _failed(codes: Sequence[object]) -> Failure | None:
    """Of the exit codes; null stands for a signal."""
    wrong = [code for code in codes if code != 0]
    if not wrong:
        return None
    told = "by a signal" if wrong[0] is None else f"with exit code {wrong[0]}"
    return Failure("exit", f"{len(wrong)} of {len(codes)} runs ended {told}")
