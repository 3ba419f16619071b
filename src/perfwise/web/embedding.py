"""Outcomes inside a report: a compressed JSON document in the element `perfwise-data`.

`perfwise.interchange.importers.perfwise_report` reads it back; docs/report.md describes it.
"""

import base64
import gzip
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import perfwise
from perfwise.core.outcome import Provenance
from perfwise.web.gathering import Part

__all__ = ["ELEMENT", "Embedded", "Place", "embedded"]

ELEMENT = "perfwise-data"
FORMAT = 1
_MEDIA_TYPE = "application/vnd.perfwise+gzip"
_ROOMY = 700_000  # bytes of base64 that the whole document may take before it is abridged
_HOPELESS = 4_000_000  # characters of details that will not become that small
_LOOKED_AT = 100  # details, to guess the size of all

Place = tuple[int, int]
"""(index of the part, index of the outcome in it)."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """What goes into the page.

    Args:
        text: base64 of gzip of JSON.
        media_type: of the element.
        abridged: details and messages of the rows that are not shown were left out.
    """

    text: str
    abridged: bool
    media_type: str = _MEDIA_TYPE


def embedded(parts: Sequence[Part], shown: Collection[Place], programs: Mapping[Place, str]) -> Embedded:
    """All outcomes of all parts; where they take too much room, the details of those that are not shown are left out.

    Args:
        parts: of the page.
        shown: places of the rows that the page shows.
        programs: text of the programs shown.
    """
    if _size_of_details(parts) <= _HOPELESS:
        text = _packed(_document(parts, None, programs))
        if len(text) <= _ROOMY:
            return Embedded(text, abridged=False)
    return Embedded(_packed(_document(parts, frozenset(shown), programs)), abridged=True)


def _size_of_details(parts: Sequence[Part]) -> float:
    """Characters of all details and messages, guessed from some of them evenly spaced."""
    outcomes = [outcome for part in parts for outcome in part.outcomes]
    some = outcomes[:: max(1, len(outcomes) // _LOOKED_AT)]
    sizes = [len(json.dumps(dict(one.detail))) + len(str(one.failure)) for one in some]
    return len(outcomes) * sum(sizes) / max(1, len(sizes))


def _packed(document: str) -> str:
    # Level 6 is three times as fast as 9 and less than 2 % larger; no time of day, so that equal reports are equal.
    return base64.b64encode(gzip.compress(document.encode("ascii"), 6, mtime=0)).decode("ascii")


def _document(parts: Sequence[Part], kept: frozenset[Place] | None, programs: Mapping[Place, str]) -> str:
    numbers: dict[Provenance, int] = {}
    told = [_told(part, place, kept, numbers) for place, part in enumerate(parts)]
    data = {
        "format": FORMAT,
        "perfwise": perfwise.__version__,
        "abridged": kept is not None,
        "parts": told,
        "provenances": [provenance.as_json() for provenance in numbers],
        "programs": [[part, place, text] for (part, place), text in programs.items()],
    }
    return json.dumps(data, separators=(",", ":"), allow_nan=False)


def _told(part: Part, number: int, kept: frozenset[Place] | None, numbers: dict[Provenance, int]) -> dict[str, Any]:
    """Columns, not rows: equal and alike values stand side by side, which halves the compressed size."""
    outcomes = part.outcomes
    whole = [kept is None or (number, place) in kept for place in range(len(outcomes))]
    names = sorted({name for outcome in outcomes for name in outcome.cost})
    columns: dict[str, Any] = {
        "task": [one.task for one in outcomes],
        "set": [one.candidate_set for one in outcomes],
        "candidate": [one.candidate for one in outcomes],
        "seed": [one.seed for one in outcomes],
        "key": [one.key for one in outcomes],
        "quality": [one.quality for one in outcomes],
        "cost": {name: [one.cost.get(name) for one in outcomes] for name in names},
        "failure": [
            None if one.failure is None else [one.failure.kind, one.failure.message if all_of_it else ""]
            for one, all_of_it in zip(outcomes, whole, strict=True)
        ],
        "caveats": [one.caveats for one in outcomes],
        "provenance": [numbers.setdefault(one.provenance, len(numbers)) for one in outcomes],
        "detail": [dict(one.detail) if all_of_it else None for one, all_of_it in zip(outcomes, whole, strict=True)],
    }
    run = None if part.run is None else {**asdict(part.run), "spec": dict(part.run.spec)}
    return {"title": part.title, "run": run, "outcomes": columns}
