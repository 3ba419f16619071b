"""A timeline for Perfetto and Chrome's trace viewer."""

import heapq
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from perfwise.core.json import Json
from perfwise.errors import InvalidOption
from perfwise.serving.exports._files import save
from perfwise.serving.served import Served
from perfwise.serving.trace import Floats, Wholes

__all__ = ["Perfetto"]

_FIRST_LANE = 1000  # thread numbers below are those of steps
_COUNTERS = {"requests": {"running": 2, "waiting": 3}, "KV blocks": {"used": 4}, "batch tokens": {"tokens": 5}}
_MARKS = ("arrival_s", "scheduled_s", "first_token_s", "completed_s")

Event = dict[str, Json]


@dataclass(frozen=True)
class Perfetto:
    """JSON trace events: a process for each replica with its requests, its steps and its load; opens in Perfetto.

    A request is up to three slices in a row, `queued`, `prefill` and `decode`, on a lane of its own as long as it
    lasts. Steps and counters are there where the run recorded them. Times are whole microseconds, as the viewers take
    them; the exact ones are in the slices' arguments. The same run gives the same bytes.

    Args:
        requests: the first so many that completed; viewers get slow with millions of slices.

    Source: Trace Event Format, Google, docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
    """

    requests: int = 50_000

    def __post_init__(self) -> None:
        if self.requests < 1:
            raise InvalidOption(f"a timeline needs at least one request, not {self.requests}")

    def write(self, path: Path, served: Served) -> None:
        """Write the file, zipped for `.gz`. Raises: InvalidOption if it cannot be written."""
        done = np.flatnonzero(np.isfinite(served.requests.completed_s))
        shown = done[: self.requests]
        events = [*_requests(served, shown), *_steps(served.slices), *_counters(served.samples)]
        head = _names(events)
        about: Event = {"requests": len(served.requests), "shown": len(shown)}
        lines = ",\n".join(json.dumps(event, separators=(",", ":")) for event in chain(head, events))
        tail = json.dumps(about, separators=(",", ":"))
        save(path, f'{{"displayTimeUnit":"ms","otherData":{tail},"traceEvents":[\n{lines}\n]}}\n')


def _names(events: Sequence[Event]) -> Iterator[Event]:
    """What the viewer calls processes and lanes."""
    for pid in sorted({int(str(event["pid"])) for event in events}):
        yield {"ph": "M", "name": "process_name", "pid": pid, "args": {"name": f"replica {pid - 1}"}}
    lanes = {(int(str(event["pid"])), int(str(event["tid"]))) for event in events if "tid" in event}
    for pid, tid in sorted(lanes):
        name = "steps" if tid < _FIRST_LANE else "requests"
        yield {"ph": "M", "name": "thread_name", "pid": pid, "tid": tid, "args": {"name": name}}


def _requests(served: Served, shown: Wholes) -> Iterator[Event]:
    rows = served.requests[shown].view(np.recarray)
    marks = np.array([rows[name] for name in _MARKS]).T
    marks_us = _microseconds(marks)
    lanes = _lanes(rows.replica, marks_us[:, 0], marks_us[:, 3])
    for place, request in enumerate(shown.tolist()):
        about: Event = {
            "request": request,
            "prompt": int(served.trace.prompt[request]),
            "output": int(served.trace.output[request]),
            "restarts": int(rows.restarts[place]),
            "hit_tokens": int(rows.hit_tokens[place]),
        }
        about |= dict(
            zip(("arrival_s", "scheduled_s", "first_token_s", "completed_s"), marks[place].tolist(), strict=True)
        )
        where = (int(rows.replica[place]), _FIRST_LANE + lanes[place])
        for phase, name in enumerate(("queued", "prefill", "decode")):
            begin, end = marks_us[place, phase : phase + 2].tolist()
            if end > begin:
                yield _slice(name, where, (begin, end), about)


def _steps(slices: Floats) -> Iterator[Event]:
    """The steps of each replica; pipelined ones overlap and get a lane for each stage in use."""
    replicas, times_us = slices[:, 0].astype(np.int64), _microseconds(slices[:, 1:3])
    lanes = _lanes(replicas, times_us[:, 0], times_us[:, 1])
    for lane, row, (begin, end) in zip(lanes, slices.tolist(), times_us.tolist(), strict=True):
        members, tokens, prefill = (int(number) for number in row[3:])
        about: Event = {"members": members, "tokens": tokens, "prefill_tokens": prefill}
        yield _slice("step", (int(row[0]), 1 + lane), (begin, max(end, begin)), about)


def _counters(samples: Floats) -> Iterator[Event]:
    times_us = _microseconds(samples[:, 0])
    for time_us, row in zip(times_us.tolist(), samples.tolist(), strict=True):
        for name, columns in _COUNTERS.items():
            numbers: Event = {label: int(row[column]) for label, column in columns.items()}
            yield {"ph": "C", "name": name, "pid": int(row[1]) + 1, "ts": time_us, "args": numbers}


def _slice(name: str, where: tuple[int, int], when_us: tuple[int, int], about: Event) -> Event:
    (replica, lane), (begin, end) = where, when_us
    return {
        "ph": "X",
        "name": name,
        "pid": replica + 1,
        "tid": lane,
        "ts": begin,
        "dur": end - begin,
        "args": about,
    }


def _microseconds(times_s: Floats) -> Wholes:
    return np.rint(times_s * 1e6).astype(np.int64)


def _lanes(replicas: Wholes, begins: Wholes, ends: Wholes) -> Sequence[int]:
    """For each span the lowest lane of its replica that is free when it begins."""
    lanes = [0] * len(begins)
    free: dict[int, list[int]] = {}
    used: dict[int, list[tuple[int, int]]] = {}
    for place in np.lexsort((ends, begins)).tolist():
        replica, begin = int(replicas[place]), int(begins[place])
        vacant, taken = free.setdefault(replica, []), used.setdefault(replica, [])
        while taken and taken[0][0] <= begin:
            heapq.heappush(vacant, heapq.heappop(taken)[1])
        lanes[place] = heapq.heappop(vacant) if vacant else len(taken)
        heapq.heappush(taken, (int(ends[place]), lanes[place]))
    return lanes
