"""Write methods.md: every method of every family, from its docstring. `--check` only says whether it is current."""

import sys
from pathlib import Path

from perfwise.core.family import Family
from perfwise.programs.families import FAMILIES

__all__ = ["page"]

_PAGE = Path(__file__).with_name("methods.md")
_ABOUT = {
    "meters": "What a call costs.",
    "metrics": "What a set's outcomes amount to; [metrics.md](metrics.md) says when to use which.",
    "samples": "Readers of candidates.",
    "suites": "Readers of tasks; [task-files.md](task-files.md) describes your own.",
}


def page() -> str:
    """The page's text."""
    parts = ["# Methods", "", "Made by `make docs` from the docstrings."]
    for package in FAMILIES:
        about = _ABOUT[package.rpartition(".")[2]]
        parts += [
            "",
            f"## {package}",
            "",
            about,
            "",
            "| method | what | source |",
            "|---|---|---|",
        ]
        for method in Family(package).describe():
            cells = (f"`{method.name}`", method.summary.rstrip("."), method.source.rstrip("."))
            parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        _PAGE.write_text(page(), "utf-8")
    elif not _PAGE.exists() or _PAGE.read_text("utf-8") != page():
        sys.exit("docs/methods.md is not current; run `make docs`")
