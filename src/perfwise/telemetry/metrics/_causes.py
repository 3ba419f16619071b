"""Where the right answer stands in a ranking of causes."""

from collections.abc import Sequence
from typing import ClassVar

from perfwise.telemetry.contracts import Measured
from perfwise.telemetry.incidents import Cause, Suspect
from perfwise.telemetry.metrics._series import MeanScore

__all__ = ["CauseScore", "place_of", "why_unjudged"]


class CauseScore(MeanScore):
    """A share between 0 and 1 that judges a ranking, mean over the incidents."""

    judges: ClassVar[str] = "causes"


def place_of(ranking: Sequence[Suspect], cause: Cause) -> int | None:
    """Place of the component that was wrong, from 1; None where it is not named."""
    for place, suspect in enumerate(ranking, 1):
        if suspect.component == cause.component:
            return place
    return None


def why_unjudged(cause: Cause) -> Measured | None:
    """No number, with the reason, where nothing was wrong: then a ranking has no right answer."""
    return None if cause.component else Measured(None, "nothing was wrong, so no place in a ranking is right")
