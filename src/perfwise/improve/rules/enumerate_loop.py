"""for i in range(len(x)) with x[i] and i: enumerate."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import changed, uses
from perfwise.improve.rules._shapes import single

__all__ = ["EnumerateLoop"]


@dataclass(frozen=True)
class EnumerateLoop:
    """Loop with enumerate where both place and item are used.

    Precondition: the list is not changed in the loop; it is a sequence, which running confirms.

    Source: catalogue pattern 19; pylint C0200.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "def f(x):\n    return [i for i in range(len(x)) if x[i] > 3]\n"
    after: ClassVar[str] = "def f(x):\n    return [i for i, item in enumerate(x) if item > 3]\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(x):\n    return [x[i] for i in range(len(x))]\n",
        "def f(x):\n    for i in range(len(x)):\n        x[i] = i\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Loops and comprehensions over the places of a name that use the place too."""
        name = program.fresh("item", "each", "entry")
        for loop in program.walk(ast.AST):
            if not isinstance(loop, ast.For | ast.comprehension) or not isinstance(loop.target, ast.Name):
                continue
            over = single(program, single(program, loop.iter, "range"), "len")
            whole = loop if isinstance(loop, ast.For) else program.parent(loop)
            if not isinstance(over, ast.Name) or whole is None or "enumerate" in program.bound:
                continue
            reads = _reads(program, whole, over.id, loop.target)
            if not reads or {over.id, loop.target.id} & changed(
                program, *(loop.body if isinstance(loop, ast.For) else [loop.iter, *loop.ifs])
            ):
                continue
            edits = [
                *program.replace(loop.target, f"{loop.target.id}, {name}"),
                *program.replace(loop.iter, f"enumerate({over.id})"),
            ]
            edits += [edit for node in reads for edit in program.replace(node, name)]
            yield Site(tuple(edits), "an item is had without looking it up")


def _reads(program: Program, whole: ast.AST, over: str, target: ast.Name) -> list[ast.Subscript]:
    found, others = [], 0
    for each in uses(whole, target.id):
        up = program.parent(each)
        if (
            isinstance(up, ast.Subscript)
            and up.slice is each
            and isinstance(up.value, ast.Name)
            and up.value.id == over
        ):
            if not isinstance(up.ctx, ast.Load):
                return []
            found.append(up)
        elif each is not target:
            others += 1
    return found if others else []
