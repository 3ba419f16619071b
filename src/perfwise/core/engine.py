"""`Engine`: runs one candidate on one task."""

from typing import Protocol, TypeVar

from perfwise.core.outcome import Outcome, Provenance
from perfwise.core.task import Candidate, Task

__all__ = ["Engine"]

T_contra = TypeVar("T_contra", bound=Task, contravariant=True)
C_contra = TypeVar("C_contra", bound=Candidate, contravariant=True)


class Engine(Protocol[T_contra, C_contra]):
    """Runs one candidate on one task and returns an outcome.

    An engine is picklable, so that a study may send it to other processes; what is heavy (a loaded guest, a table) it
    builds there on first use. A failing candidate is an outcome; an exception means that the engine itself failed.
    """

    @property
    def provenance(self) -> Provenance:
        """Of every outcome this engine makes. Raises: MissingMeter if its meter cannot work here."""

    def key(self, task: T_contra, candidate: C_contra, seed: int) -> str:
        """Equal for attempts that cannot differ."""

    def run(self, task: T_contra, candidate: C_contra, seed: int) -> Outcome:
        """One attempt. Same arguments, same outcome, where the meter is exact."""
