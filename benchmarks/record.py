"""Write what a benchmark found as benchmarks/results/NAME.json, which `make evidence` turns into docs/evidence.md."""

import json
import platform
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Row:
    """One figure.

    Args:
        figure: what it is.
        ours: the number found.
        aim: what was asked of it, in words, e.g. `at most 3`.
        unit: e.g. `ratio`, `ms`, `share`.
        theirs: the published or peer's number, as text; empty if there is none.
        source: where theirs comes from.
        note: what a reader must know.
    """

    figure: str
    ours: float
    aim: str
    unit: str
    theirs: str = ""
    source: str = ""
    note: str = ""


def write(name: str, command: str, rows: list[Row]) -> None:
    """Replace the results of one benchmark."""
    RESULTS.mkdir(exist_ok=True)
    described = [asdict(row) | {"ours": round(row.ours, 6), "command": command} for row in rows]
    found = {"name": name, "rows": described, "commit": _commit(), "machine": _machine()}
    (RESULTS / f"{name}.json").write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _machine() -> str:
    return f"{platform.machine()} {platform.system()}, CPython {platform.python_version()}"
