"""perfwise: rows of `perfwise store export --format jsonl`."""

from dataclasses import dataclass

from perfwise.interchange.contracts import ResultFile, Results
from perfwise.interchange.importers._own import outcomes_of
from perfwise.kit.textfiles import Faults, json_records

__all__ = ["PerfwiseRows"]


@dataclass(frozen=True)
class PerfwiseRows:
    """One outcome a line.

    Source: `Outcome.row`, docs/json-schema.md.
    """

    def accepts(self, file: ResultFile) -> bool:
        """Whether its first record is an outcome."""
        return {"task", "set", "candidate", "provenance", "cost"} <= file.first_line.keys()

    def read(self, file: ResultFile) -> list[Results]:
        """All outcomes. Raises: InvalidInput naming every fault."""
        faults = Faults()
        outcomes = outcomes_of(json_records(file.path, faults), file.set_name if file.named else None)
        faults.check()
        return [Results(outcomes)]
