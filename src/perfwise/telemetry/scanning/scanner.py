"""`Scanner`: lines in, hashed words out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from perfwise.errors import InvalidOption
from perfwise.kit.compiled import compiled
from perfwise.telemetry.lines import Lines, writable
from perfwise.telemetry.scanning.kernels import hash_words
from perfwise.telemetry.scanning.masks import Mask
from perfwise.telemetry.scanning.slow import SlowMasks
from perfwise.telemetry.scanning.tables import mask_tables, scratch_for

__all__ = ["Scanner"]

_CHUNK_BYTES = 1 << 21


class Scanner:
    """Masks lines and hashes their words, in several threads if asked.

    Args:
        masks: applied one after the other.
        delimiters: what separates words beside white space.
        threads: at least one.
    """

    def __init__(self, masks: tuple[Mask, ...] = (), delimiters: tuple[str, ...] = (), threads: int = 1) -> None:
        if threads < 1:
            raise InvalidOption(f"at least one thread has to work, not {threads}")
        self.slow = SlowMasks.needed_for(masks, delimiters)
        fast = () if self.slow.for_all_lines else masks
        plain = tuple(each for each in delimiters if len(each) == 1 and each.isascii())
        self._hash = compiled(hash_words)
        self._threads = threads
        self.scratch = [scratch_for(1 << 12) for _ in range(threads)]
        self._words = [np.empty(0, np.int64) for _ in range(threads)]
        self.tables = mask_tables(fast, plain, self.hash_of_word)

    def chunks(self, lines: Lines) -> Iterator[tuple[int, int, Lines, NDArray[np.int64], NDArray[np.int64]]]:
        """(first line, line behind the last, these as they were hashed, begins, hashes) for parts of about a size.

        What is hashed is `hashes[begins[i]:begins[i + 1]]` for line i of the part; the next part overwrites it.
        """
        if not len(lines):
            return
        sizes = np.cumsum(lines.ends - lines.starts + 1)
        first = 0
        while first < len(lines):
            before = sizes[first - 1] if first else 0
            stop = max(first + 1, int(np.searchsorted(sizes, before + _CHUNK_BYTES, "right")))
            part = Lines(lines.buffer, lines.starts[first:stop], lines.ends[first:stop])
            part = self.slow.applied(_padded(part))
            yield first, stop, part, *self._hashed(part)
            first = stop

    def hash_of_word(self, word: bytes) -> int:
        """What the scanner makes of a word without masks."""
        lines = Lines.of([word])
        out, begins = np.zeros(4, np.int64), np.zeros(2, np.int64)
        none = mask_tables(())
        self._hash(lines.buffer, lines.starts, lines.ends, 0, 1, none, self.scratch[0], begins, out)
        return int(out[0])

    def _hashed(self, chunk: Lines) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
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
            scratch = self.scratch[thread]
            done = self._hash(
                chunk.buffer, chunk.starts, chunk.ends, done, len(chunk), self.tables, scratch, begins, out
            )
            if done == len(chunk):
                return begins, out[: begins[-1]]
            if begins[done] + sizes[done] + 64 > len(out):
                longer = self._room_for_words(thread, 2 * len(out) + int(sizes[done]) + 64)
                longer[: len(out)], out = out, longer
            else:
                self.scratch[thread] = scratch_for(max(int(sizes[done]), len(scratch.room) // 4))

    def _room_for_words(self, thread: int, words: int) -> NDArray[np.int64]:
        """An array that is used again for the next chunk: fresh memory costs more than what is written to it."""
        if len(self._words[thread]) < words:
            self._words[thread] = np.empty(words, np.int64)
        return self._words[thread]


def _padded(lines: Lines) -> Lines:
    """The lines with eight bytes behind the last one, which the scanner may read."""
    if int(lines.ends.max()) + 8 <= len(lines.buffer):
        return lines
    low = int(lines.starts.min())
    data = lines.buffer[low : int(lines.ends.max())].tobytes()
    return Lines(writable(data), lines.starts - low, lines.ends - low)
