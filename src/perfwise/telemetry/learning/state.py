"""Making, growing, tidying and saving the state of a tree."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfwise.errors import InvalidOption
from perfwise.kit.compiled import compiled
from perfwise.telemetry.learning.tree import (
    CHILDREN,
    CLUSTER,
    COUNTS,
    DEAD_TEXT,
    DEAD_TOKENS,
    ENTRIES,
    FREE,
    ID,
    LENGTH,
    MAX_BYTES,
    MAX_CHILDREN,
    MAX_CLUSTERS,
    MEMBERS,
    MEMBERS_USED,
    MEMBERS_WANTED,
    MOST,
    NEWEST,
    NODE,
    NODES,
    NUMERIC_WILD,
    OLDEST,
    PATH_WORDS,
    SETTINGS,
    SLOTS,
    SLOTS_AT,
    TEXT,
    TEXT_BYTES,
    TEXT_USED,
    TEXT_WANTED,
    TOKENS,
    TOKENS_USED,
    WILD_HASH,
    WORDS_WANTED,
    State,
    rehash,
)

__all__ = ["TreeSettings", "empty_state", "grown"]

_FIRST_ENTRIES = 1 << 12
_FIRST_NODES = 1 << 11
_FIRST_SLOTS = 1 << 8
_FIRST_TOKENS = 1 << 12
_FIRST_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class TreeSettings:
    """What decides which lines are alike.

    Args:
        sim_th: least share of equal words, 0 to 1.
        depth: levels of the tree, at least 3: root, number of words, depth - 3 leading words.
        max_children: most children of a node, the wildcard among them, at least 1.
        max_clusters: the least recently used one goes when there would be more; None: no bound.
        max_bytes: the least recently used ones go when their words and texts take more; None: no bound.
        numeric_wild: whether a leading word with a digit goes to the wildcard child.
    """

    sim_th: float = 0.4
    depth: int = 4
    max_children: int = 100
    max_clusters: int | None = None
    max_bytes: int | None = None
    numeric_wild: bool = True

    def __post_init__(self) -> None:
        wrong = []
        if not 0 <= self.sim_th <= 1:
            wrong.append(f"sim_th is a share from 0 to 1, not {self.sim_th}")
        if self.depth < 3:
            wrong.append(f"depth is at least 3, not {self.depth}")
        if self.max_children < 1:
            wrong.append(f"max_children is at least 1, not {self.max_children}")
        if self.max_clusters is not None and self.max_clusters < 1:
            wrong.append(f"max_clusters is at least 1, not {self.max_clusters}")
        if self.max_bytes is not None and self.max_bytes < 1:
            wrong.append(f"max_bytes is at least 1, not {self.max_bytes}")
        if wrong:
            raise InvalidOption("; ".join(wrong))


def empty_state(settings: TreeSettings, wild_hash: int) -> State:
    """A tree that has seen nothing.

    Args:
        settings: of the tree.
        wild_hash: what the scanner makes of the word `<*>`.
    """
    given = np.zeros(SETTINGS, np.int64)
    given[PATH_WORDS] = settings.depth - 3
    given[MAX_CHILDREN] = settings.max_children
    given[MAX_CLUSTERS] = settings.max_clusters or 0
    given[MAX_BYTES] = settings.max_bytes or 0
    given[NUMERIC_WILD] = settings.numeric_wild
    given[WILD_HASH] = wild_hash
    counts = np.zeros(COUNTS, np.int64)
    counts[[FREE, OLDEST, NEWEST]] = -1
    counts[NODES] = 1
    nodes = np.full((_FIRST_NODES, NODE), -1, np.int64)
    nodes[0, [CHILDREN, MEMBERS, MOST]] = 0
    return State(
        keys=np.zeros((_FIRST_ENTRIES, 2), np.int64),
        values=np.full(_FIRST_ENTRIES, -1, np.int64),
        nodes=nodes,
        clusters=np.zeros((_FIRST_SLOTS, CLUSTER), np.int64),
        tokens=np.zeros(_FIRST_TOKENS, np.int64),
        members=np.zeros(_FIRST_TOKENS, np.int64),
        text=np.zeros(_FIRST_BYTES, np.uint8),
        counts=counts,
        history=np.zeros((4096, 5), np.int64),
        history_text=np.zeros(1 << 20, np.uint8),
        settings=given,
        threshold=np.array([settings.sim_th]),
    )


def grown(state: State, size: int) -> State:
    """The state with room for what its counts say is wanted, or a text of `size` bytes. Its history is empty."""
    counts = state.counts
    words, most = int(counts[WORDS_WANTED]), int(counts[MEMBERS_WANTED])
    size = max(size, int(counts[TEXT_WANTED]))
    full = counts[TOKENS_USED] + most * words > len(state.tokens)
    full_text = counts[TEXT_USED] + size + 1 > len(state.text)
    if (full and 2 * counts[DEAD_TOKENS] > counts[TOKENS_USED]) or (
        full_text and 2 * counts[DEAD_TEXT] > counts[TEXT_USED]
    ):
        state = _tidied(state)
    path = int(min(state.settings[PATH_WORDS], words)) + 2
    keys, values = state.keys, state.values
    entries = _doubled(len(values), 2 * (int(counts[ENTRIES]) + path) + 1)
    if entries > len(values):
        keys, values = np.zeros((entries, 2), np.int64), np.full(entries, -1, np.int64)
        compiled(rehash)(state.keys, state.values, keys, values)
    return state._replace(
        keys=keys,
        values=values,
        nodes=_longer(state.nodes, int(counts[NODES]) + path + 1),
        clusters=_longer(state.clusters, int(counts[SLOTS]) + 1),
        tokens=_longer(state.tokens, int(counts[TOKENS_USED]) + most * words),
        members=_longer(state.members, int(counts[MEMBERS_USED]) + 2 * most),
        text=_longer(state.text, int(counts[TEXT_USED]) + size + 1),
        history_text=_longer(state.history_text, size + 3 * words + 1),
    )


def _doubled(length: int, needed: int) -> int:
    while length < needed:
        length *= 2
    return length


def _longer(array: NDArray[Any], needed: int) -> NDArray[Any]:
    length = _doubled(len(array), needed)
    if length == len(array):
        return array
    longer = np.zeros((length, *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer


def _tidied(state: State) -> State:
    """Without the words that leaves left behind when they moved, and the texts of clusters that are gone."""
    clusters, counts, nodes = state.clusters, state.counts, state.nodes
    tokens, text, members = np.zeros_like(state.tokens), np.zeros_like(state.text), np.zeros_like(state.members)
    used = used_members = used_text = 0
    for node in nodes[: counts[NODES]]:
        count = int(node[MEMBERS])
        node[MOST] = count
        slots = state.members[node[SLOTS_AT] : node[SLOTS_AT] + 2 * count]
        words = count * int(clusters[slots[0], LENGTH]) if count else 0
        tokens[used : used + words] = state.tokens[node[TOKENS] : node[TOKENS] + words]
        members[used_members : used_members + 2 * count] = slots
        node[TOKENS], node[SLOTS_AT] = used, used_members
        used, used_members = used + words, used_members + 2 * count
    for row in clusters[: counts[SLOTS]]:
        if row[ID] >= 0:
            size = int(row[TEXT_BYTES])
            text[used_text : used_text + size] = state.text[row[TEXT] : row[TEXT] + size]
            row[TEXT], used_text = used_text, used_text + size
    counts[[TOKENS_USED, MEMBERS_USED, TEXT_USED, DEAD_TOKENS, DEAD_TEXT]] = used, used_members, used_text, 0, 0
    return state._replace(tokens=tokens, text=text, members=members)
