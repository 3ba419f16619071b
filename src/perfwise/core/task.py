"""`Task` and `Candidate`: what is asked, and what is tried."""

from typing import Protocol, runtime_checkable

__all__ = ["REFERENCE", "Candidate", "Task"]

REFERENCE = "@reference"
"""The set that a suite's own solutions belong to; metrics receive their outcomes apart."""


@runtime_checkable
class Task(Protocol):
    """What is asked, and how quality is judged. Engines define their own; the core needs a name and an identity."""

    @property
    def id(self) -> str:
        """Unique within a study, e.g. `HumanEval/0`."""

    @property
    def digest(self) -> str:
        """Equal for tasks that ask and judge the same."""


@runtime_checkable
class Candidate(Protocol):
    """What is tried. `digest` is equal for candidates that must have the same outcome, so that one run serves all."""

    @property
    def id(self) -> str:
        """Unique within its set and task, e.g. `17`."""

    @property
    def candidate_set(self) -> str:
        """The named set it belongs to, e.g. the model that wrote it."""

    @property
    def digest(self) -> str:
        """Equal for candidates that cannot differ in outcome."""
