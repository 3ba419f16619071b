"""Drain's tree over hashed words: functions over arrays, compiled where numba is.

A node is a row of `nodes`; a child is found by (node, word) in a hash table. The clusters of a leaf have equally many
words; these stand behind each other in `tokens`, cluster by cluster in the order in which they were made, 0 where
lines differ, so that a search runs through memory in one go. A cluster is a row of `clusters`; the line that it began
with stands in `text`, its words set apart by spaces.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from perfwise.kit.compiled import Bundle, Signature, Table, borrowed, compilable
from perfwise.telemetry.scanning.kernels import (
    KINDS,
    MASKS,
    SCRATCH,
    SPACE,
    Bytes,
    Ints,
    MaskTables,
    Scratch,
    lent_masks,
    lent_scratch,
    masked,
)

__all__ = ["CLUSTER", "COUNTS", "SETTINGS", "STATE", "State", "learn", "match", "rehash"]

# Columns of `clusters`.
ID, LENGTH, SIZE, PLACE, TEXT, TEXT_BYTES, VERSION, LEAF, OLDER, NEWER, FIRST, LAST, CLUSTER = range(13)
# Columns of `nodes`; the last four are a leaf's: how many clusters, of how many there is room for, and where.
CHILDREN, WILD, MEMBERS, MOST, TOKENS, SLOTS_AT, NODE = range(7)
# Places in `counts`.
(
    MADE, ALIVE, SLOTS, FREE, NODES, ENTRIES, TOKENS_USED, TEXT_USED, OLDEST, NEWEST, EVICTED, HISTORY,
    HISTORY_TEXT, HELD_BYTES,
    LINES, DEAD_TOKENS, DEAD_TEXT, MEMBERS_USED, WORDS_WANTED, TEXT_WANTED, MEMBERS_WANTED,
    COUNTS,
) = range(22)  # fmt: skip
# Places in `settings`.
PATH_WORDS, MAX_CHILDREN, MAX_CLUSTERS, MAX_BYTES, NUMERIC_WILD, WILD_HASH, SETTINGS = range(7)
_CLUSTER_BYTES = 160  # what a cluster takes beside its words and text
_TOKEN_BYTES = 8

Floats = NDArray[np.float64]


class State(NamedTuple):
    """Everything that is learnt.

    keys: (entries, 2) node and word of the hash table, values: (entries,) the child or -1; nodes: (nodes, 6);
    clusters: (slots, 12); tokens: leaf by leaf the words of its clusters, one cluster behind the other; members: leaf
    by leaf, slot and number of wildcards of each; text: what clusters began with; counts: see above; history: (rows, 5)
    id, version, line, and begin and end in history_text, for each template that came to be since it was last emptied.
    """

    keys: Ints
    values: Ints
    nodes: Ints
    clusters: Ints
    tokens: Ints
    members: Ints
    text: Bytes
    counts: Ints
    history: Ints
    history_text: Bytes
    settings: Ints
    threshold: Floats


STATE = Bundle(
    State,
    (
        Table("i8", 2),
        Table("i8"),
        Table("i8", 2),
        Table("i8", 2),
        Table("i8"),
        Table("i8"),
        Table("u1"),
        Table("i8"),
        Table("i8", 2),
        Table("u1"),
        Table("i8"),
        Table("f8"),
    ),
)


@compilable()
def _lent_state(state: State) -> State:
    """The same, without counting references to its arrays from here on."""
    return State(
        borrowed(state.keys),
        borrowed(state.values),
        borrowed(state.nodes),
        borrowed(state.clusters),
        borrowed(state.tokens),
        borrowed(state.members),
        borrowed(state.text),
        borrowed(state.counts),
        borrowed(state.history),
        borrowed(state.history_text),
        borrowed(state.settings),
        borrowed(state.threshold),
    )


@compilable()
def _place(keys: Ints, values: Ints, node: int, word: int) -> int:
    """Where (node, word) is in the table, or the free entry where it would be."""
    last = values.shape[0] - 1
    at = (word * np.int64(-7046029254386353131) ^ (node * np.int64(-4417276706812531889))) >> 17 & last
    while values[np.uint64(at)] >= 0 and (keys[np.uint64(at), 0] != node or keys[np.uint64(at), 1] != word):
        at = (at + 1) & last
    return at


@compilable()
def _child(state: State, node: int, word: int) -> int:
    """The child for a word; -1 if there is none."""
    return state.values[_place(state.keys, state.values, node, word)]


@compilable()
def _below(keys: Ints, values: Ints, node: int, word: int) -> int:
    return values[_place(keys, values, node, word)]


@compilable()
def _new_node(state: State) -> int:
    node = state.counts[NODES]
    state.counts[NODES] += 1
    state.nodes[node, CHILDREN] = 0
    state.nodes[node, WILD] = -1
    state.nodes[node, MEMBERS] = state.nodes[node, MOST] = 0
    return node


@compilable()
def _add_child(state: State, node: int, word: int) -> int:
    made = _new_node(state)
    at = _place(state.keys, state.values, node, word)
    state.keys[at, 0], state.keys[at, 1], state.values[at] = node, word, made
    state.counts[ENTRIES] += 1
    state.nodes[node, CHILDREN] += 1
    return made


@compilable()
def _wild_child(state: State, node: int) -> int:
    if state.nodes[node, WILD] < 0:
        state.nodes[node, WILD] = _new_node(state)
        state.nodes[node, CHILDREN] += 1
    return state.nodes[node, WILD]


@compilable()
def _leaf_for(keys: Ints, values: Ints, nodes: Ints, settings: Ints, hashed: Ints, begin: int, length: int) -> int:
    """Descend as a message does: the exact child, else the wildcard child, else -1."""
    node = _below(keys, values, 0, length)
    for at in range(begin, begin + min(settings[PATH_WORDS], length - 1)):
        if node < 0:
            return -1
        below = -1
        if hashed[at] != settings[WILD_HASH]:
            below = _below(keys, values, node, hashed[at])
        node = nodes[node, WILD] if below < 0 else below
    return node


@compilable()
def _grown_leaf(state: State, hashed: Ints, begin: int, length: int) -> int:
    """Descend as a new template does, making the nodes that are missing."""
    node = _child(state, 0, length)
    if node < 0:
        node = _add_child(state, 0, length)
    most = state.settings[MAX_CHILDREN]
    for at in range(begin, begin + min(state.settings[PATH_WORDS], length - 1)):
        word = hashed[at]
        has_wild, children = state.nodes[node, WILD] >= 0, state.nodes[node, CHILDREN]
        if word == state.settings[WILD_HASH]:
            node = _wild_child(state, node)
            continue
        below = _child(state, node, word)
        if below >= 0:
            node = below
        elif state.settings[NUMERIC_WILD] and word & 1:
            node = _wild_child(state, node)
        elif (has_wild and children < most) or (not has_wild and children + 1 < most):
            node = _add_child(state, node, word)
        else:
            node = _wild_child(state, node)
    return node


@compilable()
def _best(
    nodes: Ints, tokens: Ints, members: Ints, threshold: float, leaf: int, hashed: Ints, begin: int, length: int,
    counts_params: bool,
) -> int:  # fmt: skip
    """The cluster of a leaf that is most like a message, if it is like enough; -1 if none is.

    The most equal words win, then the most wildcards, then the oldest.
    """
    best, best_same, best_params = -1, -1, -1
    at, member = nodes[leaf, TOKENS], nodes[leaf, SLOTS_AT]
    for _ in range(nodes[leaf, MEMBERS]):
        params = members[np.uint64(member + 1)]
        if counts_params or length - params >= best_same:
            same = 0
            for place in range(length):
                same += tokens[np.uint64(at + place)] == hashed[np.uint64(begin + place)]
            if counts_params:
                same += params
            if same > best_same or (same == best_same and params > best_params):
                best, best_same, best_params = members[member], same, params
                if same == length and not counts_params:
                    break
        at += length
        member += 2
    if best < 0:
        return -1
    alike = 1.0 if length == 0 else best_same / length
    return best if alike >= threshold else -1


@compilable()
def _forget_age(state: State, slot: int) -> None:
    clusters, counts = state.clusters, state.counts
    older, newer = clusters[slot, OLDER], clusters[slot, NEWER]
    if older >= 0:
        clusters[older, NEWER] = newer
    else:
        counts[OLDEST] = newer
    if newer >= 0:
        clusters[newer, OLDER] = older
    else:
        counts[NEWEST] = older


@compilable()
def _make_newest(state: State, slot: int) -> None:
    clusters, counts = state.clusters, state.counts
    newest = counts[NEWEST]
    clusters[slot, OLDER], clusters[slot, NEWER] = newest, -1
    if newest >= 0:
        clusters[newest, NEWER] = slot
    else:
        counts[OLDEST] = slot
    counts[NEWEST] = slot


@compilable()
def _evict(state: State) -> None:
    """Let the least recently used cluster go; its id is never used again."""
    clusters, counts, nodes = state.clusters, state.counts, state.nodes
    slot = counts[OLDEST]
    _forget_age(state, slot)
    leaf, length = clusters[slot, LEAF], clusters[slot, LENGTH]
    at = nodes[leaf, TOKENS]
    for place in range(clusters[slot, PLACE], nodes[leaf, MEMBERS] - 1):
        member = nodes[leaf, SLOTS_AT] + 2 * place
        state.members[member], state.members[member + 1] = state.members[member + 2], state.members[member + 3]
        clusters[state.members[member], PLACE] = place
        for word in range(at + place * length, at + (place + 1) * length):
            state.tokens[word] = state.tokens[word + length]
    nodes[leaf, MEMBERS] -= 1
    counts[DEAD_TEXT] += clusters[slot, TEXT_BYTES]
    counts[HELD_BYTES] -= _weight(length, clusters[slot, TEXT_BYTES])
    clusters[slot, ID] = -1
    clusters[slot, PLACE] = counts[FREE]
    counts[FREE] = slot
    counts[ALIVE] -= 1
    counts[EVICTED] += 1


@compilable()
def _weight(length: int, text_bytes: int) -> int:
    return _CLUSTER_BYTES + _TOKEN_BYTES * length + text_bytes


@compilable()
def _room(state: State, leaf: int, length: int, text_bytes: int) -> bool:
    """Whether all arrays can take one more cluster and one more template of that size.

    Args:
        state: if not, its counts say what is needed.
        leaf: where the message led, -1 for none; its cluster will be there or in a new leaf.
        length: words.
        text_bytes: of the words and what is between.
    """
    counts = state.counts
    path = min(state.settings[PATH_WORDS], length) + 2
    most = 2 * (state.nodes[leaf, MEMBERS] if leaf >= 0 else 0) + 2  # the leaf may have to move
    counts[WORDS_WANTED], counts[TEXT_WANTED], counts[MEMBERS_WANTED] = length, text_bytes, most
    return (
        2 * (counts[ENTRIES] + path) < state.values.shape[0]
        and counts[NODES] + path < state.nodes.shape[0]
        and (counts[FREE] >= 0 or counts[SLOTS] < state.clusters.shape[0])
        and counts[TOKENS_USED] + most * length <= state.tokens.shape[0]
        and counts[MEMBERS_USED] + 2 * most <= state.members.shape[0]
        and counts[TEXT_USED] + text_bytes + 1 <= state.text.shape[0]
        and _history_room(state, length, text_bytes)
    )


@compilable()
def _history_room(state: State, length: int, text_bytes: int) -> bool:
    counts = state.counts
    return (
        counts[HISTORY] < state.history.shape[0]
        and counts[HISTORY_TEXT] + text_bytes + 3 * length <= state.history_text.shape[0]
    )


@compilable()
def _note_template(state: State, slot: int, line: int) -> None:
    """Write the template as it is now to the history."""
    clusters, counts, out = state.clusters, state.counts, state.history_text
    at = begin = counts[HISTORY_TEXT]
    token, text = _words_of(state, slot), clusters[slot, TEXT]
    end = text + clusters[slot, TEXT_BYTES]
    while text < end:
        wild = state.tokens[token] == 0
        if wild:
            out[at], out[at + 1], out[at + 2] = 60, 42, 62  # <*>
            at += 3
        while text < end and state.text[text] != 32:
            if not wild:
                out[at] = state.text[text]
                at += 1
            text += 1
        if text < end:
            out[at] = 32
            at += 1
        text += 1
        token += 1
    row = counts[HISTORY]
    state.history[row, 0], state.history[row, 1], state.history[row, 2] = (
        clusters[slot, ID],
        clusters[slot, VERSION],
        line,
    )
    state.history[row, 3], state.history[row, 4] = begin, at
    counts[HISTORY] += 1
    counts[HISTORY_TEXT] = at


@compilable()
def _words_text(text: Bytes, low: int, high: int, ints: Ints, out: Bytes, at: int) -> int:
    """Copy the words of a text, one space between them; where it ends."""
    first = at
    while low < high:
        if ints[KINDS + text[low]] & SPACE:
            low += 1
            continue
        if at > first:
            out[at] = 32
            at += 1
        while low < high and not ints[KINDS + text[low]] & SPACE:
            out[at] = text[low]
            at += 1
            low += 1
    return at


@compilable()
def _create(
    state: State, hashed: Ints, begin: int, length: int, line: int, text: Bytes, low: int, high: int, ints: Ints
) -> int:
    """A cluster of the message alone."""
    clusters, counts, settings = state.clusters, state.counts, state.settings
    if settings[MAX_CLUSTERS] > 0 and counts[ALIVE] >= settings[MAX_CLUSTERS]:
        _evict(state)
    if counts[FREE] >= 0:
        slot = counts[FREE]
        counts[FREE] = clusters[slot, PLACE]
    else:
        slot = counts[SLOTS]
        counts[SLOTS] += 1
    counts[MADE] += 1
    counts[ALIVE] += 1
    leaf = _grown_leaf(state, hashed, begin, length)
    row = clusters[slot]
    row[ID], row[LENGTH], row[SIZE], row[VERSION], row[LEAF] = counts[MADE], length, 1, 1, leaf
    row[FIRST] = row[LAST] = line
    _append(state, slot, leaf, length)
    params, at = 0, _words_of(state, slot)
    for place in range(length):
        word = hashed[begin + place]
        if word == settings[WILD_HASH]:
            word = np.int64(0)
            params += 1
        state.tokens[at + place] = word
    state.members[_member_of(state, slot) + 1] = params
    row[TEXT] = counts[TEXT_USED]
    counts[TEXT_USED] = _words_text(text, low, high, ints, state.text, counts[TEXT_USED])
    row[TEXT_BYTES] = counts[TEXT_USED] - row[TEXT]
    counts[HELD_BYTES] += _weight(length, row[TEXT_BYTES])
    _make_newest(state, slot)
    while settings[MAX_BYTES] > 0 and counts[HELD_BYTES] > settings[MAX_BYTES] and counts[ALIVE] > 1:
        _evict(state)
    _note_template(state, slot, line)
    return slot


@compilable()
def _words_of(state: State, slot: int) -> int:
    row = state.clusters[slot]
    return state.nodes[row[LEAF], TOKENS] + row[PLACE] * row[LENGTH]


@compilable()
def _member_of(state: State, slot: int) -> int:
    row = state.clusters[slot]
    return state.nodes[row[LEAF], SLOTS_AT] + 2 * row[PLACE]


@compilable()
def _append(state: State, slot: int, leaf: int, length: int) -> None:
    """Put a cluster behind the others of a leaf, which moves to where there is more room if it is full."""
    nodes, counts = state.nodes, state.counts
    count = nodes[leaf, MEMBERS]
    if count == nodes[leaf, MOST]:
        most = max(1, 2 * count)
        for place in range(count * length):
            state.tokens[counts[TOKENS_USED] + place] = state.tokens[nodes[leaf, TOKENS] + place]
        for place in range(2 * count):
            state.members[counts[MEMBERS_USED] + place] = state.members[nodes[leaf, SLOTS_AT] + place]
        nodes[leaf, TOKENS], nodes[leaf, SLOTS_AT], nodes[leaf, MOST] = counts[TOKENS_USED], counts[MEMBERS_USED], most
        counts[TOKENS_USED] += most * length
        counts[MEMBERS_USED] += 2 * most
        counts[DEAD_TOKENS] += count * length
    state.members[nodes[leaf, SLOTS_AT] + 2 * count] = slot
    state.clusters[slot, PLACE] = count
    nodes[leaf, MEMBERS] = count + 1


@compilable(
    Signature(
        "i8",
        (
            STATE,
            Table("u1"),
            Table("i8"),
            Table("i8"),
            "i8",
            "i8",
            "i8",
            Table("i8"),
            Table("i8"),
            MASKS,
            SCRATCH,
            Table("i8"),
            Table("i8"),
        ),
    )
)
def learn(
    state: State, text: Bytes, starts: Ints, ends: Ints, first: int, stop: int, numbered: int, begins: Ints,
    hashed: Ints, masks: MaskTables, scratch: Scratch, ids: Ints, versions: Ints,
) -> int:  # fmt: skip
    """Learn lines first..stop in order; ids and the versions of their templates are written beside them.

    text, starts, ends, begins and hashed are what `hash_words` took and gave; line 0 has the number `numbered` in the
    whole log; masks and scratch are the scanner's, to write a new template.

    Returns: the first line that is not learnt because an array is full; `stop` when all are.
    """
    state, masks, scratch, text = _lent_state(state), lent_masks(masks), lent_scratch(scratch), borrowed(text)
    starts, ends, begins, hashed = borrowed(starts), borrowed(ends), borrowed(begins), borrowed(hashed)
    ids, versions = borrowed(ids), borrowed(versions)
    clusters, counts, nodes, tokens = state.clusters, state.counts, state.nodes, state.tokens
    bounded = state.settings[MAX_CLUSTERS] > 0 or state.settings[MAX_BYTES] > 0
    threshold = state.threshold[0]
    for line in range(first, stop):
        begin, length = begins[line], begins[line + 1] - begins[line]
        leaf = _leaf_for(state.keys, state.values, nodes, state.settings, hashed, begin, length)
        slot = -1
        if leaf >= 0:
            slot = _best(nodes, tokens, state.members, threshold, leaf, hashed, begin, length, False)
        if slot < 0:
            low, high, done = starts[line], ends[line], ends[line] < 0
            high = -1 - high if done else high
            at, end = 0, -1
            if not done:
                at, end = masked(
                    masks.ints, masks.sets, text, low, high, scratch.room, scratch.came, scratch.stack, False
                )
            if end == -2 or not _room(state, leaf, length, max(end - at, high - low)):
                return line
            if end < 0:
                slot = _create(state, hashed, begin, length, numbered + line, text, low, high, masks.ints)
            else:
                slot = _create(state, hashed, begin, length, numbered + line, scratch.room, at, end, masks.ints)
        else:
            if not _history_room(state, length, clusters[slot, TEXT_BYTES]):
                counts[WORDS_WANTED], counts[TEXT_WANTED] = length, clusters[slot, TEXT_BYTES]
                counts[MEMBERS_WANTED] = 0
                return line
            at, changed = nodes[leaf, TOKENS] + clusters[slot, PLACE] * length, 0
            for place in range(length):
                word = tokens[np.uint64(at + place)]
                changed += (word != 0) & (word != hashed[np.uint64(begin + place)])
            if changed:
                for place in range(length):
                    if tokens[at + place] != hashed[begin + place]:
                        tokens[at + place] = 0
                state.members[_member_of(state, slot) + 1] += changed
                clusters[slot, VERSION] += 1
                _note_template(state, slot, numbered + line)
            clusters[slot, SIZE] += 1
            clusters[slot, LAST] = numbered + line
            if bounded and counts[NEWEST] != slot:
                _forget_age(state, slot)
                _make_newest(state, slot)
        ids[line], versions[line] = clusters[slot, ID], clusters[slot, VERSION]
    return stop


@compilable(Signature("none", (STATE, "i8", "i8", Table("i8"), Table("i8"), Table("i8"), Table("i8"))))
def match(state: State, first: int, stop: int, begins: Ints, hashed: Ints, ids: Ints, versions: Ints) -> None:
    """The cluster whose template a line fits in full, found by the tree; 0 where there is none. Nothing is learnt."""
    state = _lent_state(state)
    for line in range(first, stop):
        begin, length = begins[line], begins[line + 1] - begins[line]
        leaf = _leaf_for(state.keys, state.values, state.nodes, state.settings, hashed, begin, length)
        slot = -1
        if leaf >= 0:
            slot = _best(state.nodes, state.tokens, state.members, 1.0, leaf, hashed, begin, length, True)
        ids[line] = 0 if slot < 0 else state.clusters[slot, ID]
        versions[line] = 0 if slot < 0 else state.clusters[slot, VERSION]


@compilable(Signature("none", (Table("i8", 2), Table("i8"), Table("i8", 2), Table("i8"))))
def rehash(keys: Ints, values: Ints, new_keys: Ints, new_values: Ints) -> None:
    """Move all entries of the hash table into a larger one."""
    for at in range(values.shape[0]):
        if values[at] >= 0:
            to = _place(new_keys, new_values, keys[at, 0], keys[at, 1])
            new_keys[to, 0], new_keys[to, 1], new_values[to] = keys[at, 0], keys[at, 1], values[at]
