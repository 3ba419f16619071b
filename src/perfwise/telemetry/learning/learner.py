"""`TreeLearner`: lines in, ids out; what is learnt stays."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from perfwise.errors import InvalidOption
from perfwise.kit.compiled import compiled
from perfwise.telemetry.learning.state import TreeSettings, empty_state, grown
from perfwise.telemetry.learning.tree import ALIVE, EVICTED, HISTORY, HISTORY_TEXT, ID, LINES, SLOTS, learn, match
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.scanning.kernels import hash_words
from perfwise.telemetry.scanning.masks import Mask
from perfwise.telemetry.scanning.slow import SlowMasks
from perfwise.telemetry.scanning.tables import mask_tables, scratch_for

__all__ = ["Learnt", "Template", "TreeLearner"]

_CHUNK_BYTES = 1 << 21


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it came to be.

    Args:
        id: of the cluster, from 1 on.
        version: 1 for its first line; one more each time that words became wildcards.
        line: the number of the line that made it, from 0 on.
        text: words and wildcards.
    """

    id: int
    version: int
    line: int
    text: str


@dataclass(frozen=True, eq=False)
class Learnt:
    """What became of some lines.

    Args:
        ids: (lines,) cluster of each; 0 where none fits (when nothing is learnt).
        versions: (lines,) of its template as it was with that line.
        templates: those that came to be meanwhile, in order.
    """

    ids: NDArray[np.int64]
    versions: NDArray[np.int64]
    templates: list[Template]


