"""Write docs/evidence.md: every published or peer's number beside ours, out of what `record.write` left in results/.

An aim that begins with `at most X`, `at least X`, `exactly X` or `within X` (of theirs) is judged on the page; other
words are only shown.
"""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

__all__ = ["Row", "Study", "page", "read"]

_HERE = Path(__file__).resolve().parent
_RESULTS = _HERE / "results"
_PAGE = _HERE.parent / "docs" / "evidence.md"
_AIM = re.compile(r"(?P<rule>at most|at least|exactly|within) (?P<bound>\d[\d.e-]*)")
_HEAD = """\
# Evidence

Numbers that others published, or that another tool gives, beside ours. `make bench` measures, `make evidence` writes
this page; a row's command measures it again. Ratios of times were taken in one run on one machine; counts and scores
do not depend on the machine.
"""
_TABLE = """\
| figure | theirs | source | ours | aim | met | command |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Args:
        figure: what was measured.
        ours: our number.
        aim: what was asked of it.
        unit: of the number.
        theirs: the published or peer's number, empty where there is none.
        source: where theirs comes from.
        note: what a reader must know.
        command: measures ours.
    """

    figure: str
    ours: float
    aim: str
    unit: str
    theirs: str
    source: str
    note: str
    command: str

    @property
    def met(self) -> bool | None:
        """Whether ours meets the aim; None where the aim is other words."""
        found = _AIM.match(self.aim)
        if found is None:
            return None
        bound = float(found["bound"].rstrip("."))
        match found["rule"]:
            case "at most":
                return self.ours <= bound
            case "at least":
                return self.ours >= bound
            case "exactly":
                return self.ours == bound
        try:
            return abs(self.ours - float(self.theirs)) <= bound
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Study:
    """The figures of one result file, with the commit and the machine that they were measured on."""

    name: str
    commit: str
    machine: str
    rows: tuple[Row, ...]


def read(file: Path) -> Study:
    """Read a result file. Raises: ValueError naming the file and what is wrong in it."""
    try:
        data = json.loads(file.read_text("utf-8"))
        rows = tuple(_row(row) for row in data["rows"])
        return Study(data["name"], data["commit"], data["machine"], rows)
    except KeyError as missing:
        raise ValueError(f"{file.name}: {missing} is missing") from missing
    except (TypeError, ValueError) as fault:
        raise ValueError(f"{file.name}: {fault}") from fault


def _row(row: Mapping[str, object]) -> Row:
    names = {field.name for field in fields(Row)}
    if row.keys() != names:
        raise ValueError(f"a row has {', '.join(sorted(names))}; {sorted(row.keys() ^ names)} differ")
    return Row(**row)  # type: ignore[arg-type]


def page(studies: Sequence[Study]) -> str:
    """The page's text, the studies in the order given."""
    parts = [_HEAD]
    for study in studies:
        lines = "".join(_line(row) for row in study.rows)
        parts.append(f"\n## {study.name}\n\nMeasured at commit `{study.commit}` on {study.machine}.\n\n{_TABLE}{lines}")
    return "".join(parts)


def _line(row: Row) -> str:
    met = {True: "yes", False: "**no**", None: ""}[row.met]
    figure = f"{row.figure} ({row.note})" if row.note else row.figure
    cells = (figure, row.theirs, row.source, f"{row.ours:,.6g} {row.unit}".strip(), row.aim, met, f"`{row.command}`")
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"


def main() -> None:
    """Write the page. Exits with a message where a result file is wrong."""
    try:
        studies = [read(file) for file in sorted(_RESULTS.glob("*.json"))]
    except ValueError as fault:
        sys.exit(str(fault))
    _PAGE.write_text(page(studies), "utf-8")
    print(f"{_PAGE.relative_to(_HERE.parent)}: {sum(len(study.rows) for study in studies)} figures")


if __name__ == "__main__":
    main()
