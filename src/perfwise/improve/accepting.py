"""What becomes the incumbent, and why not; which candidates no other beats in every cost."""

import difflib
from collections.abc import Sequence

from perfwise.improve.contracts import Assessment, Entry

__all__ = ["TIE", "changed_lines", "front", "refusal"]

TIE = 0.002
"""Counts closer than this share are ties: an edit elsewhere in the text moves a count by up to as much."""


def refusal(  # noqa: PLR0911 - one return a reason
    found: Assessment, text: str, best: Entry, cost_name: str, original: str, min_gain: float = TIE
) -> str:
    """Why a candidate does not become the incumbent; empty if it does.

    It has to be verified, and to finish more of the measured inputs or cost less by `min_gain`, a share of the
    incumbent's count; within `TIE` the smaller change wins.
    """
    if found.finding != "verified":
        return _told(found)
    incumbent = best.assessment
    if found.unfinished != incumbent.unfinished:
        return "" if found.unfinished < incumbent.unfinished else "it finishes fewer of the inputs"
    cost, bar = found.costs.get(cost_name), incumbent.costs.get(cost_name)
    if cost is None:
        return "its cost is not known"
    if bar is None or cost <= bar * (1 - max(min_gain, TIE)):
        return ""
    if cost < bar * (1 - TIE):
        return f"it saves {1 - cost / bar:.1%}, less than the {min_gain:.1%} asked for"
    if cost <= bar * (1 + TIE):
        smaller = changed_lines(original, text) < changed_lines(original, best.proposal.text)
        return "" if smaller and cost <= bar else "it costs the same within 0.2 %"
    return f"it costs {cost / bar - 1:.1%} more"


def _told(found: Assessment) -> str:
    if found.counterexample is not None:
        example = found.counterexample
        return f"on {example.input} it gives {example.got} instead of {example.expected}"
    return found.message or found.finding


def changed_lines(before: str, after: str) -> int:
    """Lines removed and added."""
    matcher = difflib.SequenceMatcher(None, before.splitlines(), after.splitlines(), autojunk=False)
    return sum((i2 - i1) + (j2 - j1) for kind, i1, i2, j1, j2 in matcher.get_opcodes() if kind != "equal")


def front(entries: Sequence[Entry], cost_name: str) -> list[Entry]:
    """The verified entries that no other beats: in count, peak memory, size of the change, tokens and dollars.

    An amount that one of two does not know is not compared. Of equal ones the first stays.
    """
    original = entries[0].proposal.text if entries else ""
    verified = [one for one in entries if one.assessment.finding == "verified" and one.same_as is None]
    points = [_point(one, cost_name, original) for one in verified]
    return [
        one
        for place, one in enumerate(verified)
        if not any(
            _beats(points[other], points[place], other < place) for other in range(len(points)) if other != place
        )
    ]


def _point(entry: Entry, cost_name: str, original: str) -> dict[str, float]:
    found, spent = entry.assessment, entry.proposal.spent
    point = {"unfinished": float(found.unfinished), "changed": float(changed_lines(original, entry.proposal.text))}
    point |= {name: found.costs[name] for name in (cost_name, "peak_bytes") if name in found.costs}
    return point | {name: spent.get(name, 0.0) for name in ("tokens", "usd")}


def _beats(one: dict[str, float], other: dict[str, float], earlier: bool) -> bool:
    pairs = [(one[name], other[name]) for name in one if name in other]
    return all(a <= b for a, b in pairs) and (earlier or any(a < b for a, b in pairs))
