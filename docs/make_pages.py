"""Write the pages that are made: methods.md from docstrings, schema/eval.schema.json from the document's model.

`--check` writes nothing and only says which are not current.
"""

import importlib
import inspect
import re
import sys
from pathlib import Path

from perfwise.cli.document import schema_text
from perfwise.core.family import Family, every_family

__all__ = ["methods"]

_HERE = Path(__file__).parent
_TABLE = "| method | what | source |\n|---|---|---|\n"


_RULES = """# Rewrite rules

Made by `make docs` from the rules themselves. `perfwise improve` tries each where it applies, checks the result beyond
the given tests, counts it, and keeps it only if it is cheaper: a rule may cost more on the program at hand, and then it
is not taken. *Needs* is what has to stand in the text; tier A is provable from the text, B needs a fact about types or
ranges that was inferred, C is checked by running only. A catalogue pattern's number in a rule's source is its place in
[the list at the end](#patterns).
"""


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


def rules() -> str:
    """Every rewrite rule: what it needs, and a program before and after."""
    parts = [_RULES]
    for language, package in (("Python", "perfwise.improve.rules"), ("C++", "perfwise.improve.cpp_rules")):
        family = Family(package)
        parts.append(f"\n## {language}: {len(family.names())} rules\n")
        for name in family.names():
            rule = family.get(name)
            text = inspect.getdoc(rule) or ""
            needs = " ".join((re.search(r"Precondition:(.+?)(?=\n\n|\Z)", text, re.DOTALL) or ["", ""])[1].split())
            fence = {"Python": "python", "C++": "cpp"}[language]
            shown = f"```{fence}\n{rule.before}```\n\n```{fence}\n{rule.after}```"
            parts.append(
                f"\n### {name}\n\n{text.partition(chr(10))[0]} Tier {rule.tier}.\n\n*Needs*: {needs}\n\n{shown}\n"
            )
    numbered: dict[int, list[str]] = {}
    for info in Family("perfwise.improve.rules").describe():
        for number in re.findall(r"pattern (\d+)", info.source):
            numbered.setdefault(int(number), []).append(info.name)
    rows = "".join(f"| {number} | {', '.join(names)} |\n" for number, names in sorted(numbered.items()))
    parts.append(f"\n## Patterns\n\n| number | rules |\n|---|---|\n{rows}")
    return "".join(parts)


def _about(package: str) -> str:
    """First sentence of the package's docstring; each is a family, and that a method is one file goes for all."""
    first = (importlib.import_module(package).__doc__ or "").partition("\n")[0].removesuffix(" A method is one file.")
    text = first.removeprefix("Family: ")
    return text[:1].upper() + text[1:]


def main(check: bool) -> None:
    """Write the pages, or exit naming those that are not current."""
    pages = {
        _HERE / "methods.md": methods(),
        _HERE / "rules.md": rules(),
        _HERE / "schema" / "eval.schema.json": schema_text(),
    }
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text("utf-8") != text]
    if check and stale:
        sys.exit(f"not current: {', '.join(path.name for path in stale)}; run `make docs`")
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(pages[path], "utf-8")


if __name__ == "__main__":
    main(check="--check" in sys.argv)
