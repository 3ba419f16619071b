"""perfwise's own CSV of requests: arrived_at, prefill, decode, and more if one likes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perfwise.kit.textfiles import stem
from perfwise.serving.trace import Lengths, Trace, Wholes
from perfwise.serving.traces._columns import Columns, floats, header_of, read_csv_trace, texts, wholes
from perfwise.serving.traces._conversations import numbered

__all__ = ["Requests"]

_COLUMNS = (
    floats("arrived_at", empty=np.nan),
    wholes("prefill"),
    wholes("decode"),
    wholes("priority", optional=True, empty=0),
    texts("conversation", optional=True),
    floats("pause_s", optional=True, empty=0.0),
)


@dataclass(frozen=True)
class Requests:
    """A CSV with the columns `arrived_at,prefill,decode`: seconds and tokens; others are passed over.

    Optional columns: `priority` (greater is more urgent), `conversation` (any name), `pause_s`. A row of a
    conversation whose `arrived_at` is empty is a later turn: it arrives `pause_s` after the turn before it has ended.

    Source: the columns of perfwise's own request tables, docs/methods.md.
    """

    def accepts(self, path: Path) -> bool:
        """Whether the header has the three columns."""
        return {"arrived_at", "prefill", "decode"} <= header_of(path)

    def read(self, path: Path) -> Trace:
        """The trace. Raises: InvalidInput naming every fault with file and line."""
        return read_csv_trace(path, _COLUMNS, _trace)

    def lengths(self, path: Path) -> Lengths:
        """The lengths alone. Raises: InvalidInput."""
        return self.read(path).lengths


def _trace(columns: Columns) -> Trace:
    arrival_s = columns["arrived_at"]
    conversation = numbered(columns.get("conversation"))
    return Trace(
        stem(columns.path),
        arrival_s,
        columns["prefill"],
        columns["decode"],
        priority=columns.get("priority"),
        conversation=conversation,
        next_turn=_next_turns(conversation, np.isnan(arrival_s)),
        pause_s=columns.get("pause_s"),
        where=columns.where,
    )


def _next_turns(conversation: Wholes, is_later: NDArray[np.bool_]) -> Wholes:
    """For each row the next one of its conversation if that is a later turn, else -1."""
    following = np.full(len(conversation), -1, np.int64)
    order = np.argsort(conversation, kind="stable")
    ordered = conversation[order]
    linked = (ordered[1:] == ordered[:-1]) & (ordered[1:] >= 0) & is_later[order][1:]
    following[order[:-1][linked]] = order[1:][linked]
    return following
