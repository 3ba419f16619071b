"""[0 for _ in range(n)]: [0] * n."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._shapes import single

__all__ = ["RepeatedConstant"]


@dataclass(frozen=True)
class RepeatedConstant:
    """Repeat a constant instead of looping.

    Precondition: the item is an immutable constant and the variable is not used in it.

    Source: catalogue pattern 20; perflint.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(n):\n    return [0 for _ in range(n)]\n"
    after: ClassVar[str] = "def f(n):\n    return [0] * n\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(n):\n    return [[] for _ in range(n)]\n",
        "def f(n):\n    return [0 for i in range(n) if i]\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Lists of one constant."""
        for made in program.walk(ast.ListComp):
            only = made.generators[0]
            if len(made.generators) != 1 or only.ifs or not isinstance(made.elt, ast.Constant):
                continue
            count = single(program, only.iter, "range")
            if count is not None and isinstance(only.target, ast.Name):
                text = f"[{program.source(made.elt)}] * {program.operand(count)}"
                bare = isinstance(program.parent(made), ast.Assign | ast.Return | ast.Call)
                yield Site(
                    program.replace(made, text if bare else f"({text})"), "one constant is repeated without a loop"
                )