class TreeLearner:
    """Drain's online learning.

    Lines may be given in blocks of any size, and masked and hashed in several threads: the ids are the same.

    Args:
        settings: of the tree.
        masks: applied one after the other.
        delimiters: what separates words beside white space.
        threads: that mask and hash; learning itself is one line after the other.
    """

    def __init__(
        self, settings: TreeSettings, masks: tuple[Mask, ...] = (), delimiters: tuple[str, ...] = (), threads: int = 1
    ) -> None:
        if threads < 1:
            raise InvalidOption(f"at least one thread has to work, not {threads}")
        self.settings = settings
        self.masks = masks
        self.delimiters = delimiters
        self.slow = SlowMasks.needed_for(masks, delimiters)
        fast = () if self.slow.for_all_lines else masks
        plain = tuple(each for each in delimiters if len(each) == 1 and each.isascii())
        self._hash = compiled(hash_words)
        self._learn = compiled(learn)
        self._match = compiled(match)
        self._threads = threads
        self._scratch = [scratch_for(1 << 12) for _ in range(threads)]
        self._words = [np.empty(0, np.int64) for _ in range(threads)]
        self.tables = mask_tables(fast, plain, self._hash_of_word)
        self.state = empty_state(settings, self._hash_of_word(b"<*>"))

    def learn(self, lines: Lines) -> Learnt:
        """Learn lines in their order."""
        ids, versions = np.zeros(len(lines), np.int64), np.zeros(len(lines), np.int64)
        templates: list[Template] = []
        for first, stop in _chunks(lines):
            chunk = self.slow.applied(Lines(lines.buffer, lines.starts[first:stop], lines.ends[first:stop]))
            begins, hashed = self._hashed(chunk)
            found = (ids[first:stop], versions[first:stop])
            self._learn_chunk(chunk, begins, hashed, found, templates)
            self.state.counts[LINES] += stop - first
        return Learnt(ids, versions, templates)

    def match(self, lines: Lines) -> Learnt:
        """The cluster that each line fits in full, 0 where there is none; nothing is learnt.

        As Drain3's `match` with the strategy `never`: by the tree only.
        """
        ids, versions = np.zeros(len(lines), np.int64), np.zeros(len(lines), np.int64)
        for first, stop in _chunks(lines):
            chunk = self.slow.applied(Lines(lines.buffer, lines.starts[first:stop], lines.ends[first:stop]))
            begins, hashed = self._hashed(chunk)
            self._match(self.state, 0, len(chunk), begins, hashed, ids[first:stop], versions[first:stop])
        return Learnt(ids, versions, [])

    @property
    def clusters(self) -> int:
        """That there are now."""
        return int(self.state.counts[ALIVE])

    def alive(self) -> set[int]:
        """Ids of the clusters that there are now."""
        ids = self.state.clusters[: self.state.counts[SLOTS], ID]
        return set(ids[ids > 0].tolist())

    @property
    def evicted(self) -> int:
        """Clusters that had to go."""
        return int(self.state.counts[EVICTED])

    def _hash_of_word(self, word: bytes) -> int:
        lines = Lines.of([word])
        out, begins = np.zeros(4, np.int64), np.zeros(2, np.int64)
        none = mask_tables(())
        self._hash(lines.buffer, lines.starts, lines.ends, 0, 1, none, self._scratch[0], begins, out)
        return int(out[0])

    def _hashed(self, chunk: Lines) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where each line's words begin, and their hashes."""
        if self._threads == 1 or len(chunk) < 2 * self._threads:
            return self._hashed_part(chunk, 0)
        cuts = np.linspace(0, len(chunk), self._threads + 1).astype(int).tolist()
        parts = [Lines(chunk.buffer, chunk.starts[a:b], chunk.ends[a:b]) for a, b in pairwise(cuts)]
        with ThreadPoolExecutor(self._threads) as pool:
            done = list(pool.map(self._hashed_part, parts, range(self._threads)))
        offsets = np.cumsum([0, *(int(begins[-1]) for begins, _ in done)])
        begins = np.concatenate([[0], *(begins[1:] + at for (begins, _), at in zip(done, offsets, strict=False))])
        return begins.astype(np.int64), np.concatenate([hashed for _, hashed in done])

    def _hashed_part(self, chunk: Lines, thread: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        begins = np.zeros(len(chunk) + 1, np.int64)
        sizes = np.where(chunk.ends < 0, -1 - chunk.ends, chunk.ends) - chunk.starts
        out = self._room_for_words(thread, int(sizes.sum()) // 4 + len(chunk) + 64)
        done = 0
        while True:
            scratch = self._scratch[thread]
            done = self._hash(
                chunk.buffer, chunk.starts, chunk.ends, done, len(chunk), self.tables, scratch, begins, out
            )
            if done == len(chunk):
                return begins, out[: begins[-1]]
            if begins[done] + sizes[done] + 64 > len(out):
                longer = self._room_for_words(thread, 2 * len(out) + int(sizes[done]) + 64)
                longer[: len(out)], out = out, longer
            else:
                self._scratch[thread] = scratch_for(max(int(sizes[done]), len(scratch.room) // 4))

    def _room_for_words(self, thread: int, words: int) -> NDArray[np.int64]:
        """An array that is used again for the next chunk: fresh memory costs more than what is written to it."""
        if len(self._words[thread]) < words:
            self._words[thread] = np.empty(words, np.int64)
        return self._words[thread]

    def _learn_chunk(
        self,
        chunk: Lines,
        begins: NDArray[np.int64],
        hashed: NDArray[np.int64],
        found: tuple[NDArray[np.int64], NDArray[np.int64]],
        templates: list[Template],
    ) -> None:
        done, before, numbered = 0, -1, int(self.state.counts[LINES])
        while True:
            done = self._learn(
                self.state,
                chunk.buffer,
                chunk.starts,
                chunk.ends,
                done,
                len(chunk),
                numbered,
                begins,
                hashed,
                self.tables,
                self._scratch[0],
                *found,
            )
            templates.extend(self._new_templates())
            if done == len(chunk):
                return
            self._make_room(chunk, done, again=done == before)
            before = done

    def _make_room(self, chunk: Lines, line: int, *, again: bool) -> None:
        end = int(chunk.ends[line])
        size = (-1 - end if end < 0 else end) - int(chunk.starts[line])
        longest = max(size, *(len(each.room) // 8 for each in self._scratch))
        longest = 2 * longest if again else longest
        if len(self._scratch[0].room) < 8 * longest:  # another thread met a longer one, or more names than bytes
            self._scratch[0] = scratch_for(longest)
        self.state = grown(self.state, size)

    def _new_templates(self) -> Iterator[Template]:
        counts = self.state.counts
        rows = self.state.history[: counts[HISTORY]].tolist()
        texts = self.state.history_text[: counts[HISTORY_TEXT]].tobytes()
        counts[HISTORY] = counts[HISTORY_TEXT] = 0
        for cluster, version, line, begin, end in rows:
            yield Template(cluster, version, line, texts[begin:end].decode("utf-8", "surrogateescape"))


def _chunks(lines: Lines) -> Iterator[tuple[int, int]]:
    """Ranges of lines of about a size, so that memory does not grow with the log."""
    if not len(lines):
        return
    sizes = np.cumsum(lines.ends - lines.starts + 1)
    first = 0
    while first < len(lines):
        before = sizes[first - 1] if first else 0
        stop = max(first + 1, int(np.searchsorted(sizes, before + _CHUNK_BYTES, "right")))
        yield first, stop
        first = stop
