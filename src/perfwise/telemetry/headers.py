"""Headers: what stands before the content of a log line, given or guessed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perfwise.errors import InvalidOption
from perfwise.kit.compiled import compiled
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.scanning.kernels import match_starts
from perfwise.telemetry.scanning.masks import Mask
from perfwise.telemetry.scanning.tables import mask_tables, scratch_for

__all__ = ["KNOWN", "Header", "guessed_header"]

KNOWN: dict[str, str] = {
    "hdfs": "<Date> <Time> <Pid> <Level> <Component>: <Content>",
    "hadoop": "<Date> <Time> <Level> \\[<Process>\\] <Component>: <Content>",
    "spark": "<Date> <Time> <Level> <Component>: <Content>",
    "android": "<Date> <Time>  <Pid>  <Tid> <Level> <Component>: <Content>",
    "apache": "\\[<Time>\\] \\[<Level>\\] <Content>",
    "bgl": "<Label> <Timestamp> <Date> <Node> <Time> <NodeRepeat> <Type> <Component> <Level> <Content>",
    "syslog": "<Month> <Date> <Time> <Host> <Component>(\\[<Pid>\\])?: <Content>",
    "windows": "<Date> <Time>, <Level>                  <Component>    <Content>",
    "healthapp": "<Time>\\|<Component>\\|<Pid>\\|<Content>",
    "hpc": "<LogId> <Node> <Component> <State> <Time> <Flag> <Content>",
    "iso": "<Timestamp> <Level> <Content>",
    "datetime": "<Date> <Time> <Level> <Content>",
    "python": "<Date> <Time> - <Component> - <Level> - <Content>",
    "content": "<Content>",
}
"""Formats by name, as `--header` takes them; those with telling shapes are also guessed."""

_SHAPES: tuple[tuple[str, str], ...] = (
    ("hdfs", r"\d{6} \d{6} \d+ [A-Z]+ \S+: "),
    ("hadoop", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ \[[^\]]*\] \S+: "),
    ("spark", r"\d\d/\d\d/\d\d \d\d:\d\d:\d\d [A-Z]+ \S+: "),
    ("python", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - \S+ - [A-Z]+ - "),
    ("android", r"\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} +\d+ +\d+ [VDIWEF] .*?: "),
    ("apache", r"\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d [\d:.]+ \d{4}\] \[\w+\] "),
    ("bgl", r"\S+ \d{10} \d{4}\.\d\d\.\d\d \S+ \d{4}-\d\d-\d\d-[\d.]+ \S+ \S+ \S+ \S+ "),
    ("syslog", r"[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \S+ [^\s:\[]+(?:\[\d+\])?: "),
    ("windows", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, [A-Z][a-z]+ +\w+ +"),
    ("healthapp", r"\d{8}-[\d:]+\|[^|]+\|\d+\|"),
    ("iso", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)? +\[?[A-Z]{4,8}\]? +"),
    ("datetime", r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)? +\[?[A-Z]{4,8}\]? +"),
)
_GUESSED_FROM = 200
_ENOUGH = 0.9


@dataclass(frozen=True)
class Header:
    """A format in logparser's way: `<Date> <Time> <Level> <Content>`.

    Between fields stand texts: a run of spaces matches one or more white-space characters, `(...)?` may be absent, and
    backslashes are taken away. A field matches as little as it can, so that a separator ends it.

    Args:
        format: with `<Content>` at its end.
        name: what it is called, if it is a known one.
    """

    format: str
    name: str = ""

    def __post_init__(self) -> None:
        if not self.format.endswith("<Content>"):
            raise InvalidOption(
                f"a header's format ends in <Content>, e.g. '<Date> <Time> <Content>', not {self.format!r}"
            )
        if len(set(self.fields)) < len(self.fields):
            raise InvalidOption(f"a field stands twice in the header's format {self.format!r}")
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise InvalidOption(f"the header's format {self.format!r} cannot be used: {error}") from error

    @classmethod
    def named(cls, text: str) -> "Header":
        """A known format by its name, or the format itself. Raises: InvalidOption for what is neither."""
        if "<" not in text:
            if text.lower() not in KNOWN:
                raise InvalidOption(f"there is no header {text!r}; there are {', '.join(KNOWN)}, or write a format")
            return cls(KNOWN[text.lower()], text.lower())
        return cls(text)

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields before the content."""
        return tuple(re.findall(r"<(\w+)>", self.format))[:-1]

    @property
    def pattern(self) -> str:
        """A regular expression of the header without the content, with a group a field."""
        return _pattern(self.format.removesuffix("<Content>"), groups=True)

    def cut(self, lines: Lines) -> tuple[Lines, int]:
        """The contents, and how many lines have no such header; of these the whole line is the content."""
        if self.format == "<Content>":
            return lines, 0
        mask = Mask("^" + _pattern(self.format.removesuffix("<Content>"), groups=False), "HEADER")
        if mask.program is None:
            return self._cut_slowly(lines)
        starts = np.zeros(len(lines), np.int64)
        tables, scratch = mask_tables((mask,)), scratch_for(int((lines.ends - lines.starts).max(initial=0)))
        match = compiled(match_starts)
        match(lines.buffer, lines.starts, lines.ends, tables, scratch, starts)
        missing = starts < 0
        return Lines(lines.buffer, np.where(missing, lines.starts, starts), lines.ends), int(missing.sum())

    def _cut_slowly(self, lines: Lines) -> tuple[Lines, int]:
        found = [re.match(self.pattern.encode(), line) for line in lines]
        offsets = np.array([each.end() if each else 0 for each in found], np.int64)
        return Lines(lines.buffer, lines.starts + offsets, lines.ends), sum(each is None for each in found)


def guessed_header(lines: Lines) -> Header:
    """The known format of nine in ten of the first lines; the whole line is content where there is none."""
    first = [
        line.decode("utf-8", "replace")
        for line in Lines(lines.buffer, lines.starts[:_GUESSED_FROM], lines.ends[:_GUESSED_FROM])
    ]
    first = [line for line in first if line.strip()]
    for name, shape in _SHAPES:
        if first and _share(re.compile(shape), first) >= _ENOUGH:
            return Header(KNOWN[name], name)
    return Header("<Content>", "content")


def _share(shape: re.Pattern[str], lines: Sequence[str]) -> float:
    return sum(shape.match(line) is not None for line in lines) / len(lines)


def _pattern(text: str, *, groups: bool) -> str:
    parts = []
    for part in re.split(r"(<\w+>| +|\\.|\(|\)\?)", text):
        if re.fullmatch(r"<\w+>", part):
            parts.append(f"(?P{part}.*?)" if groups else ".*?")
        elif part.startswith("\\") and len(part) == 2:
            parts.append(re.escape(part[1]))
        elif part.strip(" ") == "" and part:
            parts.append(r"\s+")
        elif part == "(":
            parts.append("(?:")
        else:
            parts.append(part if part == ")?" else re.escape(part))
    return "".join(parts)
