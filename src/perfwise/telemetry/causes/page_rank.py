"""PageRank: suspicion flows from who calls to who is called."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from perfwise.errors import InvalidOption, InvalidTask
from perfwise.telemetry.causes._deviations import deviations, median_and_quartiles, ranked
from perfwise.telemetry.incidents import Incident, Suspect
from perfwise.telemetry.series import Floats

__all__ = ["PageRank", "personalised_page_rank"]

_MOST_ROUNDS = 10_000


@dataclass(frozen=True)
class PageRank:
    """Rank by personalised PageRank on the call graph, begun anew in proportion to how far each component deviates.

    Who waits for a slow service is slow as well; walks go from callers to callees, where faults come from.

    Args:
        damping: chance of following a call; else the walk begins anew.
        same_metric: deviations are those of series that measure what the target shows, where that is known.

    Source: Page et al., The PageRank Citation Ranking, Stanford 1999, as in MonitorRank, Kim et al., SIGMETRICS 2013;
        equal to networkx.pagerank with the same arguments.
    """

    damping: float = 0.85
    same_metric: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.damping < 1:
            raise InvalidOption(f"a damping lies from 0 up and below 1, not at {self.damping}")

    def rank(self, incident: Incident, seed: int) -> list[Suspect]:  # noqa: ARG002 - of all rankings
        """Every component of which something is known. Raises: InvalidTask without a call graph."""
        if incident.graph is None:
            raise InvalidTask(f"{incident.id}: page_rank needs a call graph; give one, or take robust_deviation")
        found = deviations(incident, median_and_quartiles, signed=False)
        if self.same_metric:
            other = [place for place in range(len(incident.columns)) if not incident.alike(place)]
            found.scores[other] = np.nan
        there = ranked(incident, found, "interquartile ranges")
        names = tuple(dict.fromkeys([*incident.graph.names, *(each.component for each in there)]))
        places = {name: place for place, name in enumerate(names)}
        calls = np.zeros((len(names), len(names)))
        known = len(incident.graph.names)
        calls[:known, :known] = incident.graph.calls
        restart = np.zeros(len(names))
        for each in there:
            restart[places[each.component]] = each.score
        if not restart.sum() > 0:
            return []
        flow = personalised_page_rank(calls, restart, self.damping)
        scored = [replace(each, score=float(flow[places[each.component]])) for each in there]
        order = sorted(range(len(scored)), key=lambda place: (-scored[place].score, place))
        return [replace(scored[place], reason=_reason(scored[place], there[place])) for place in order]


def personalised_page_rank(
    weights: NDArray[np.float64], restart: Floats, damping: float, close: float = 1e-10
) -> Floats:
    """Share of time that a random walk spends at each node.

    Args:
        weights: (nodes, nodes), of the edge from row to column, not negative.
        restart: (nodes,), where the walk begins anew, not negative, with a positive sum; so it does at dead ends.
        damping: chance of following an edge.
        close: iterate until no share moves by more.
    Returns: (nodes,), sum 1.
    Raises: InvalidTask for a restart that is nowhere.
    """
    if not restart.sum() > 0 or (restart < 0).any() or (weights < 0).any():
        raise InvalidTask("PageRank needs weights that are not negative and a restart that is somewhere")
    restart = restart / restart.sum()
    outgoing = weights.sum(axis=1)
    steps = np.divide(weights, outgoing[:, None], out=np.zeros_like(weights), where=outgoing[:, None] > 0)
    shares, dead = restart, outgoing == 0
    for _ in range(_MOST_ROUNDS):
        followed = shares @ steps + shares[dead].sum() * restart
        moved = damping * followed + (1 - damping) * restart
        if np.abs(moved - shares).max() <= close:
            return np.asarray(moved)
        shares = moved
    return np.asarray(shares)


def _reason(suspect: Suspect, before: Suspect) -> str:
    return f"{suspect.score:.1%} of the walks end here; {before.reason}"
