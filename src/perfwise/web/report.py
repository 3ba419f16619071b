"""A report: everything about some outcomes in one HTML file that opens from disk, without a network."""

import base64
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from perfwise.core.outcome import Outcome
from perfwise.errors import InvalidOption
from perfwise.kit.wholefiles import replacing
from perfwise.web.embedding import ELEMENT, embedded
from perfwise.web.findings import findings
from perfwise.web.gathering import Part, gathered
from perfwise.web.pages import asset, rendered
from perfwise.web.sections import Explanation, badges, drawn, environments
from perfwise.web.tables import failures, rows

__all__ = ["Wishes", "policy", "report_text", "write_report"]


def _no_program(_part: Part, _outcome: Outcome) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a reader asked for.

    Args:
        title: heading; empty: the names of the parts.
        cost: name of the cost; None: the one that most successes know.
        baseline: name of the set that others are compared with; None: chosen.
        allow: parts of the provenance that may differ.
        prices: dollars for one unit of each cost that is paid for.
        most_rows: outcomes in the table; the embedded data hold all.
        program: text of an outcome's program, None where it is not known; asked for the rows shown only.
        commands: that make the runs again.
        explanations: of where a program's cost goes.
    """

    title: str = ""
    cost: str | None = None
    baseline: str | None = None
    allow: Collection[str] = ()
    prices: Mapping[str, float] = field(default_factory=dict)
    most_rows: int = 1000
    program: Callable[[Part, Outcome], str | None] = _no_program
    commands: Sequence[str] = ()
    explanations: Sequence[Explanation] = ()


def report_text(parts: Sequence[Part], wishes: Wishes = Wishes()) -> str:
    """The page.

    Args:
        parts: at least one outcome that is no reference.
        wishes: what to show.
    Raises: InvalidOption where there is nothing to show, or a wish names what is not there; MissingExtra.
    """
    if wishes.most_rows < 1:
        raise InvalidOption(f"a report shows at least one row, not {wishes.most_rows}")
    together = gathered(parts)
    found = findings(together, cost=wishes.cost, baseline=wishes.baseline, allow=wishes.allow, prices=wishes.prices)
    shown = rows(together, found, wishes.most_rows)
    programs = {
        row.place: text
        for row in shown
        if (text := wishes.program(together.parts[row.place[0]], row.outcome)) is not None
    }
    style, script = asset("perfwise.css"), asset("perfwise.js")
    return rendered(
        "report.html",
        title=wishes.title or ", ".join(part.title for part in parts),
        found=found,
        badges=badges(together),
        shown=shown,
        total=sum(len(group) for group in together.sets.values()),
        seeded=any(row.outcome.seed for row in shown),
        pictures=drawn(together, found),
        explanations=wishes.explanations,
        failures=failures(shown),
        parts=together.parts,
        environments=environments(together),
        commands=wishes.commands,
        data=embedded(together.parts, {row.place for row in shown}, programs),
        element=ELEMENT,
        style=style,
        script=script,
        policy=policy(style, script),
    )


def write_report(parts: Sequence[Part], path: Path, wishes: Wishes = Wishes()) -> int:
    """Write the page, whole or not at all; its size in bytes. Raises: as `report_text`; InvalidOption for the file."""
    page = report_text(parts, wishes).encode("utf-8")
    with replacing(path) as file:
        file.write(page)
    return len(page)


def policy(style: str, script: str) -> str:
    """Nothing is loaded, and no script or style runs but these two, whatever an outcome says."""
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script)]
    return (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
