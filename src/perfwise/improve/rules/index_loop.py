"""for i in range(len(x)) with x[i] only: for item in x."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import changed, read_after, uses
from perfwise.improve.rules._shapes import single

__all__ = ["IndexLoop"]


@dataclass(frozen=True)
class IndexLoop:
    """Loop over the items instead of over their places.

    Precondition: the place is used for nothing but reading the item; the list is not changed in the loop and is a
    sequence, which running confirms.

    Source: catalogue pattern 19; Ruff PLR1736, pylint consider-using-enumerate.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = (
        "def f(xs):\n"
        "    for i in range(len(xs)):\n"
        "        print(xs[i])\n"
        "    return [xs[i] + 1 for i in range(len(xs))]\n"
    )
    after: ClassVar[str] = (
        "def f(xs):\n    for item in xs:\n        print(item)\n    return [item + 1 for item in xs]\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    for i in range(len(xs)):\n        xs[i] = 1\n",
        "def f(xs):\n    return [xs[i] + i for i in range(len(xs))]\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Loops and comprehensions over the places of a name."""
        name = program.fresh("item", "each", "entry")
        for loop in program.walk(ast.AST):
            found = _places(program, loop)
            if found is None or not isinstance(loop, ast.For | ast.comprehension):
                continue
            over, target, region, whole = found
            reads = _reads(program, whole, over.id, target.id)
            if reads is None or over.id in changed(program, *region):
                continue
            if isinstance(loop, ast.For) and read_after(program, loop, target.id):
                continue
            edits = [*program.replace(target, name), *program.replace(loop.iter, over.id)]
            edits += [edit for each in reads for edit in program.replace(each, name)]
            yield Site(tuple(edits), "an item is had without looking it up")


def _places(program: Program, loop: ast.AST) -> tuple[ast.Name, ast.Name, list[ast.AST], ast.AST] | None:
    """The list, the variable, what must leave the list alone, and where the variable may occur."""
    if not isinstance(loop, ast.For | ast.comprehension) or not isinstance(loop.target, ast.Name):
        return None
    over = single(program, single(program, loop.iter, "range"), "len")
    if not isinstance(over, ast.Name):
        return None
    if isinstance(loop, ast.For):
        return (over, loop.target, list(loop.body), loop) if not loop.orelse else None
    made = program.parent(loop)
    return None if made is None else (over, loop.target, [made], made)


def _reads(program: Program, whole: ast.AST, over: str, place: str) -> list[ast.Subscript] | None:
    """Every use of the place, if each is a reading of an item."""
    found = []
    for each in uses(whole, place):
        up = program.parent(each)
        if isinstance(each.ctx, ast.Store):
            if isinstance(up, ast.For | ast.comprehension) and up.target is each:
                continue
            return None
        if not (isinstance(up, ast.Subscript) and up.slice is each and isinstance(up.ctx, ast.Load)):
            return None
        if not (isinstance(up.value, ast.Name) and up.value.id == over):
            return None
        found.append(up)
    return found or None
