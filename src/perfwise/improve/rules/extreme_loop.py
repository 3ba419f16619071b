"""m = xs[0] and a loop of if x > m: m = x: max."""

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import is_zero, read_after, same, stored

__all__ = ["ExtremeLoop"]


@dataclass(frozen=True)
class ExtremeLoop:
    """Call max or min instead of keeping the extreme in a loop.

    Precondition: the loop runs over the same list that the start is taken from; of equal items the first is kept by
    both.

    Source: catalogue pattern 27; Ruff PLR1730.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = (
        "def f(xs):\n    m = xs[0]\n    for x in xs:\n        if x > m:\n            m = x\n    return m\n"
    )
    after: ClassVar[str] = "def f(xs):\n    m = max(xs)\n    return m\n"
    silent: ClassVar[tuple[str, ...]] = (
        ("def f(xs):\n    m = xs[1]\n    for x in xs:\n        if x > m:\n            m = x\n    return m\n"),
        ("def f(xs):\n    m = xs[0]\n    for x in xs:\n        if x >= m:\n            m = x\n    return m\n"),
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Such loops right behind their start."""
        if program.bound & {"max", "min"}:
            return
        for block in program.blocks():
            for start, loop in itertools.pairwise(block):
                name = _extreme(start, loop)
                if name is None or not isinstance(start, ast.Assign) or not isinstance(loop, ast.For):
                    continue
                if not any(read_after(program, loop, each) for each in stored(loop.target)):
                    lines = [f"{program.source(start.targets[0])} = {name}({program.source(loop.iter)})"]
                    yield Site(
                        program.restate([start, loop], lines), "the builtin compares without a step of Python for each"
                    )


def _extreme(start: ast.stmt, loop: ast.stmt) -> str | None:
    if not (isinstance(start, ast.Assign) and isinstance(start.value, ast.Subscript) and is_zero(start.value.slice)):
        return None
    if not (isinstance(loop, ast.For) and isinstance(loop.target, ast.Name) and len(loop.body) == 1) or loop.orelse:
        return None
    test = loop.body[0]
    if not (
        isinstance(test, ast.If) and len(test.body) == 1 and not test.orelse and isinstance(test.test, ast.Compare)
    ):
        return None
    kept, inner = start.targets[0], test.body[0]
    if not (isinstance(inner, ast.Assign) and same(inner.targets[0], kept) and same(inner.value, loop.target)):
        return None
    whole = isinstance(loop.iter, ast.Name) and same(start.value.value, loop.iter) and len(test.test.ops) == 1
    if not whole or not isinstance(kept, ast.Name):
        return None
    left, right, sign = test.test.left, test.test.comparators[0], test.test.ops[0]
    if same(left, loop.target) and same(right, kept):
        return {ast.Gt: "max", ast.Lt: "min"}.get(type(sign))
    if same(left, kept) and same(right, loop.target):
        return {ast.Lt: "max", ast.Gt: "min"}.get(type(sign))
    return None
