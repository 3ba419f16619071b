"""A join of reversed: s[::-1]."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._shapes import single

__all__ = ["ReversedText"]


@dataclass(frozen=True)
class ReversedText:
    """Reverse by a slice instead of an iterator.

    Precondition: what is reversed is a text, or a list where a list is made of it; running confirms it.

    Source: Ruff FURB187 and catalogue pattern 49.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = 'def f(s):\n    return "".join(reversed(s)), list(reversed(s))\n'
    after: ClassVar[str] = "def f(s):\n    return s[::-1], s[::-1]\n"
    silent: ClassVar[tuple[str, ...]] = (
        'def f(s):\n    return "-".join(reversed(s))\n',
        "def f(s):\n    return [x for x in reversed(s)]\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Reversals that are put together again."""
        for call in program.walk(ast.Call):
            inner = call.args[0] if len(call.args) == 1 and not call.keywords else None
            turned = single(program, inner, "reversed")
            if turned is None:
                continue
            joined = (
                isinstance(call.func, ast.Attribute)
                and call.func.attr == "join"
                and isinstance(call.func.value, ast.Constant)
                and call.func.value.value == ""
            )
            if joined or program.builtin(call.func, "list"):
                yield Site(
                    program.replace(call, f"{program.operand(turned)}[::-1]"), "a slice turns it round in one go"
                )
