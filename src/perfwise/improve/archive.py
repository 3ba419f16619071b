"""The archive: every candidate and what was found out, append-only; it alone accepts, and all else derives from it."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from perfwise.core.json import Json, canonical, digest
from perfwise.errors import Fault, HarnessError, InvalidInput, InvalidOption
from perfwise.improve.accepting import TIE, refusal
from perfwise.improve.contracts import Answer, Assessment, Counterexample, Entry, Proposal, Request

__all__ = ["FORMAT", "Archive", "lineage"]

FORMAT = "perfwise-improve-1"


class Archive:
    """Entries and model answers of one run, in memory and, with a path, as JSON Lines.

    The first line is the question; each further one is an entry or an answer. Nothing in it tells the time, so two runs
    of one question write the same bytes. A file of the same question is gone on with: what it holds is not run again.

    Args:
        path: of the file; None keeps it in memory only.
        question: everything that decides the run.
        cost_name: the counted cost.
        min_gain: the least share of the incumbent's count that an accepted candidate saves.
    Raises: InvalidOption if the file holds another question or cannot be written; InvalidInput if it is no archive.
    """

    def __init__(self, path: Path | None, question: Mapping[str, Json], cost_name: str, min_gain: float = TIE) -> None:
        self.cost_name, self.min_gain = cost_name, min_gain
        self.entries: list[Entry] = []
        self._stored: list[Mapping[str, Any]] = []
        self._answers: dict[str, Answer] = {}
        self._by_key: dict[str, int] = {}
        self._file: TextIO | None = None
        if path is not None:
            self._open(path, {"format": FORMAT, "question": question, "min_gain": min_gain})

    @property
    def best(self) -> Entry:
        """The incumbent: the last accepted entry. Raises: HarnessError before the original is in."""
        for entry in reversed(self.entries):
            if entry.accepted:
                return entry
        raise HarnessError("the archive has no original yet")

    def begin(self, original: str, key: str, assess: Callable[[], Assessment]) -> Entry:
        """Put the original in as entry 0, the first incumbent."""
        return self._add(Proposal(original, origin="original"), key, assess, accept=True)

    def judge(self, proposal: Proposal, key: str, assess: Callable[[], Assessment]) -> Entry:
        """Assess a proposal once, accept or refuse it, and keep it.

        Args:
            proposal: what is offered.
            key: equal for texts that cannot differ; an earlier entry's assessment is taken over.
            assess: finds out; not called where the archive knows already.
        """
        return self._add(proposal, key, assess, accept=False)

    def known(self, key: str) -> Entry | None:
        """The entry assessed under this key."""
        number = self._by_key.get(key)
        return None if number is None else self.entries[number]

    def answer(self, request: Request, ask: Callable[[Request], Answer]) -> Answer:
        """The model's answer, from the archive where it has been asked before."""
        key = digest(asdict(request))
        if key not in self._answers:
            self._answers[key] = ask(request)
            self._write({"answer": asdict(self._answers[key]), "request": key})
        return self._answers[key]

    def answered(self, request: Request) -> bool:
        """Whether the answer is in the archive, so that asking costs nothing."""
        return digest(asdict(request)) in self._answers

    def spent(self) -> Mapping[str, float]:
        """Tokens and dollars of all answers."""
        answers = self._answers.values()
        return {"tokens": float(sum(a.tokens for a in answers)), "usd": sum(a.usd for a in answers)}

    def counterexamples(self) -> list[Counterexample]:
        """Those found so far, in order."""
        found = (entry.assessment.counterexample for entry in self.entries)
        return [each for each in found if each is not None]

    def tally(self) -> Counter[str]:
        """How many candidates came to which end, without the original."""
        return Counter(
            "accepted" if entry.accepted else "repeated" if entry.same_as is not None else entry.assessment.finding
            for entry in self.entries[1:]
        )

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _add(self, proposal: Proposal, key: str, assess: Callable[[], Assessment], *, accept: bool) -> Entry:
        number = len(self.entries)
        same_as = self._by_key.get(key) if key else None
        if number < len(self._stored):
            entry = _entry(self._stored[number])
            if entry.proposal != proposal:
                raise HarnessError(f"the run went another way than its archive at entry {number}")
        else:
            found = self.entries[same_as].assessment if same_as is not None else assess()
            told = "" if accept else self._refusal(proposal, found, same_as)
            entry = Entry(number, proposal, found, accept or not told, told, same_as)
            self._write({"entry": asdict(entry)})
        self.entries.append(entry)
        if key:
            self._by_key.setdefault(key, number)
        return entry

    def _refusal(self, proposal: Proposal, found: Assessment, same_as: int | None) -> str:
        if same_as is not None:
            return f"the same as candidate {same_as}"
        return refusal(found, proposal.text, self.best, self.cost_name, self.entries[0].proposal.text, self.min_gain)

    def _open(self, path: Path, header: Mapping[str, Json]) -> None:
        wanted = canonical(header)
        whole = self._read(path, wanted) if path.exists() and path.stat().st_size else 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8")
            self._file.truncate(whole)
        except OSError as error:
            raise InvalidOption(f"cannot write the archive {path}: {error.strerror or error}") from error
        if not whole:
            self._write_line(wanted)

    def _read(self, path: Path, wanted: str) -> int:
        """Take in the whole lines. Returns: how many bytes they take; a last line cut short is left out."""
        data = path.read_bytes()
        whole = data.rfind(b"\n") + 1
        lines = data[:whole].decode("utf-8", "replace").split("\n")[:-1]
        if not lines:
            return 0
        if FORMAT not in lines[0]:
            raise InvalidInput([Fault(str(path), "not-an-archive", "the file is there and is no archive of improve")])
        if lines[0] != wanted:
            told = "holds the run of another question (program, tests, options or version differ)"
            raise InvalidOption(f"the archive {path} {told}; name another file, or remove it")
        for number, line in enumerate(lines[1:], start=2):
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise InvalidInput([Fault(f"{path}:{number}", "damaged-archive", f"cannot be read: {error}")]) from None
        return whole

    def _take(self, row: Mapping[str, Any]) -> None:
        if "entry" in row:
            _entry(row["entry"])
            self._stored.append(row["entry"])
        else:
            self._answers[row["request"]] = Answer(**row["answer"])

    def _write(self, row: Mapping[str, Json]) -> None:
        if self._file is not None:
            self._write_line(json.dumps(row, sort_keys=True, separators=(",", ":")))

    def _write_line(self, line: str) -> None:
        assert self._file is not None
        self._file.write(line + "\n")
        self._file.flush()  # with the kernel it survives the end of this process


def _entry(row: Mapping[str, Any]) -> Entry:
    found = row["assessment"]
    example = found["counterexample"]
    assessment = Assessment(
        **{
            **found,
            "by_input": tuple(found["by_input"]),
            "caveats": tuple(found["caveats"]),
            "counterexample": None if example is None else Counterexample(**example),
        }
    )
    return Entry(**{**row, "assessment": assessment, "proposal": Proposal(**row["proposal"])})


def lineage(entries: Sequence[Entry], entry: Entry) -> list[Entry]:
    """The entry and those that it was made from, the original first."""
    line = [entry]
    while line[-1].number:
        line.append(entries[line[-1].proposal.parent])
    return line[::-1]
