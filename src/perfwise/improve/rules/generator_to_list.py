"""sum, min, max, join or sorted of a generator: of a list instead."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site

__all__ = ["GeneratorToList"]


@dataclass(frozen=True)
class GeneratorToList:
    """Make a list where a generator is used up at once: each item of a generator costs a switch of frames.

    Precondition: the whole generator is consumed, by a builtin that nothing rebinds or by `join`.

    Source: facts of CPython; Ruff C419 and perflint advise the opposite for any and all, which stop early.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(xs):\n    return sum(x * x for x in xs)\n"
    after: ClassVar[str] = "def f(xs):\n    return sum([x * x for x in xs])\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    return any(x > 3 for x in xs)\n",
        "def sum(x):\n    return x\ndef f(xs):\n    return sum(x for x in xs)\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Generators that are the only argument of such a call."""
        for call in program.walk(ast.Call):
            if not (call.args and isinstance(call.args[0], ast.GeneratorExp)):
                continue
            joined = isinstance(call.func, ast.Attribute) and call.func.attr == "join" and len(call.args) == 1
            if joined or program.builtin(call.func, "sum", "min", "max", "sorted", "tuple"):
                yield Site(
                    _bracketed(program, call, call.args[0]), "a list is made in one go, a generator item by item"
                )


def _bracketed(program: Program, call: ast.Call, made: ast.GeneratorExp) -> tuple[tuple[int, int, str], ...]:
    start, end = program.span(made)
    if len(call.args) == 1 and not call.keywords:  # its parentheses are the call's own, or stand inside them
        if program.text[start] != "(" or end != program.span(call)[1]:
            return ((start, start + 1, "["), (end - 1, end, "]"))
        return ((start + 1, start + 1, "["), (end - 1, end - 1, "]"))
    return ((start, start + 1, "["), (end - 1, end, "]"))
