"""x % k == 0 as a condition: not x % k."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import boolean_context, is_zero

__all__ = ["RemainderTruth"]


@dataclass(frozen=True)
class RemainderTruth:
    """Use the truth of a remainder instead of comparing it with zero.

    Precondition: only the truth is used, and the remainder is a number: for a number it is false exactly if it is zero.

    Source: PEP 8 on truth of numbers; one constant and one comparison less.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "def f(xs):\n    return [x for x in xs if x % 2 == 0 or x % 3 != 0]\n"
    after: ClassVar[str] = "def f(xs):\n    return [x for x in xs if not x % 2 or x % 3]\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(x):\n    return x % 2 == 0\n",
        "def f(x):\n    if x % 2 == 1:\n        return 1\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Comparisons of a remainder with zero where only truth counts."""
        for node in program.walk(ast.Compare):
            if len(node.ops) != 1 or not is_zero(node.comparators[0]) or not boolean_context(program, node):
                continue
            left = node.left
            if not (isinstance(left, ast.BinOp) and isinstance(left.op, ast.Mod)):
                continue
            shown = program.source(left)
            if isinstance(node.ops[0], ast.NotEq):
                yield Site(program.replace(node, shown), "a number is true exactly if it is not zero")
            elif isinstance(node.ops[0], ast.Eq):
                negated = isinstance(program.parent(node), ast.UnaryOp)
                yield Site(
                    program.replace(node, f"(not {shown})" if negated else f"not {shown}"),
                    "a number is false exactly if it is zero",
                )
