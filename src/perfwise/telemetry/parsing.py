"""Logs of any length parsed as they come: rows written, templates kept, taken up again after a kill."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfwise.errors import Fault, InvalidOption
from perfwise.telemetry.attempts import described
from perfwise.telemetry.contracts import Entries
from perfwise.telemetry.events import Rows, Writer, writer_for
from perfwise.telemetry.headers import Header, guessed_header
from perfwise.telemetry.learning.learner import Learnt, Template, TreeLearner
from perfwise.telemetry.learning.saving import load, save
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.parameters import Slots
from perfwise.telemetry.parsers.drain import Drain
from perfwise.telemetry.streams import opened, reader_for

__all__ = ["Parsing", "Places", "Summary"]

_SAVE_EVERY_BYTES = 1 << 26


@dataclass(frozen=True, slots=True)
class Places:
    """Where a parsing reads and writes.

    Args:
        out: rows, by the ending .jsonl, .csv, .parquet or .duckdb; None: none are written.
        templates: every version of every template as JSON Lines, in the order in which they came to be; None: nowhere.
        state: what is learnt, and how far each input is; taken up again if it is there; None: nowhere.
    """

    out: Path | None = None
    templates: Path | None = None
    state: Path | None = None


@dataclass
class Summary:
    """What a parsing came to.

    Args:
        lines: parsed in this run.
        bytes: of contents, in this run.
        cpu_s: of this process, in this run.
        clusters: that there are now.
        evicted: that had to go.
        without_header: lines in which the header was not found; their whole text is the content.
        unmatched: lines that fit no template (match only).
        unsplit: lines whose values could not be cut out; the whole text is kept as the value.
        broken: lines that were cut because they are too long.
        backwards: entries that are earlier than the one before, where times are known.
        faults: what could not be read, the first hundred.
        fault_count: all of these.
        counts: lines of each template.
        templates: text of each template.
        headers: the header's format by input.
    """

    lines: int = 0
    bytes: int = 0
    cpu_s: float = 0.0
    clusters: int = 0
    evicted: int = 0
    without_header: int = 0
    unmatched: int = 0
    unsplit: int = 0
    broken: int = 0
    backwards: int = 0
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0
    counts: dict[int, int] = field(default_factory=dict)
    templates: dict[int, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


class Parsing:
    """Drain over streams.

    Args:
        drain: the parser.
        header: format of the lines; None: guessed for each input, from its first lines.
        reader: name of the reader; None: whichever knows the input.
        match_only: templates are not learnt but looked up.
        follow: asked whether to wait for more at the end of an input.
        progress: called with the lines that are done.
    """

    def __init__(
        self,
        drain: Drain,
        *,
        header: Header | None = None,
        reader: str | None = None,
        match_only: bool = False,
        follow: Callable[[], bool] | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self.drain = drain
        self.learner: TreeLearner = drain.learner()
        self.summary = Summary()
        self._header = header
        self._reader = reader
        self._match_only = match_only
        self._follow = follow
        self._progress = progress
        self._slots: dict[tuple[int, int], Slots] = {}
        self._texts: dict[tuple[int, int], str] = {}
        self._done: dict[str, list[int]] = {}
        self._lengths: dict[str, int] = {}

    def run(self, inputs: list[str], places: Places | None = None) -> Summary:
        """Parse inputs one after the other.

        Raises: InvalidInput for an input or a state that cannot be read; InvalidOption for a state that was learnt with
            other settings, or an output that cannot be written or gone on with.
        """
        places = places or Places()
        begun = time.process_time()
        going_on = self._taken_up(places)
        with (
            (
                writer_for(places.out, self._lengths.get("out", 0) if places.state else None)
                if places.out
                else nullcontext()
            ) as out,
            (
                writer_for(places.templates, self._lengths.get("templates", 0) if places.state else None)
                if places.templates
                else nullcontext()
            ) as kept,
        ):
            for name in inputs:
                self._one(name, places, out, kept, going_on=going_on)
            self._save(places, out, kept)
        summary = self.summary
        summary.cpu_s = time.process_time() - begun
        summary.clusters, summary.evicted = self.learner.clusters, self.learner.evicted
        summary.templates = {each: text for (each, _), text in self._texts.items()}
        return summary

    def _one(self, name: str, places: Places, out: Writer | None, kept: Writer | None, *, going_on: bool) -> None:
        offset, number = self._done.get(name, [0, 0]) if going_on else [0, 0]
        header, last_time, unsaved = self._header, -np.inf, 0
        with opened(name, offset=offset, follow=self._follow) as stream:
            reader, looked_at = reader_for(name, stream, self._reader)
            for entries in reader.entries(looked_at):
                self._note(name, entries)
                lines = entries.lines
                if not len(lines):
                    continue
                if places.state is not None and not entries.offset:
                    raise InvalidOption(f"{name} is a table, which cannot be gone on with; leave --state away")
                if header is None and going_on and name in self.summary.headers:
                    header = Header(self.summary.headers[name])
                if header is None:
                    header = guessed_header(lines) if entries.times is None else Header("<Content>", "content")
                self.summary.headers[name] = header.format
                contents, missing = header.cut(lines)
                self.summary.without_header += missing
                learnt = self.learner.match(contents) if self._match_only else self.learner.learn(contents)
                self._keep_templates(learnt.templates, kept)
                if entries.times is not None:
                    last_time = self._count_backwards(entries.times, last_time)
                self._count(learnt, contents)
                if out is not None:
                    out.write(self._rows(name, number, entries, contents, learnt))
                number += len(lines)
                unsaved += contents.size_bytes
                self._done[name] = [offset + entries.offset, number]
                if unsaved > _SAVE_EVERY_BYTES or self._follow is not None:
                    self._save(places, out, kept)
                    unsaved = 0
                self._forget()
                if self._progress is not None:
                    self._progress(self.summary.lines)

    def _forget(self) -> None:
        """Where memory is bounded, let go of what was kept about clusters that are gone."""
        if not self.learner.evicted or len(self._texts) < 4 * self.learner.clusters + 10_000:
            return
        alive = self.learner.alive()
        self._texts = {key: text for key, text in self._texts.items() if key[0] in alive}
        self._slots = {key: slots for key, slots in self._slots.items() if key[0] in alive}
        self.summary.counts = {each: count for each, count in self.summary.counts.items() if each in alive}

    def _note(self, name: str, entries: Entries) -> None:
        self.summary.broken += entries.broken
        self.summary.fault_count += len(entries.faults)
        room = 100 - len(self.summary.faults)
        self.summary.faults += [replace(each, where=f"{name}: {each.where}") for each in entries.faults[: max(room, 0)]]

    def _count_backwards(self, times: NDArray[np.float64], last: float) -> float:
        known = times[np.isfinite(times)]
        if not len(known):
            return last
        self.summary.backwards += int(
            (np.diff(known, prepend=max(last, known[0]) if np.isfinite(last) else known[0]) < 0).sum()
        )
        return float(known[-1])

    def _count(self, learnt: Learnt, contents: Lines) -> None:
        summary = self.summary
        summary.lines += len(contents)
        summary.bytes += contents.size_bytes
        found, counts = np.unique(learnt.ids, return_counts=True)
        for each, count in zip(found.tolist(), counts.tolist(), strict=True):
            if each:
                summary.counts[each] = summary.counts.get(each, 0) + count
            else:
                summary.unmatched += count

    def _keep_templates(self, templates: list[Template], kept: Writer | None) -> None:
        for each in templates:
            self._texts[each.id, each.version] = each.text
        if kept is not None and templates:
            kept.write(
                {
                    "template_id": [each.id for each in templates],
                    "version": [each.version for each in templates],
                    "first_line": [each.line + 1 for each in templates],
                    "text": [each.text for each in templates],
                }
            )

    def _rows(self, name: str, before: int, entries: Entries, contents: Lines, learnt: Learnt) -> Rows:
        ids, versions = learnt.ids.tolist(), learnt.versions.tolist()
        times = entries.times
        return {
            "source": [each or name for each in entries.sources] if entries.sources else [name] * len(ids),
            "line": list(range(before + 1, before + 1 + len(ids))),
            "time_s": [None] * len(ids)
            if times is None
            else [each if np.isfinite(each) else None for each in times.tolist()],
            "template_id": ids,
            "version": versions,
            "params": [
                self._values(cluster, version, text)
                for cluster, version, text in zip(ids, versions, contents.texts(), strict=True)
            ],
        }

    def _values(self, cluster: int, version: int, text: str) -> list[str]:
        if not cluster:
            return [text]
        slots = self._slots.get((cluster, version))
        if slots is None:
            slots = self._slots[cluster, version] = Slots(self._texts[cluster, version], self.drain.masks)
        filled = slots.values(text)
        self.summary.unsplit += not filled.exact
        return list(filled.values)

    def _taken_up(self, places: Places) -> bool:
        """Go on from a saved state, if there is one."""
        if places.state is None or not places.state.exists():
            return False
        state, about = load(places.state)
        if about["drain"] != json.loads(json.dumps(described(self.drain))):
            raise InvalidOption(
                f"{places.state} was learnt with other settings or masks; name another file, or the same ones"
            )
        self.learner.state = state
        self._done, self._lengths = about["done"], about["lengths"]
        self._texts = {(cluster, version): text for cluster, version, text in about["texts"]}
        self.summary.headers = dict(about["headers"])
        return not self._match_only

    def _save(self, places: Places, out: Writer | None, kept: Writer | None) -> None:
        if places.state is None or self._match_only:
            return
        lengths = {name: each.saved() for name, each in (("out", out), ("templates", kept)) if each is not None}
        texts = [[cluster, version, text] for (cluster, version), text in self._texts.items()]
        about: Mapping[str, Any] = {
            "drain": described(self.drain),
            "done": self._done,
            "lengths": lengths,
            "headers": self.summary.headers,
            "texts": texts,
        }
        save(places.state, self.learner.state, about)
