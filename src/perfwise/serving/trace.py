"""`Trace`: what arrives when, and how long it is; the task of the serving engine."""

import hashlib
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from perfwise.errors import InvalidOption
from perfwise.kit.textfiles import Faults
from perfwise.serving.contracts import REQUEST

__all__ = ["Floats", "Lengths", "Trace", "Wholes"]

Floats: TypeAlias = NDArray[np.float64]
Wholes: TypeAlias = NDArray[np.int64]
Place: TypeAlias = Callable[[int], str]

_LATEST_S = 1e10  # a float tells microseconds apart up to here: seconds since 1970 are well, milliseconds are not
_MOST_TOKENS = 1 << 32  # of a prompt or an output: their sums and products stay whole
_COLUMNS = {  # and what stands in a column that is not given
    "arrival_s": (np.float64, np.nan),
    "prompt": (np.int64, 0),
    "output": (np.int64, 0),
    "priority": (np.int64, 0),
    "conversation": (np.int64, -1),
    "next_turn": (np.int64, -1),
    "pause_s": (np.float64, 0.0),
    "prefix_start": (np.int64, 0),
    "prefix_count": (np.int64, 0),
}
_UNSTARTED = {
    "replica": -1,
    "behind": -1,
    "scheduled_s": np.nan,
    "first_token_s": np.nan,
    "last_token_s": np.nan,
    "completed_s": np.nan,
}


def _no_wholes() -> Wholes:
    return np.zeros(0, np.int64)


def _no_floats() -> Floats:
    return np.zeros(0, np.float64)


@dataclass(frozen=True, slots=True)
class Lengths:
    """Prompt and output tokens of requests, without their times.

    Args:
        prompt: (n,), each at least 1.
        output: (n,), each at least 1.
    """

    prompt: Wholes
    output: Wholes


@dataclass(frozen=True, eq=False)
class Trace:
    """Requests in order of arrival, as columns of n rows; a column that is not given has its default in all rows.

    Args:
        id: name, e.g. of the file.
        arrival_s: from the start of the trace; NaN for a later turn, which arrives `pause_s` after the turn before it.
        prompt: tokens, at least 1.
        output: tokens, at least 1.
        priority: greater is more urgent.
        conversation: number of the conversation, -1 for none.
        next_turn: row of the turn that follows when this one ends, further down, or -1.
        pause_s: between the end of the turn before and a later turn.
        prefixes: hashes of leading prompt parts as numbers 0 ... H-1; equal numbers are equal parts behind equal
            beginnings. Any integers may be given; they are renumbered by first appearance.
        prefix_start: a request's hashes are prefixes[prefix_start : prefix_start + prefix_count].
        prefix_count: how many hashes a request has.
        prefix_tokens: tokens behind one hash; the last one of a request may stand for fewer.
        notes: what a reader left out or changed, for people.
        where: names the place of a row in faults; `request 17` unless given.
    Raises: InvalidInput naming every fault of every row: `empty-trace`, `unlike-columns`, `not-a-number`,
        `negative-time`, `late-time`, `unsorted-times`, `zero-tokens`, `too-many-tokens`, `negative-pause`,
        `broken-turns`, `broken-prefixes`.
    """

    id: str
    arrival_s: Floats
    prompt: Wholes
    output: Wholes
    priority: Wholes = field(default_factory=_no_wholes)
    conversation: Wholes = field(default_factory=_no_wholes)
    next_turn: Wholes = field(default_factory=_no_wholes)
    pause_s: Floats = field(default_factory=_no_floats)
    prefixes: Wholes = field(default_factory=_no_wholes)
    prefix_start: Wholes = field(default_factory=_no_wholes)
    prefix_count: Wholes = field(default_factory=_no_wholes)
    prefix_tokens: int = 512
    notes: tuple[str, ...] = ()
    where: InitVar[Place | None] = None

    def __post_init__(self, where: Place | None) -> None:
        faults = Faults()
        count = len(self.arrival_s)
        for name, (kind, default) in _COLUMNS.items():
            given = np.asarray(getattr(self, name), kind)
            column = np.full(count, default, kind) if len(given) == 0 else np.array(given, order="C")
            if column.shape != (count,):
                faults.add(
                    self.id, "unlike-columns", f"{name} has the shape {column.shape}; there are {count} arrivals"
                )
            _keep(self, name, column)
        _keep(self, "prefixes", _renumbered(np.asarray(self.prefixes, np.int64)))
        if not count:
            faults.add(self.id, "empty-trace", "a trace needs at least one request")
        faults.check()
        _check(self, where or "request {}".format, faults)
        faults.check()

    def __len__(self) -> int:
        return len(self.arrival_s)

    @cached_property
    def digest(self) -> str:
        """Of all that decides what arrives; not of the name and the notes."""
        whole = hashlib.sha256(f"trace {self.prefix_tokens}".encode())
        for name in (*_COLUMNS, "prefixes"):
            column = getattr(self, name)
            whole.update(f"{name} {len(column)}".encode())
            whole.update(column.astype(column.dtype.newbyteorder("<"), copy=False).tobytes())
        return whole.hexdigest()[:32]

    @property
    def lengths(self) -> Lengths:
        """Prompt and output tokens alone."""
        return Lengths(self.prompt, self.output)

    def rows(self) -> np.recarray[Any, Any]:
        """Fresh rows of REQUEST for a run: nothing has started, unknown times are NaN, absent indices -1."""
        template = np.zeros(1, REQUEST)
        for name, value in _UNSTARTED.items():
            template[name] = value
        # one copy of bytes; numpy assigns structured rows field by field, five times slower
        rows = np.frombuffer(bytearray(template.tobytes()) * len(self), REQUEST)
        for name in _COLUMNS:
            rows[name] = getattr(self, name)
        return rows.view(np.recarray)

    def first(self, count: int) -> "Trace":
        """The first requests only; a conversation that goes on beyond them ends there. Raises: InvalidOption."""
        if count < 1:
            raise InvalidOption(f"a trace needs at least one request, not {count}")
        cut = {name: getattr(self, name)[:count] for name in _COLUMNS}
        cut["next_turn"] = np.where(cut["next_turn"] < count, cut["next_turn"], -1)
        return replace(self, **cut)


