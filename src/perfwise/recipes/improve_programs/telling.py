"""What came of improving a program as plain data: for JSON, a page, patches and the terminal alike."""

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from perfwise.core.json import Json
from perfwise.improve.accepting import TIE
from perfwise.improve.contracts import Entry, Profile
from perfwise.improve.loop import Improvement

__all__ = ["diff_of", "improvement_data", "patches"]


def improvement_data(
    name: str, made: Improvement, profiles: tuple[Profile, Profile] | None = None, tests: str = ""
) -> dict[str, Json]:
    """Everything about a run that somebody may want to read.

    Args:
        name: of the program.
        made: the run.
        profiles: of the original and of the result.
        tests: where the inputs come from, for people.
    """
    original, result = made.original, made.result
    found, before = result.assessment, original.assessment
    return {
        "name": name,
        "tests": tests,
        "cost_name": made.cost_name,
        "improved": bool(made.steps),
        "before": before.costs.get(made.cost_name),
        "after": found.costs.get(made.cost_name),
        "ratio": made.ratio,
        "at_least": before.unfinished > 0,
        "inputs": [
            {"before": _place(before.by_input, at), "after": _place(found.by_input, at)}
            for at in range(len(before.by_input))
        ],
        "peak_bytes": [before.costs.get("peak_bytes"), found.costs.get("peak_bytes")],
        "level": found.level,
        "tried": found.tried,
        "unknown": found.unknown,
        "caveats": list(
            dict.fromkeys(
                (*made.unanswered, *before.caveats, *found.caveats, *_trades(before.by_input, found.by_input))
            )
        ),
        "steps": [_step(made, one) for one in made.steps],
        "diff": diff_of(original.proposal.text, result.proposal.text, name),
        "result": result.proposal.text,
        "refused": [_refused(one) for one in made.entries[1:] if not one.accepted and one not in made.steps],
        "front": [_point(one) for one in made.front],
        "tokens": made.spent.get("tokens", 0.0),
        "usd": made.spent.get("usd", 0.0),
        "candidates": len(made.entries) - 1,
        "stopped": made.stopped,
        "growth": [one.growth for one in profiles] if profiles else [],
        "lines": [_lines(one) for one in profiles] if profiles else [],
    }


def _place(values: Sequence[float | None], at: int) -> float | None:
    return values[at] if at < len(values) else None


def _step(made: Improvement, entry: Entry) -> dict[str, Json]:
    parent = made.entries[entry.proposal.parent]
    before, after = (one.assessment.costs.get(made.cost_name) for one in (parent, entry))
    pairs = zip(parent.assessment.by_input, entry.assessment.by_input, strict=False)
    return {
        "number": entry.number,
        "origin": entry.proposal.origin,
        "tier": entry.proposal.tier,
        "reason": entry.proposal.reason,
        "before": before,
        "after": after,
        "ratio": before / after if before and after else None,
        "inputs": [{"before": one, "after": other} for one, other in pairs],
        "level": entry.assessment.level,
        "tried": entry.assessment.tried,
        "unknown": entry.assessment.unknown,
        "diff": diff_of(parent.proposal.text, entry.proposal.text, "program.py"),
    }


def _refused(entry: Entry) -> dict[str, Json]:
    return {
        "number": entry.number,
        "origin": entry.proposal.origin,
        "finding": "repeated" if entry.same_as is not None else entry.assessment.finding,
        "why": entry.refusal,
    }


def _point(entry: Entry) -> dict[str, Json]:
    costs, spent = sorted(entry.assessment.costs.items()), sorted(entry.proposal.spent.items())
    return {"number": entry.number, "costs": dict(costs), "spent": dict(spent)}  # as an archive gives them back


def _lines(profile: Profile) -> list[Json]:
    return [
        {"line": one.line, "text": one.text, "visits": one.visits, "own": one.own, "total": one.total}
        for one in profile.lines
    ]


def diff_of(before: str, after: str, name: str) -> str:
    """A unified diff that `patch -p1` and `git apply` take; empty if nothing changes."""
    place = name.lstrip("/")
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{place}", f"b/{place}"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def patches(made: Improvement, name: str) -> list[tuple[str, str]]:
    """(file name, text) of each step: its reason and numbers, then its diff. They apply in their order."""
    written = []
    for place, step in enumerate(made.steps, start=1):
        parent = made.entries[step.proposal.parent]
        told = _step(made, step)
        slug = re.sub(r"[^a-z0-9]+", "-", step.proposal.origin.lower()).strip("-") or "step"
        head = [
            f"Subject: {Path(name).name}: {_first(step.proposal.reason)}",
            "",
            f"Why: {step.proposal.reason}",
            f"What made it: {step.proposal.origin}" + (f" (tier {step.proposal.tier})" if step.proposal.tier else ""),
            f"Count ({made.cost_name}): {_amount(told['before'])} -> {_amount(told['after'])}{_times(told['ratio'])}",
            *_by_input(told["inputs"]),
            f"Verified up to: {step.assessment.level}, on {step.assessment.tried} inputs"
            + (f"; {step.assessment.unknown} could not be compared" if step.assessment.unknown else ""),
            *(f"Note: {caveat}" for caveat in (*step.assessment.caveats, *_trades(*_counts(parent, step)))),
            "",
        ]
        diff = diff_of(parent.proposal.text, step.proposal.text, name)
        written.append((f"{place:04d}-{slug}.patch", "\n".join(head) + "\n" + diff))
    return written


def _counts(parent: Entry, step: Entry) -> tuple[Sequence[float | None], Sequence[float | None]]:
    return parent.assessment.by_input, step.assessment.by_input


def _trades(before: Sequence[float | None], after: Sequence[float | None]) -> list[str]:
    """Inputs on which the cheaper candidate costs more."""
    dearer = [
        f"input {place} costs {new / old - 1:.1%} more"
        for place, (old, new) in enumerate(zip(before, after, strict=False), start=1)
        if old and new and new > old * (1 + TIE)
    ]
    return [*dearer[:3], *([f"and {len(dearer) - 3} more inputs cost more"] if len(dearer) > 3 else [])]


def _by_input(inputs: Json) -> list[str]:
    rows = inputs if isinstance(inputs, Sequence) and not isinstance(inputs, str) else []
    shown = [row for row in rows if isinstance(row, Mapping)][:10]
    return [f"  input {at}: {_amount(row['before'])} -> {_amount(row['after'])}" for at, row in enumerate(shown, 1)]


def _amount(value: Json) -> str:
    return f"{value:,.0f}" if isinstance(value, int | float) else "not finished"


def _times(value: Json) -> str:
    return f", {value:.3g} times cheaper" if isinstance(value, int | float) else ""


def _first(text: str) -> str:
    return text.partition(";")[0][:72]
