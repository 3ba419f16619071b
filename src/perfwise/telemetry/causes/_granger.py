"""From attentions to a graph without cycles: who is caused by whom."""

from collections import deque
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from perfwise.telemetry.series import Floats

__all__ = ["acyclic", "edges", "hops"]


def edges(attention: Floats) -> Floats:
    """(series, series), 1 where the row is caused by the column.

    Of each series' attentions, sorted, those above the largest gap count; the gap is looked for in the first half and
    among attentions that have not fallen below 1, where they began.
    """
    found = np.zeros(attention.shape)
    for effect, given in enumerate(attention):
        order = np.argsort(-given, kind="stable")
        falling = given[order]
        looked_at = int(np.count_nonzero(falling[: max(1, len(falling) // 2)] >= 1.0))
        if looked_at == 0:
            continue
        gaps = falling[:looked_at] - np.append(falling[1:], falling[-1])[:looked_at]
        causes = order[: int(np.argmax(gaps)) + 1]
        found[effect, causes[causes != effect]] = 1.0
    return found


def acyclic(graph: Floats, correlation: Floats) -> Floats:
    """Without cycles: of each cycle found, the edge with the lowest correlation goes."""
    left = graph.copy()
    while cycle := _cycle(left):
        weakest = min(cycle, key=lambda edge: (correlation[edge], edge))
        left[weakest] = 0.0
    return left


def hops(graph: Floats, sources: Sequence[int]) -> list[float]:
    """Edges from the nearest source, infinite for what cannot be reached."""
    distance = [np.inf] * len(graph)
    for source in sources:
        distance[source] = 0.0
    waiting = deque(sources)
    while waiting:
        here = waiting.popleft()
        for node in np.flatnonzero(graph[here]).tolist():
            if distance[node] == np.inf:
                distance[node] = distance[here] + 1
                waiting.append(node)
    return distance


def _cycle(graph: Floats) -> list[tuple[int, int]]:
    """The edges of one cycle; none if there is none."""
    state = [0] * len(graph)  # 1: on the way, 2: done
    for root in range(len(graph)):
        if state[root]:
            continue
        path, waiting = [root], [iter(np.flatnonzero(graph[root]).tolist())]
        state[root] = 1
        while path:
            node = next(waiting[-1], None)
            if node is None:
                state[path.pop()] = 2
                waiting.pop()
            elif state[node] == 1:
                ring = [*path[path.index(node) :], node]
                return list(pairwise(ring))
            elif state[node] == 0:
                state[node] = 1
                path.append(node)
                waiting.append(iter(np.flatnonzero(graph[node]).tolist()))
    return []
