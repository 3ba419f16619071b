"""p = 1 and a loop of p *= e: math.prod."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import is_int, loads, read_after, same, stored
from perfwise.improve.rules._shapes import accumulation, comprehension_text

__all__ = ["ProductLoop"]


@dataclass(frozen=True)
class ProductLoop:
    """Multiply with math.prod instead of in a loop.

    Precondition: the loop directly follows p = 1 and the factors do not read p.

    Source: catalogue pattern 45; math in the Python docs.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "def f(xs):\n    p = 1\n    for x in xs:\n        p *= x\n    return p\n"
    after: ClassVar[str] = "from math import prod\ndef f(xs):\n    p = prod(xs)\n    return p\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    p = 2\n    for x in xs:\n        p *= x\n    return p\n",
        ("def f(xs):\n    p = 1\n    for x in xs:\n        p *= x\n        p += 1\n    return p\n"),
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Loops of one multiplication right behind the start."""
        for each in accumulation(program):
            factor = _factor(each.statement, each.name)
            if factor is None or not is_int(each.start.value, 1) or each.name in loads(factor):
                continue
            if any(read_after(program, each.loop, name) for name in stored(each.loop.target)):
                continue
            if isinstance(each.loop.target, ast.Name) and not each.tests and same(factor, each.loop.target):
                inner = program.source(each.loop.iter)
            else:
                inner = f"[{comprehension_text(program, factor, each.loop.target, each.loop.iter, each.tests)}]"
            lines = [f"{each.name} = prod({inner})"]
            yield Site(
                program.restate([each.start, each.loop], lines),
                "prod multiplies without a step of Python for each",
                ("math.prod",),
            )


def _factor(statement: ast.stmt, name: str) -> ast.expr | None:
    if isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Mult):
        return statement.value if isinstance(statement.target, ast.Name) and statement.target.id == name else None
    if (
        isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.BinOp)
        and isinstance(statement.value.op, ast.Mult)
    ):
        target, value = statement.targets[0], statement.value
        if isinstance(target, ast.Name) and target.id == name:
            for one, other in ((value.left, value.right), (value.right, value.left)):
                if isinstance(one, ast.Name) and one.id == name:
                    return other
    return None
