"""Amounts by call path as a tree of frames, and the files that other tools read it from."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Frame", "chrome_trace", "collapsed", "speedscope"]


@dataclass(frozen=True, slots=True)
class Frame:
    """A function below its callers.

    Args:
        name: for people, e.g. `solve`.
        place: where it is defined, e.g. `program:12`; empty: nowhere.
        own: its own amount, at least 0.
        callees: the functions that it called, in the order of their first calls.
        total: with its callees; follows from them.
    """

    name: str
    place: str
    own: float
    callees: "tuple[Frame, ...]" = ()
    total: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", self.own + sum(callee.total for callee in self.callees))


def collapsed(root: Frame) -> str:
    """One line a path, `outer;inner 123`, in whole units; what flame graph tools read.

    Source: Gregg, The Flame Graph, CACM 59(6), 2016 (stackcollapse).
    """
    rows = ((";".join(_collapsed_name(frame) for frame in path), round(path[-1].own)) for path in _paths(root, ()))
    return "".join(f"{names} {amount}\n" for names, amount in rows if amount)


def _collapsed_name(frame: Frame) -> str:
    return " ".join(frame.name.replace(";", ",").split()) or "(unnamed)"


def _paths(frame: Frame, above: tuple[Frame, ...]) -> Iterator[tuple[Frame, ...]]:
    path = (*above, frame)
    yield path
    for callee in frame.callees:
        yield from _paths(callee, path)


def speedscope(profiles: dict[str, Frame]) -> str:
    """A file of https://www.speedscope.app, one profile a name; amounts are plain numbers.

    Source: speedscope's file-format-schema.json, `sampled` profiles.
    """
    known: dict[tuple[str, str], int] = {}
    made = []
    for name, root in profiles.items():
        paths = [path for path in _paths(root, ()) if path[-1].own > 0]
        samples = [[known.setdefault((frame.name, frame.place), len(known)) for frame in path] for path in paths]
        weights = [path[-1].own for path in paths]
        total = sum(weights)
        made.append(
            {
                "type": "sampled",
                "name": name,
                "unit": "none",
                "startValue": 0,
                "endValue": total,
                "samples": samples,
                "weights": weights,
            }
        )
    document = {
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "shared": {"frames": [_speedscope_frame(*frame) for frame in known]},
        "profiles": made,
        "exporter": "perfwise",
    }
    return json.dumps(document, ensure_ascii=True, indent=1) + "\n"


def _speedscope_frame(name: str, place: str) -> dict[str, str | int]:
    file, _, line = place.rpartition(":")
    frame: dict[str, str | int] = {"name": name}
    if file and line.isdecimal():
        frame |= {"file": file, "line": int(line)}
    return frame


def chrome_trace(profiles: dict[str, Frame]) -> str:
    """A file for chrome://tracing and https://ui.perfetto.dev: one track a name, a microsecond stands for one unit.

    Calls of one path are drawn as one, in the order of the first of each, so lengths are amounts and no times.

    Source: Trace Event Format, complete events (`ph` X) and metadata (`ph` M).
    """
    events: list[dict[str, object]] = []
    for track, (name, root) in enumerate(profiles.items(), 1):
        events.append({"ph": "M", "pid": 1, "tid": track, "name": "thread_name", "args": {"name": name}})
        events += _complete_events(root, 0.0, track)
    return json.dumps({"traceEvents": events, "displayTimeUnit": "ns"}, ensure_ascii=True, indent=1) + "\n"


def _complete_events(frame: Frame, start: float, track: int) -> Iterator[dict[str, object]]:
    amounts = {"own": frame.own, "total": frame.total, "place": frame.place}
    yield {"ph": "X", "pid": 1, "tid": track, "name": frame.name, "ts": start, "dur": frame.total, "args": amounts}
    for callee in frame.callees:
        yield from _complete_events(callee, start, track)
        start += callee.total
