"""Graph traversal: the end of each chain of anomalous calls."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from perfwise.errors import InvalidTask
from perfwise.telemetry.incidents import CallGraph, Incident, Suspect

__all__ = ["GraphTraversal"]

_ANY_CHANGE = 1e9  # score of a change where normal time has no spread


@dataclass(frozen=True)
class GraphTraversal:
    """Blame anomalous components that call no anomalous one, by the anomalies on the way to them from the target.

    A component is anomalous where its series of the target's metric is more than a threshold of median absolute
    deviations from the median of normal time. Nothing is blamed where the target is not anomalous.

    Args:
        threshold: in median absolute deviations times 1.4826, which is the standard deviation of normal numbers.
        first: point of the fault, from 0, at which it is looked at; then at each later one until the target stands out.
        fewest: known points of normal time that a component needs.

    Source: the traversal baseline of PetShop, Hardt et al., CLeaR 2024, arXiv:2311.04806.
    """

    threshold: float = 5.0
    first: int = 2
    fewest: int = 10

    def rank(self, incident: Incident, seed: int) -> list[Suspect]:  # noqa: ARG002 - of all rankings
        """Suspects, the best explained first; none where the target is normal. Raises: InvalidTask without a graph."""
        if incident.graph is None or incident.target is None:
            raise InvalidTask(
                f"{incident.id}: graph_traversal needs a call graph and the component where it was noticed"
            )
        points = len(incident.table.times_s)
        for point in range(min(incident.begins + self.first, points - 1), points):
            scores = self._scores(incident, point)
            if incident.target.component in scores:
                return self._blamed(incident, incident.graph, point, scores)
        return []

    def _scores(self, incident: Incident, point: int) -> dict[str, float]:
        """Of the anomalous components at one point."""
        found: dict[str, float] = {}
        for place, column in enumerate(incident.columns):
            value = incident.table.values[point, place]
            if not incident.alike(place) or np.isnan(value):
                continue
            before = incident.parts(place)[0]
            if before.size < self.fewest:
                continue
            distance = abs(value - np.median(before))
            spread = 1.4826 * float(np.median(np.abs(before - np.median(before))))
            score = distance / spread if spread > 0 else (_ANY_CHANGE if distance > 0 else 0.0)
            if score > self.threshold:
                found[column.component] = max(float(score), found.get(column.component, 0.0))
        return found

    def _blamed(self, incident: Incident, graph: CallGraph, point: int, scores: Mapping[str, float]) -> list[Suspect]:
        assert incident.target is not None, "asked only where there is one"
        chains = _best_chains(graph, incident.target.component, scores)
        ends = [name for name in chains if not any(callee in scores for callee in graph.callees(name))]
        suspects = [self._suspect(incident, point, *chains[name]) for name in ends]
        return sorted(suspects, key=lambda each: (-each.score, each.component))

    def _suspect(self, incident: Incident, point: int, chain: tuple[str, ...], total: float) -> Suspect:
        component = chain[-1]
        places = [
            place
            for place, column in enumerate(incident.columns)
            if column.component == component and incident.alike(place)
        ]
        place = max(places, key=lambda each: not np.isnan(incident.table.values[point, each]))
        usual = float(np.median(incident.parts(place)[0]))
        seen, at_s = float(incident.table.values[point, place]), float(incident.table.times_s[point])
        reason = f"anomalous, and nothing anomalous is called; {len(chain)} anomalous on the way"
        return Suspect(component, incident.table.names[place], total, usual, seen, at_s, chain, reason)


def _best_chains(
    graph: CallGraph, target: str, scores: Mapping[str, float]
) -> dict[str, tuple[tuple[str, ...], float]]:
    """For each component that anomalous calls reach from the target: the chain with the highest sum, and the sum."""
    best: dict[str, tuple[tuple[str, ...], float]] = {target: ((target,), scores[target])}
    waiting = [target]
    while waiting:
        here = waiting.pop()
        chain, total = best[here]
        for callee in graph.callees(here):
            if callee not in scores or callee in chain:
                continue
            reached = total + scores[callee]
            if callee not in best or reached > best[callee][1]:
                best[callee] = ((*chain, callee), reached)
                waiting.append(callee)
    return best
