"""[x for x in xs]: list(xs)."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import same
from perfwise.improve.rules._shapes import single

__all__ = ["IdentityComprehension"]


@dataclass(frozen=True)
class IdentityComprehension:
    """Copy a list in one go instead of item by item.

    Precondition: the comprehension has no condition and gives its variable.

    Source: Ruff C416.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(xs, n):\n    return [x for x in xs], sum([i for i in range(n)])\n"
    after: ClassVar[str] = "def f(xs, n):\n    return list(xs), sum(range(n))\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    return [x for x in xs if x]\n",
        "def f(xs):\n    return [x for x, y in xs]\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Comprehensions that give their variable."""
        for made in program.walk(ast.expr):
            if (
                not isinstance(made, ast.ListComp | ast.SetComp)
                or len(made.generators) != 1
                or program.bound & {"list", "set"}
            ):
                continue
            only = made.generators[0]
            if only.ifs or only.is_async or not isinstance(only.target, ast.Name) or not same(made.elt, only.target):
                continue
            over, up = program.source(only.iter), program.parent(made)
            joined = isinstance(up, ast.Call) and isinstance(up.func, ast.Attribute) and up.func.attr == "join"
            used_up = (
                single(program, up, "sum", "max", "min", "sorted", "set", "tuple", "list", "any", "all", "len") is made
            )
            if (used_up and not program.calls(up, "len")) or (joined and isinstance(made, ast.ListComp)):
                if isinstance(made, ast.ListComp):
                    yield Site(program.replace(made, over), "the iterable does as well")
                    continue
            name = "list" if isinstance(made, ast.ListComp) else "set"
            yield Site(
                program.replace(made, f"{name}({over})"), "a constructor copies without a step of Python for each"
            )
