"""x[i] and x[i + 1] for i in range(len(x) - 1): zip(x, x[1:])."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import changed, is_int, read_after, uses
from perfwise.improve.rules._shapes import single

__all__ = ["AdjacentPairs"]


@dataclass(frozen=True)
class AdjacentPairs:
    """Take neighbours side by side with zip.

    Precondition: the place is used for nothing but reading an item and its successor; the list is not changed in the
    loop.

    Source: Ruff RUF007; itertools.pairwise in the Python docs.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "def f(x):\n    return all(x[i] < x[i + 1] for i in range(len(x) - 1))\n"
    after: ClassVar[str] = "def f(x):\n    return all(first < second for first, second in zip(x, x[1:]))\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(x):\n    return all(x[i] < x[i + 2] for i in range(len(x) - 1))\n",
        "def f(x):\n    return [i for i in range(len(x) - 1) if x[i] < x[i + 1]]\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Loops and comprehensions over all places but the last."""
        for loop in program.walk(ast.AST):
            if not isinstance(loop, ast.For | ast.comprehension) or not isinstance(loop.target, ast.Name):
                continue
            over = _but_last(program, loop.iter)
            whole = loop if isinstance(loop, ast.For) else program.parent(loop)
            if over is None or whole is None or getattr(loop, "orelse", None) or "zip" in program.bound:
                continue
            reads = _reads(program, whole, loop.target, over)
            if not reads or over in changed(program, *(loop.body if isinstance(loop, ast.For) else [whole])):
                continue
            if isinstance(loop, ast.For) and read_after(program, loop, loop.target.id):
                continue
            names = program.fresh("first", "before"), program.fresh("second", "after")
            edits = [
                *program.replace(loop.target, ", ".join(names)),
                *program.replace(loop.iter, f"zip({over}, {over}[1:])"),
            ]
            edits += [edit for node, place in reads for edit in program.replace(node, names[place])]
            yield Site(tuple(edits), "zip hands neighbours over side by side")


def _but_last(program: Program, node: ast.expr) -> str | None:
    inner = single(program, node, "range")
    if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Sub) and is_int(inner.right, 1):
        over = single(program, inner.left, "len")
        return over.id if isinstance(over, ast.Name) else None
    return None


def _reads(program: Program, whole: ast.AST, target: ast.Name, over: str) -> list[tuple[ast.Subscript, int]]:
    """Every use of the place: the subscript and 0 or 1; nothing if one is another use."""
    found = []
    for each in uses(whole, target.id):
        if each is target:
            continue
        up, place = program.parent(each), 0
        if isinstance(up, ast.BinOp) and isinstance(up.op, ast.Add) and up.left is each and is_int(up.right, 1):
            up, place = program.parent(up), 1
        if not (isinstance(up, ast.Subscript) and isinstance(up.ctx, ast.Load) and isinstance(up.value, ast.Name)):
            return []
        if up.value.id != over or up.slice is not (each if place == 0 else program.parent(each)):
            return []
        found.append((up, place))
    return found
