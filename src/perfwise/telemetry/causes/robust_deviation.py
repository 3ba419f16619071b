"""Robust deviation: who went furthest from its median, in interquartile ranges."""

from dataclasses import dataclass

from perfwise.telemetry.causes._deviations import deviations, median_and_quartiles, ranked
from perfwise.telemetry.incidents import Incident, Suspect

__all__ = ["RobustDeviation"]


@dataclass(frozen=True)
class RobustDeviation:
    """Rank by the highest (x - median) / IQR since the fault began; a component has the highest of its series.

    Median and quartiles are those of the time before, so what is called normal may hold outliers, and the time of the
    fault may be a little late, without harm.

    Args:
        signed: count rises only, as published; a fault that shows as a fall (availability, throughput) needs both.

    Source: Pham, Ha, Zhang, BARO, FSE 2024, arXiv:2405.09330, its scoring; an IQR of 0 counts as 1.
    Differs: falls count as well unless `signed`; the time of the fault is given, not found.
    """

    signed: bool = False

    def rank(self, incident: Incident, seed: int) -> list[Suspect]:  # noqa: ARG002 - of all rankings
        """Every component of which something is known, the most suspect first."""
        return ranked(incident, deviations(incident, median_and_quartiles, signed=self.signed), "interquartile ranges")
