"""len(x) == 0 as a condition: not x."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import boolean_context, is_int, is_zero
from perfwise.improve.rules._shapes import single

__all__ = ["LengthTruth"]


@dataclass(frozen=True)
class LengthTruth:
    """Use the truth of a collection instead of comparing its length with zero.

    Precondition: only the truth is used, and the argument is a collection whose truth is its length.

    Source: PEP 8; Ruff PLC1802.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = (
        "def f(xs):\n    if len(xs) == 0:\n        return 0\n    while len(xs) > 0:\n        xs.pop()\n"
    )
    after: ClassVar[str] = "def f(xs):\n    if not xs:\n        return 0\n    while xs:\n        xs.pop()\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    return len(xs) == 0\n",
        "def f(xs):\n    if len(xs) == 1:\n        return 1\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Comparisons of a length with zero or one where only truth counts."""
        for node in program.walk(ast.Compare):
            argument = single(program, node.left, "len")
            if argument is None or len(node.ops) != 1 or not boolean_context(program, node):
                continue
            shown, sign, other = program.operand(argument), type(node.ops[0]), node.comparators[0]
            if isinstance(argument, ast.GeneratorExp):
                continue
            if (is_zero(other) and sign in {ast.Gt, ast.NotEq}) or (is_int(other, 1) and sign is ast.GtE):
                yield Site(program.replace(node, shown), "a collection is true exactly if it is not empty")
            elif (is_zero(other) and sign in {ast.Eq, ast.LtE}) or (is_int(other, 1) and sign is ast.Lt):
                yield Site(program.replace(node, f"not {shown}"), "a collection is false exactly if it is empty")
