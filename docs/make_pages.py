"""Write the pages that are made: methods.md from docstrings, schema/eval.schema.json from the document's model.

`--check` writes nothing and only says which are not current.
"""

import sys
from pathlib import Path

from perfwise.cli.document import schema_text
from perfwise.core.family import Family
from perfwise.programs.families import FAMILIES

__all__ = ["methods"]

_HERE = Path(__file__).parent
_ABOUT = {
    "meters": "What a call costs.",
    "metrics": "What a set's outcomes amount to; [metrics.md](metrics.md) says when to use which.",
    "samples": "Readers of candidates.",
    "suites": "Readers of tasks; [task-files.md](task-files.md) describes your own.",
}
_TABLE = "| method | what | source |\n|---|---|---|\n"


def methods() -> str:
    """Every method of every family."""
    parts = ["# Methods\n\nMade by `make docs` from the docstrings.\n"]
    for package in FAMILIES:
        about = _ABOUT[package.rpartition(".")[2]]
        parts.append(f"\n## {package}\n\n{about}\n\n{_TABLE}")
        for method in Family(package).describe():
            cells = (f"`{method.name}`", method.summary.rstrip("."), method.source.rstrip("."))
            parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return "".join(parts)


def main(check: bool) -> None:
    """Write the pages, or exit naming those that are not current."""
    pages = {_HERE / "methods.md": methods(), _HERE / "schema" / "eval.schema.json": schema_text()}
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text("utf-8") != text]
    if check and stale:
        sys.exit(f"not current: {', '.join(path.name for path in stale)}; run `make docs`")
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(pages[path], "utf-8")


if __name__ == "__main__":
    main(check="--check" in sys.argv)
