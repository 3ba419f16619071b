"""RUN: which series foretell which, learned by neural forecasters, and a walk back along that."""

from dataclasses import dataclass, replace

import numpy as np

from perfwise.errors import InvalidOption, InvalidTask
from perfwise.telemetry.causes._deviations import Deviations, deviations, median_and_quartiles, ranked
from perfwise.telemetry.causes._granger import acyclic, edges, hops
from perfwise.telemetry.causes.page_rank import personalised_page_rank
from perfwise.telemetry.incidents import Incident, Suspect
from perfwise.telemetry.series import Floats, filled

__all__ = ["Run"]

_DAMPING = 0.85


@dataclass(frozen=True)
class Run:
    """Rank by PageRank on a graph of neural Granger causality, learned from the incident's own series on the CPU.

    An encoder is trained by contrast of overlapping crops; forecasters attend over all series; who gets attention
    causes. It needs no call graph, takes thousands of times as long as a robust deviation, and is here to be compared.

    Args:
        epochs: of the contrast and of the forecasters, each.
        window: points that a forecast sees.
        most_series: those that deviate most are learned from; time grows with their square.
        shared: the forecasters of all series share an encoder and are trained together, so many times as fast.

    Source: Lin et al., Root Cause Analysis in Microservice Using Neural Granger Causal Discovery, AAAI 2024,
        arXiv:2402.01140.
    Differs: it runs on any device, where the public code fixes one; ties are decided by the distance from the target,
        where the public code names a variable that is not there; `shared`, and `most_series`, are ours.
    """

    epochs: int = 50
    window: int = 32
    most_series: int = 50
    shared: bool = True

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.window < 4 or self.most_series < 2:
            raise InvalidOption("at least one epoch, windows of 4 points and 2 series are needed")

    def rank(self, incident: Incident, seed: int) -> list[Suspect]:
        """Every component among the series learned from. Raises: MissingExtra without torch; InvalidTask."""
        from perfwise.telemetry.causes._forecasters import attentions

        found = deviations(incident, median_and_quartiles, signed=False)
        places = _learned_from(incident, found, self.most_series)
        values = np.stack([filled(incident.table.values[:, place]) for place in places], axis=1)
        scaled = (values - values.mean(axis=0)) / values.std(axis=0)
        if len(scaled) < 3 * self.window:
            raise InvalidTask(f"{incident.id}: run needs at least {3 * self.window} points; there are {len(scaled)}")
        attention = attentions(scaled, self.window, self.epochs, seed, shared=self.shared)
        graph = acyclic(edges(attention), np.nan_to_num(np.corrcoef(scaled.T)))
        return self._ranked(incident, found, places, graph)

    def _ranked(self, incident: Incident, found: Deviations, places: list[int], graph: Floats) -> list[Suspect]:
        """`graph`: (series, series), 1 where the row is caused by the column."""
        restart = np.where(graph.sum(axis=1) == 0, 1.0, 0.5)
        shares = personalised_page_rank(graph, restart, _DAMPING)
        trigger = [at for at, place in enumerate(places) if _is_target(incident, place)]
        distance = hops(graph, trigger)
        order = sorted(range(len(places)), key=lambda at: (-round(float(shares[at]), 12), distance[at], places[at]))
        scores = Deviations(np.full(len(incident.columns), np.nan), *found[1:])
        for at, place in enumerate(places):
            scores.scores[place] = len(order) - order.index(at)
        suspects = ranked(incident, scores, "")
        share_of = {incident.table.names[place]: float(shares[at]) for at, place in enumerate(places)}
        return [
            replace(each, score=share_of[each.series], reason=f"{share_of[each.series]:.1%} of the walks back end here")
            for each in suspects
        ]


def _learned_from(incident: Incident, found: Deviations, most: int) -> list[int]:
    """Series that move and measure what the target shows; the most deviant so many, in their own order."""
    moving = [
        place
        for place in range(len(incident.columns))
        if incident.alike(place) and np.isfinite(found.scores[place]) and np.nanstd(incident.table.values[:, place]) > 0
    ]
    if len(moving) < 2:
        raise InvalidTask(f"{incident.id}: run needs at least two series that move; there are {len(moving)}")
    return sorted(sorted(moving, key=lambda place: -found.scores[place])[:most])


def _is_target(incident: Incident, place: int) -> bool:
    return incident.target is not None and incident.columns[place].component == incident.target.component
