"""perfwise: a document of `--json`."""

from dataclasses import dataclass

from perfwise.interchange.contracts import ResultFile, Results
from perfwise.interchange.importers._own import results_of
from perfwise.kit.textfiles import Faults

__all__ = ["PerfwiseDocument"]


@dataclass(frozen=True)
class PerfwiseDocument:
    """The outcomes of `--json` of any command that writes them, with run, name and what was asked where they are told.

    Source: docs/schema/eval.schema.json, format 1.
    """

    def accepts(self, file: ResultFile) -> bool:
        """Whether it has a run and outcomes."""
        return {"run", "outcomes"} <= file.document.keys()

    def read(self, file: ResultFile) -> list[Results]:
        """All outcomes. Raises: InvalidInput naming every fault."""
        faults = Faults()
        results = results_of(file.root(faults), file.set_name if file.named else None)
        faults.check()
        return [results]
