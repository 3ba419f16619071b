"""Write the pages that are made: methods.md from docstrings, schema/eval.schema.json from the document's model.

`--check` writes nothing and only says which are not current.
"""

import sys
from pathlib import Path

from perfwise.cli.document import schema_text
from perfwise.core import families as core
from perfwise.core.family import Family
from perfwise.interchange import families as interchange
from perfwise.programs import families as programs
from perfwise.serving import families as serving

__all__ = ["methods"]

_HERE = Path(__file__).parent
_ABOUT = {
    "perfwise.programs.meters": "What a call costs.",
    "perfwise.programs.metrics": "What a set's outcomes amount to; [metrics.md](metrics.md) says when to use which.",
    "perfwise.programs.samples": "Readers of candidates.",
    "perfwise.programs.suites": "Readers of tasks; [task-files.md](task-files.md) describes your own.",
    "perfwise.core.metrics": "Frontiers and prices, for outcomes of any engine.",
    "perfwise.interchange.importers": "Readers of other tools' results.",
    "perfwise.interchange.exporters": "Files made of outcomes.",
    "perfwise.serving.batching": "Who is in the next step.",
    "perfwise.serving.memory": "How keys and values are laid out in a replica's memory.",
    "perfwise.serving.preemption": "Who gives memory back when there is none left, and at what price.",
    "perfwise.serving.retention": "What stays in memory when a request has gone.",
    "perfwise.serving.dispatch": "Which replica an arriving request goes to.",
    "perfwise.serving.arrivals": "When requests come.",
    "perfwise.serving.lengths": "How long generated requests are.",
    "perfwise.serving.traces": "Readers of traces.",
    "perfwise.serving.timers": "How long a step takes.",
    "perfwise.serving.measurements": "Readers of what users measured.",
    "perfwise.serving.metrics": "What a served trace amounts to.",
    "perfwise.serving.exports": "Files made of a served trace.",
}
_TABLE = "| method | what | source |\n|---|---|---|\n"


def methods() -> str:
    """Every method of every family."""
    parts = ["# Methods\n\nMade by `make docs` from the docstrings.\n"]
    for package in (*programs.FAMILIES, *serving.FAMILIES, *core.FAMILIES, *interchange.FAMILIES):
        about = _ABOUT[package]
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
