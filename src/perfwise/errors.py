"""Every error a user can meet: a tree, each with a stable code."""

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "Fault",
    "HarnessError",
    "InvalidCandidate",
    "InvalidInput",
    "InvalidMetric",
    "InvalidOption",
    "InvalidTask",
    "MissingExtra",
    "MissingMeter",
    "NotComparable",
    "PerfwiseError",
    "StoreConflict",
    "StoreDamaged",
    "StoreError",
    "StoreFull",
    "StoreVersion",
]


_SHOWN_FAULTS = 20  # the rest is in `faults`; a wrong file has thousands


class PerfwiseError(Exception):
    """Root of the tree. `code` is stable across versions; `exit_code` is what the command line ends with."""

    code = "perfwise"
    exit_code = 1

    def __str__(self) -> str:
        return f"{super().__str__()} [{self.code}]"


class InvalidOption(PerfwiseError):
    """An argument or option is out of range, unknown, or contradicts another."""

    code = "invalid-option"
    exit_code = 2


class InvalidTask(PerfwiseError):
    """A task cannot be used as it is."""

    code = "invalid-task"
    exit_code = 2


class InvalidCandidate(PerfwiseError):
    """A candidate cannot be read or used (one that runs and fails is an outcome, not an error).

    Args:
        message: what is wrong with it.
        code: a narrower one than the class's, e.g. `model-does-not-fit`.
    """

    code = "invalid-candidate"
    exit_code = 2

    def __init__(self, message: str, *, code: str = "invalid-candidate") -> None:
        self.code = code
        super().__init__(message)


class InvalidMetric(PerfwiseError):
    """A metric is asked for what it is not defined for."""

    code = "invalid-metric"
    exit_code = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in one place of an input.

    Args:
        where: file, with `:line` where there is one.
        code: stable, e.g. `malformed-json`.
        message: what came and what was wanted.
    """

    where: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message} [{self.code}]"


class InvalidInput(PerfwiseError):
    """An input has faults; all of them are reported together, each with its place, in `faults`."""

    code = "invalid-input"
    exit_code = 2

    def __init__(self, faults: Sequence[Fault]) -> None:
        assert faults, "an InvalidInput names at least one fault"
        self.faults = tuple(faults)
        shown = [f"  {fault}" for fault in faults[:_SHOWN_FAULTS]]
        if len(faults) > len(shown):
            shown.append(f"  ... and {len(faults) - len(shown)} more")
        super().__init__(f"{len(faults)} fault(s) in the input:\n" + "\n".join(shown))


class NotComparable(PerfwiseError):
    """Two results were measured differently; `differences` says in what."""

    code = "not-comparable"
    exit_code = 3

    def __init__(self, message: str, differences: Sequence[str] = ()) -> None:
        self.differences = tuple(differences)
        super().__init__(message)


class MissingMeter(PerfwiseError):
    """A meter that was asked for does not work on this machine; the message says how to get it."""

    code = "missing-meter"
    exit_code = 5


class MissingExtra(PerfwiseError):
    """A package that this part of perfwise needs is not installed; the message says how to get it."""

    code = "missing-extra"
    exit_code = 5


class StoreError(PerfwiseError):
    """The store cannot be opened, read or written."""

    code = "store"
    exit_code = 6


class StoreVersion(StoreError):
    """The store was made by a version of perfwise whose tables this one does not know."""

    code = "store-version"


class StoreDamaged(StoreError):
    """The store holds what perfwise never wrote: a broken file, or rows that cannot be read."""

    code = "store-damaged"


class StoreFull(StoreError):
    """There is no room for what was to be written; what was committed before is there."""

    code = "store-full"


class StoreConflict(StoreError):
    """Two stores have different outcomes of one attempt of one run."""

    code = "store-conflict"


class HarnessError(PerfwiseError):
    """perfwise itself failed; never to be mistaken for a bad candidate."""

    code = "harness"
    exit_code = 6
