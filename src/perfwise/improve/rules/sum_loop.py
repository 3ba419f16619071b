"""s = 0 and a loop of s += e: sum."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import is_int, kind, loads, read_after, same, stored
from perfwise.improve.rules._shapes import accumulation, comprehension_text

__all__ = ["SumLoop"]


@dataclass(frozen=True)
class SumLoop:
    """Sum a comprehension instead of adding in a loop.

    Precondition: the loop directly follows the start; what is added are ints, as the sum of floats rounds otherwise
    since Python 3.12: running confirms it.

    Source: catalogue pattern 21; refurb.
    """

    tier: ClassVar[str] = "C"
    before: ClassVar[str] = (
        "def f(xs):\n    s = 0\n    for x in xs:\n        if x > 3:\n            s += x * 2\n    return s\n"
    )
    after: ClassVar[str] = "def f(xs):\n    s = sum([x * 2 for x in xs if x > 3])\n    return s\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    s = 0.0\n    for x in xs:\n        s += x\n    return s\n",
        "def f(xs):\n    s = 0\n    for x in xs:\n        s += s\n    return s\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Loops of one addition right behind the start."""
        if program.bound & {"sum", "len"}:
            return
        for each in accumulation(program):
            added = _added(each.statement, each.name)
            start = each.start.value
            if (
                added is None
                or not (isinstance(start, ast.Constant) and type(start.value) is int)
                or each.name in loads(added)
            ):
                continue
            if kind(program, added) not in {"", "int", "bool"}:
                continue
            if any(read_after(program, each.loop, name) for name in stored(each.loop.target)):
                continue
            text = comprehension_text(program, added, each.loop.target, each.loop.iter, each.tests)
            if isinstance(each.loop.target, ast.Name) and not each.tests and same(added, each.loop.target):
                whole = f"sum({program.source(each.loop.iter)})"
            else:
                whole = f"len([{text}])" if is_int(added, 1) else f"sum([{text}])"
            first = "" if start.value == 0 else f"{start.value} + "
            yield Site(
                program.restate([each.start, each.loop], [f"{each.name} = {first}{whole}"]),
                "sum adds without a step of Python for each",
            )


def _added(statement: ast.stmt, name: str) -> ast.expr | None:
    if isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add):
        return statement.value if isinstance(statement.target, ast.Name) and statement.target.id == name else None
    if (
        isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.BinOp)
        and isinstance(statement.value.op, ast.Add)
    ):
        target, value = statement.targets[0], statement.value
        if (
            isinstance(target, ast.Name)
            and target.id == name
            and isinstance(value.left, ast.Name)
            and value.left.id == name
        ):
            return value.right
    return None
