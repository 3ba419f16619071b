"""Logs with labels: a raw log beside a table of what each line is, as loghub has them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from perfwise.core.json import digest
from perfwise.errors import Fault, InvalidInput
from perfwise.kit.textfiles import Faults, csv_records, stem
from perfwise.telemetry.contracts import Grouping
from perfwise.telemetry.headers import Header, guessed_header
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.scanning.splitting import split

__all__ = ["LogTask", "read_labelled"]


@dataclass(frozen=True, eq=False)
class LogTask:
    """Contents of log lines, and the template that each of them truly has.

    Args:
        id: what the log is called.
        lines: contents.
        true: the labels.
        header: how contents were cut from lines, in words.
    """

    id: str
    lines: Lines
    true: Grouping
    header: str = "given as contents"

    @cached_property
    def digest(self) -> str:
        """Of the contents and their labels."""
        texts = sorted(self.true.templates.items())
        return digest([self.lines.digest, self.true.ids.tolist(), [[key, text] for key, text in texts]])


def read_labelled(log: Path, truth: Path, header: str | None = None) -> LogTask:
    """A raw log and its structured table (columns EventId and EventTemplate; LineId and Content if there are).

    Contents are cut by the header if one is given; else by the table's own Content where each is the end of its line;
    else by a guessed header.

    Raises: InvalidInput if a file cannot be read, a column is missing, or the two have different numbers of lines.
    """
    faults = Faults()
    rows = [record.fields for record in csv_records(truth, faults)]
    try:
        lines = split(log.read_bytes())
    except OSError as error:
        faults.add(log, "unreadable-file", f"cannot be read: {error.strerror or error}")
    faults.check()
    missing = [name for name in ("EventId", "EventTemplate") if name not in rows[0]]
    if missing:
        had = ", ".join(rows[0])
        raise InvalidInput([Fault(str(truth), "missing-field", f"has no column {', '.join(missing)}; there are {had}")])
    contents, how = _contents(lines, rows, header, log)
    return LogTask(stem(log), contents, _labels(rows), how)


def _contents(lines: Lines, rows: Sequence[Mapping[str, str]], header: str | None, log: Path) -> tuple[Lines, str]:
    if header is None and "Content" in rows[0]:
        given = [row["Content"] for row in rows]
        if len(given) == len(lines) and all(_ends(line, text) for line, text in zip(lines.texts(), given, strict=True)):
            return Lines.of(given), "the labels' own contents, each the end of its line"
    cutter = Header.named(header) if header is not None else guessed_header(lines)
    contents, missing = cutter.cut(lines)
    if len(contents) == len(rows):
        return contents, f"{cutter.format}; {missing} lines have no such header"
    fitting = contents.starts > lines.starts
    if int(fitting.sum()) == len(rows):
        chosen = Lines(contents.buffer, contents.starts[fitting], contents.ends[fitting])
        return chosen, f"{cutter.format}; {missing} lines have no such header and are left out, as the labels do"
    filled = lines.ends > lines.starts
    if int(filled.sum()) == len(rows):
        return Lines(
            contents.buffer, contents.starts[filled], contents.ends[filled]
        ), f"{cutter.format}; empty lines left out"
    raise InvalidInput(
        [
            Fault(
                str(log),
                "different-lengths",
                f"has {len(lines)} lines, {fitting.sum()} with the header {cutter.format}; the labels have {len(rows)}",
            )
        ]
    )


def _ends(line: str, content: str) -> bool:
    return " ".join(line.split()).endswith(" ".join(content.split()))


def _labels(rows: Sequence[Mapping[str, str]]) -> Grouping:
    codes: dict[str, int] = {}
    texts: dict[int, str] = {}
    ids = np.zeros(len(rows), np.int64)
    for place, row in enumerate(rows):
        code = codes.setdefault(row["EventTemplate"], len(codes) + 1)
        texts.setdefault(code, row["EventTemplate"])
        ids[place] = code
    return Grouping(ids, texts)
