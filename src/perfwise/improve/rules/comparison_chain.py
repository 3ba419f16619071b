"""a <= x and x <= b: a <= x <= b."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import same

__all__ = ["ComparisonChain"]


@dataclass(frozen=True)
class ComparisonChain:
    """Compare in a chain: the middle is read once.

    Precondition: the middle is a name or constant.

    Source: Python reference, Comparisons; Ruff PLR1716.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(a, x, b):\n    return a <= x and x < b\n"
    after: ClassVar[str] = "def f(a, x, b):\n    return a <= x < b\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(a, x, b):\n    return a <= x and b < x\n",
        "def f(a, x, b):\n    return a <= x or x < b\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Two comparisons joined by and."""
        for node in program.walk(ast.BoolOp):
            if not isinstance(node.op, ast.And) or len(node.values) != 2:
                continue
            first, second = node.values
            if (
                isinstance(first, ast.Compare)
                and isinstance(second, ast.Compare)
                and len(first.ops) == len(second.ops) == 1
            ):
                middle = first.comparators[0]
                if isinstance(middle, ast.Name) and same(middle, second.left):
                    after = program.source(second)[len(program.source(second.left)) :]
                    yield Site(program.replace(node, program.source(first) + after), "the middle is read once")
