"""re.sub, split, findall and search of a plain text: methods of str."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import boolean_context

__all__ = ["LiteralPattern"]


@dataclass(frozen=True)
class LiteralPattern:
    """Use a method of str where a regular expression is a plain text.

    Precondition: the pattern holds no special character, or is white space taken out; flags are not given.

    Source: Ruff RUF055; compiling a pattern costs more than most searches.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = (
        "import re\ndef f(s):\n    return re.sub(' ', '_', s), re.sub(r'\\s+', '', s), re.split(',', s)\n"
    )
    after: ClassVar[str] = "import re\ndef f(s):\n    return s.replace(' ', '_'), ''.join(s.split()), s.split(',')\n"
    silent: ClassVar[tuple[str, ...]] = (
        "import re\ndef f(s):\n    return re.sub('a.c', '', s)\n",
        "import re\ndef f(s):\n    return re.search('abc', s)\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Calls of re with such a pattern."""
        for call in program.walk(ast.Call):
            if (
                call.keywords
                or not call.args
                or not isinstance(call.args[0], ast.Constant)
                or not isinstance(call.args[0].value, str)
            ):
                continue
            name = next(
                (each for each in ("sub", "split", "search", "findall") if program.imported(call.func, "re", each)), ""
            )
            text = _text(program, call, name, call.args[0].value) if name else None
            if text is not None:
                yield Site(program.replace(call, text), "a plain text needs no pattern to be compiled")


_SPECIAL = frozenset(".^$*+?{}[]\\|()")


def _text(program: Program, call: ast.Call, name: str, pattern: str) -> str | None:
    literal = bool(pattern) and not set(pattern) & _SPECIAL
    shown, rest = program.source(call.args[0]), call.args[1:]
    if name == "sub" and len(rest) == 2 and isinstance(rest[0], ast.Constant) and isinstance(rest[0].value, str):
        if literal and "\\" not in rest[0].value:
            return f"{program.operand(rest[1])}.replace({shown}, {program.source(rest[0])})"
        if pattern in {r"\s+", r"\s"} and rest[0].value == "":
            return f"''.join({program.operand(rest[1])}.split())"
    if name == "split" and len(rest) == 1 and literal:
        return f"{program.operand(rest[0])}.split({shown})"
    if name == "search" and len(rest) == 1 and literal and boolean_context(program, call):
        return f"({shown} in {program.operand(rest[0])})"
    if name == "findall" and len(rest) == 1 and literal and isinstance(rest[0], ast.Name):
        return f"([{shown}] * {rest[0].id}.count({shown}))"
    return None
