"""s = '' and a loop of s = c + s: s[::-1]."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import read_after, same, stored
from perfwise.improve.rules._shapes import accumulation

__all__ = ["ReverseLoop"]


@dataclass(frozen=True)
class ReverseLoop:
    """Reverse a text by a slice instead of putting each character in front.

    Precondition: the loop directly follows the empty text, runs over a name and adds its variable alone; that it is a
    text is confirmed by running.

    Source: catalogue pattern 49.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "def f(t):\n    s = ''\n    for c in t:\n        s = c + s\n    return s\n"
    after: ClassVar[str] = "def f(t):\n    s = t[::-1]\n    return s\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(t):\n    s = ''\n    for c in t:\n        s = s + c\n    return s\n",
        "def f(t):\n    s = 'a'\n    for c in t:\n        s = c + s\n    return s\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Loops that put each item in front."""
        for each in accumulation(program):
            start, last = each.start.value, each.statement
            if each.tests or not (
                isinstance(start, ast.Constant) and start.value == "" and isinstance(each.loop.iter, ast.Name)
            ):
                continue
            if not (
                isinstance(last, ast.Assign)
                and isinstance(last.value, ast.BinOp)
                and isinstance(last.value.op, ast.Add)
            ):
                continue
            target, left, right = last.targets[0], last.value.left, last.value.right
            mine = (
                isinstance(target, ast.Name)
                and target.id == each.name
                and isinstance(right, ast.Name)
                and right.id == each.name
            )
            if (
                mine
                and same(left, each.loop.target)
                and not any(read_after(program, each.loop, name) for name in stored(each.loop.target))
            ):
                lines = [f"{each.name} = {each.loop.iter.id}[::-1]"]
                yield Site(program.restate([each.start, each.loop], lines), "a slice turns it round in one go")
