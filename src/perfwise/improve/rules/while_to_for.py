"""i = a and while i < n with i += 1: for i in range(a, n)."""

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Edit, Program, Site
from perfwise.improve.rules._facts import changed, is_int, loads, pure, read_after, stored

__all__ = ["WhileToFor"]


@dataclass(frozen=True)
class WhileToFor:
    """Count with range instead of adding one to a name.

    Precondition: nothing else in the loop binds the name; the bound does not change; no continue; the name is not read
    afterwards; both are ints, which running confirms.

    Source: catalogue pattern 25; Ruff SIM113.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "def f(n):\n    i = 0\n    while i < n:\n        print(i)\n        i += 1\n"
    after: ClassVar[str] = "def f(n):\n    for i in range(0, n):\n        print(i)\n"
    silent: ClassVar[tuple[str, ...]] = (
        ("def f(n):\n    i = 0\n    while i < n:\n        print(i)\n        i += 1\n    return i\n"),
        "def f(n):\n    i = 0\n    while i < n:\n        n -= 1\n        i += 1\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Such loops right behind the start of their counter."""
        if "range" in program.bound:
            return
        for block in program.blocks():
            for start, loop in itertools.pairwise(block):
                if not (
                    isinstance(start, ast.Assign)
                    and isinstance(start.targets[0], ast.Name)
                    and isinstance(loop, ast.While)
                ):
                    continue
                bound = _bound(program, loop, start.targets[0].id)
                if bound is None or len(start.targets) > 1 or read_after(program, loop, start.targets[0].id):
                    continue
                edits = _edits(
                    program, start, loop, f"for {start.targets[0].id} in range({program.source(start.value)}, {bound}):"
                )
                yield Site(edits, "range counts without a step of Python")


def _bound(program: Program, loop: ast.While, name: str) -> str | None:
    """Text of the end of the range."""
    test, last = loop.test, loop.body[-1]
    if loop.orelse or len(loop.body) < 2 or not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    if not (isinstance(test.left, ast.Name) and test.left.id == name and isinstance(test.ops[0], ast.Lt | ast.LtE)):
        return None
    stepped = isinstance(last, ast.AugAssign) and isinstance(last.target, ast.Name) and last.target.id == name
    if not (stepped and isinstance(last, ast.AugAssign) and isinstance(last.op, ast.Add) and is_int(last.value, 1)):
        return None
    rest, end = loop.body[:-1], test.comparators[0]
    if name in stored(*rest) or not pure(program, end) or loads(end) & (changed(program, *rest) | {name}):
        return None
    if any(isinstance(each, ast.Continue) for one in rest for each in ast.walk(one)):
        return None
    return program.source(end) + (" + 1" if isinstance(test.ops[0], ast.LtE) else "")


def _edits(program: Program, start: ast.Assign, loop: ast.While, head: str) -> tuple[Edit, ...]:
    last = loop.body[-1]
    if not (program.alone(start) and program.alone(last) and program.alone(loop.body[0])):
        return ()
    begin, (first, _) = program.span(start)[0], program.span(loop.body[0])
    colon = program.text.rfind(":", begin, first)
    cut = program.tail(program.span(loop.body[-2])[1]), program.tail(program.span(last)[1])
    if program.comments(begin, colon) or program.comments(*cut):
        return ()
    return ((begin, colon + 1, head), (*cut, ""))