def _keep(trace: Trace, name: str, column: NDArray[Any]) -> None:
    column.flags.writeable = False
    object.__setattr__(trace, name, column)


def _renumbered(hashes: Wholes) -> Wholes:
    """The same hashes as 0, 1, ... by first appearance."""
    values, first, numbers = np.unique(hashes, return_index=True, return_inverse=True)
    rank = np.empty(len(values), np.int64)
    rank[np.argsort(first)] = np.arange(len(values))
    return rank[numbers.ravel()]


def _rows_where(mask: NDArray[np.bool_]) -> list[int]:
    rows: list[int] = np.flatnonzero(mask).tolist()
    return rows


def _check(trace: Trace, where: Place, faults: Faults) -> None:
    follows = np.zeros(len(trace), np.bool_)
    inside = (trace.next_turn > np.arange(len(trace))) & (trace.next_turn < len(trace))
    follows[trace.next_turn[inside]] = True
    _check_times(trace, follows, where, faults)
    for name in ("prompt", "output"):
        tokens = getattr(trace, name)
        for row in _rows_where(tokens < 1):
            faults.add(where(row), "zero-tokens", f"{name} must have at least 1 token, not {tokens[row]}")
        for row in _rows_where(tokens > _MOST_TOKENS):
            text = f"{name} has {tokens[row]} tokens, more than the {_MOST_TOKENS:,} that a request may have"
            faults.add(where(row), "too-many-tokens", text)
    _check_turns(trace, inside, where, faults)
    _check_prefixes(trace, where, faults)


def _check_times(trace: Trace, follows: NDArray[np.bool_], where: Place, faults: Faults) -> None:
    times = trace.arrival_s
    for row in _rows_where(~np.isfinite(times) & ~(np.isnan(times) & follows)):
        faults.add(
            where(row),
            "not-a-number",
            f"the arrival must be a finite time in seconds, not {times[row]}; only a later turn has none",
        )
    for row in _rows_where(np.isfinite(times) & (times > _LATEST_S)):
        text = f"it arrives at {times[row]} s, where times are too coarse for steps; count from the trace's start"
        faults.add(where(row), "late-time", text)
    for row in _rows_where(times < 0):
        faults.add(where(row), "negative-time", f"the arrival must not lie before 0, but is {times[row]} s")
    known = _rows_where(np.isfinite(times))
    early = _rows_where(np.diff(times[known]) < 0)
    if early:
        before, row = known[early[0]], known[early[0] + 1]
        faults.add(
            where(row),
            "unsorted-times",
            f"it arrives at {times[row]} s, before the request above it at {times[before]} s, and {len(early)} "
            "request(s) in all come so; sort the trace by arrival",
        )


def _check_turns(trace: Trace, inside: NDArray[np.bool_], where: Place, faults: Faults) -> None:
    for row in _rows_where(~np.isfinite(trace.pause_s) | (trace.pause_s < 0)):
        faults.add(where(row), "negative-pause", f"a pause must be at least 0 s, not {trace.pause_s[row]}")
    for row in _rows_where((trace.next_turn != -1) & ~inside):
        faults.add(
            where(row), "broken-turns", f"the next turn must be a row below, or -1 for none, not {trace.next_turn[row]}"
        )
    for row in _rows_where(inside & np.isfinite(trace.arrival_s[np.where(inside, trace.next_turn, 0)])):
        text = f"its next turn, row {trace.next_turn[row]}, has an arrival of its own; leave that unknown"
        faults.add(where(row), "broken-turns", text)
    linked = np.array(_rows_where(inside), np.int64)
    _, first = np.unique(trace.next_turn[linked], return_index=True)
    for row in np.delete(linked, first).tolist():
        faults.add(where(row), "broken-turns", f"row {trace.next_turn[row]} is the next turn of two requests")


def _check_prefixes(trace: Trace, where: Place, faults: Faults) -> None:
    if trace.prefix_tokens < 1:
        faults.add(trace.id, "broken-prefixes", f"a hash stands for at least 1 token, not {trace.prefix_tokens}")
        return
    start, count = trace.prefix_start, trace.prefix_count
    outside = (start < 0) | (count < 0) | (start + count > len(trace.prefixes))
    for row in _rows_where(outside):
        text = f"hashes {start[row]} ... {start[row] + count[row]} lie outside the {len(trace.prefixes)} that there are"
        faults.add(where(row), "broken-prefixes", text)
    longest = (trace.prompt + trace.prefix_tokens - 1) // trace.prefix_tokens
    for row in _rows_where(~outside & (count > longest) & (trace.prompt > 0)):
        faults.add(
            where(row),
            "broken-prefixes",
            f"{count[row]} hashes of {trace.prefix_tokens} tokens are more than a prompt of {trace.prompt[row]} has",
        )
