"""Random: the floor that a ranking has to be above."""

from dataclasses import dataclass, replace

import numpy as np

from perfwise.telemetry.causes._deviations import deviations, median_and_quartiles, ranked
from perfwise.telemetry.incidents import Incident, Suspect

__all__ = ["RandomOrder"]


@dataclass(frozen=True)
class RandomOrder:
    """Rank the components by chance.

    Source: the baseline of Pham et al., ASE 2024, arXiv:2408.13729.
    """

    def rank(self, incident: Incident, seed: int) -> list[Suspect]:
        """Every component of which something is known, in an order that the seed decides."""
        there = ranked(incident, deviations(incident, median_and_quartiles, signed=False), "interquartile ranges")
        drawn = np.random.default_rng(seed).random(len(there))
        order = sorted(range(len(there)), key=lambda place: -drawn[place])
        return [replace(there[place], score=float(drawn[place]), reason="by chance") for place in order]
