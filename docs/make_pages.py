"""Write the pages that are made: methods.md from docstrings, schema/eval.schema.json from the document's model.

`--check` writes nothing and only says which are not current.
"""

import importlib
import sys
from pathlib import Path

from perfwise.cli.document import schema_text
from perfwise.core.family import Family, every_family

__all__ = ["methods"]

_HERE = Path(__file__).parent
_TABLE = "| method | what | source |\n|---|---|---|\n"


def methods() -> str:
    """Every method of every family."""
    parts = ["# Methods\n\nMade by `make docs` from the docstrings.\n"]
    for package in every_family():
        about = _about(package)
        parts.append(f"\n## {package}\n\n{about}\n\n{_TABLE}")
        for method in Family(package).describe():
            cells = (f"`{method.name}`", method.summary.rstrip("."), method.source.rstrip("."))
            parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n")
    return "".join(parts)


def _about(package: str) -> str:
    """First sentence of the package's docstring; each is a family, and that a method is one file goes for all."""
    first = (importlib.import_module(package).__doc__ or "").partition("\n")[0].removesuffix(" A method is one file.")
    text = first.removeprefix("Family: ")
    return text[:1].upper() + text[1:]


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
