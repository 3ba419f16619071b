"""`TreeLearner`: lines in, ids out; what is learnt stays."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfwise.kit.compiled import compiled
from perfwise.telemetry.learning.state import TreeSettings, empty_state, grown
from perfwise.telemetry.learning.tree import ALIVE, EVICTED, HISTORY, HISTORY_TEXT, ID, LINES, SLOTS, learn, match
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.scanning.masks import Mask
from perfwise.telemetry.scanning.scanner import Scanner
from perfwise.telemetry.scanning.tables import scratch_for

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
        self.settings = settings
        self.scanner = Scanner(masks, delimiters, threads)
        self._learn = compiled(learn)
        self._match = compiled(match)
        self.state = empty_state(settings, self.scanner.hash_of_word(b"<*>"))

    def learn(self, lines: Lines) -> Learnt:
        """Learn lines in their order."""
        ids, versions = np.zeros(len(lines), np.int64), np.zeros(len(lines), np.int64)
        templates: list[Template] = []
        for first, stop, chunk, begins, hashed in self.scanner.chunks(lines):
            found = (ids[first:stop], versions[first:stop])
            self._learn_chunk(chunk, begins, hashed, found, templates)
            self.state.counts[LINES] += stop - first
        return Learnt(ids, versions, templates)

    def match(self, lines: Lines) -> Learnt:
        """The cluster that each line fits in full, 0 where there is none; nothing is learnt.

        As Drain3's `match` with the strategy `never`: by the tree only.
        """
        ids, versions = np.zeros(len(lines), np.int64), np.zeros(len(lines), np.int64)
        for first, stop, chunk, begins, hashed in self.scanner.chunks(lines):
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
                self.scanner.tables,
                self.scanner.scratch[0],
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
        longest = max(size, *(len(each.room) // 8 for each in self.scanner.scratch))
        longest = 2 * longest if again else longest
        if len(self.scanner.scratch[0].room) < 8 * longest:  # another thread met a longer one, or more names than bytes
            self.scanner.scratch[0] = scratch_for(longest)
        self.state = grown(self.state, size)

    def _new_templates(self) -> Iterator[Template]:
        counts = self.state.counts
        rows = self.state.history[: counts[HISTORY]].tolist()
        texts = self.state.history_text[: counts[HISTORY_TEXT]].tobytes()
        counts[HISTORY] = counts[HISTORY_TEXT] = 0
        for cluster, version, line, begin, end in rows:
            yield Template(cluster, version, line, texts[begin:end].decode("utf-8", "surrogateescape"))
