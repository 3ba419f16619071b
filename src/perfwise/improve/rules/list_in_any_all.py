"""any or all of a list: of a generator, which stops early."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import pure
from perfwise.improve.rules._shapes import single

__all__ = ["ListInAnyAll"]


@dataclass(frozen=True)
class ListInAnyAll:
    """Let any and all see a generator instead of a whole list.

    Precondition: evaluating the items has no effect; that a later item raises is checked by running.

    Source: Ruff C419; catalogue pattern 22: any and all stop at the first item that decides.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "def f(xs):\n    return any([x > 3 for x in xs])\n"
    after: ClassVar[str] = "def f(xs):\n    return any(x > 3 for x in xs)\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    return sum([x > 3 for x in xs])\n",
        "def f(xs):\n    return any([print(x) for x in xs])\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Lists that are the only argument of any or all."""
        for call in program.walk(ast.Call):
            made = single(program, call, "any", "all")
            if isinstance(made, ast.ListComp) and pure(program, made):
                start, end = program.span(made)
                edits = ((start, start + 1, ""), (end - 1, end, ""))
                yield Site(edits, "any and all stop early only if the items come one by one")
