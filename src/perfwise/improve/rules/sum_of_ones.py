"""sum(1 for ...): len of a list."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import is_int
from perfwise.improve.rules._shapes import single, text_of_generators

__all__ = ["SumOfOnes"]


@dataclass(frozen=True)
class SumOfOnes:
    """Count by the length of a list instead of adding ones.

    Precondition: sum and len are not rebound; evaluating the conditions is left as it is.

    Source: catalogue pattern 22; the list is built in one frame.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(xs):\n    return sum(1 for x in xs if x > 3)\n"
    after: ClassVar[str] = "def f(xs):\n    return len([1 for x in xs if x > 3])\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    return sum(x for x in xs if x > 3)\n",
        "def f(xs):\n    return sum(1.0 for x in xs)\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Sums of the constant 1 over a comprehension."""
        for call in program.walk(ast.Call):
            made = single(program, call, "sum")
            if isinstance(made, ast.GeneratorExp | ast.ListComp) and is_int(made.elt, 1) and "len" not in program.bound:
                text = f"len([1 {text_of_generators(program, made.generators)}])"
                yield Site(program.replace(call, text), "the length of a list counts without adding")
