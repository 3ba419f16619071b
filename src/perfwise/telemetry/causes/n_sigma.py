"""N-sigma: who went furthest from its mean, in standard deviations."""

from dataclasses import dataclass

from perfwise.telemetry.causes._deviations import deviations, mean_and_spread, ranked
from perfwise.telemetry.incidents import Incident, Suspect

__all__ = ["NSigma"]


@dataclass(frozen=True)
class NSigma:
    """Rank by the highest (x - mean) / standard deviation since the fault began.

    Args:
        signed: count rises only.

    Source: the baseline of Pham et al., Root Cause Analysis for Microservice System based on Causal Inference: How Far
        Are We?, ASE 2024, arXiv:2408.13729.
    """

    signed: bool = False

    def rank(self, incident: Incident, seed: int) -> list[Suspect]:  # noqa: ARG002 - of all rankings
        """Every component of which something is known, the most suspect first."""
        return ranked(incident, deviations(incident, mean_and_spread, signed=self.signed), "standard deviations")
