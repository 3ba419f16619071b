"""a[i] and b[i] for i in range(len(a)): zip."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import changed, read_after, uses
from perfwise.improve.rules._shapes import single

__all__ = ["ZipLoop"]


@dataclass(frozen=True)
class ZipLoop:
    """Take the items of several lists side by side with zip.

    Precondition: the place is used for nothing but reading items of names that are not changed; the others are at least
    as long, which running confirms.

    Source: catalogue pattern 19; Ruff B905 shows the danger: zip stops at the shortest.
    """

    tier: ClassVar[str] = "C"
    before: ClassVar[str] = "def f(a, b):\n    return [a[i] + b[i] for i in range(len(a))]\n"
    after: ClassVar[str] = "def f(a, b):\n    return [a_item + b_item for a_item, b_item in zip(a, b)]\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(a, b):\n    return [a[i] + b[i + 1] for i in range(len(a))]\n",
        "def f(a):\n    return [a[i] for i in range(len(a))]\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Comprehensions and loops over the places of a name that read several."""
        for loop in program.walk(ast.AST):
            if not isinstance(loop, ast.For | ast.comprehension) or not isinstance(loop.target, ast.Name):
                continue
            over = single(program, single(program, loop.iter, "range"), "len")
            whole = loop if isinstance(loop, ast.For) else program.parent(loop)
            if (
                not isinstance(over, ast.Name)
                or whole is None
                or getattr(loop, "orelse", None)
                or "zip" in program.bound
            ):
                continue
            reads = _reads(program, whole, loop.target)
            names = list(dict.fromkeys([over.id, *(name for name, _ in reads)]))
            if (
                len(names) < 2
                or len(reads) < 2
                or set(names) & changed(program, *(loop.body if isinstance(loop, ast.For) else [whole]))
            ):
                continue
            if isinstance(loop, ast.For) and read_after(program, loop, loop.target.id):
                continue
            items = {name: program.fresh(f"{name}_item") for name in names}
            edits = [
                *program.replace(loop.target, ", ".join(items.values())),
                *program.replace(loop.iter, f"zip({', '.join(names)})"),
            ]
            edits += [edit for name, node in reads for edit in program.replace(node, items[name])]
            yield Site(tuple(edits), "zip hands the items over side by side")


def _reads(program: Program, whole: ast.AST, target: ast.Name) -> list[tuple[str, ast.Subscript]]:
    """Every use of the place with the name that is read; nothing if one is another use."""
    found = []
    for each in uses(whole, target.id):
        up = program.parent(each)
        if each is target:
            continue
        read = isinstance(up, ast.Subscript) and up.slice is each and isinstance(up.ctx, ast.Load)
        if not (read and isinstance(up, ast.Subscript) and isinstance(up.value, ast.Name)):
            return []
        found.append((up.value.id, up))
    return found
