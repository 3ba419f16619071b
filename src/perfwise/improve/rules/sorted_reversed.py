"""sorted(x)[::-1]: sorted(x, reverse=True)."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._shapes import single

__all__ = ["SortedReversed"]


@dataclass(frozen=True)
class SortedReversed:
    """Sort backwards instead of turning a sorted list round.

    Precondition: equal items cannot be told apart: reverse keeps their order, turning round does not; running confirms
    it.

    Source: Ruff C413.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "def f(x):\n    return sorted(x)[::-1], list(reversed(sorted(x)))\n"
    after: ClassVar[str] = "def f(x):\n    return sorted(x, reverse=True), sorted(x, reverse=True)\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(x):\n    return sorted(x)[::2]\n",
        "def f(x):\n    return sorted(x, key=len)[::-1]\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Sorted lists that are turned round."""
        for node in program.walk(ast.expr):
            made = _turned(program, node)
            over = single(program, made, "sorted")
            if over is not None:
                yield Site(
                    program.replace(node, f"sorted({program.source(over)}, reverse=True)"),
                    "it is sorted the right way at once",
                )


def _turned(program: Program, node: ast.expr) -> ast.expr | None:
    if isinstance(node, ast.Subscript) and ast.unparse(node.slice) == "::-1":
        return node.value
    return single(program, single(program, node, "list"), "reversed")
