"""for k in d with d[k]: for k, v in d.items()."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import changed, kind, same

__all__ = ["DictItems"]


@dataclass(frozen=True)
class DictItems:
    """Take the values of a dict together with its keys.

    Precondition: neither the dict nor the key is bound or changed in the loop; it is a dict, which running confirms.

    Source: Ruff PLC0206.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "def f(d):\n    return [k + d[k] for k in d]\n"
    after: ClassVar[str] = "def f(d):\n    return [k + value for k, value in d.items()]\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(d):\n    return [k for k in d]\n",
        "def f(d):\n    for k in d:\n        d[k] = d[k] + 1\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Loops and comprehensions over a name that look their variable up in it."""
        name = program.fresh("value", "item", "content")
        for loop in program.walk(ast.AST):
            if not isinstance(loop, ast.For | ast.comprehension) or not isinstance(loop.target, ast.Name):
                continue
            over, whole = loop.iter, loop if isinstance(loop, ast.For) else program.parent(loop)
            if not isinstance(over, ast.Name) or whole is None or kind(program, over) not in {"", "dict"}:
                continue
            reads = [
                each
                for each in program.walk(ast.Subscript, whole)
                if same(each.value, over) and same(each.slice, loop.target) and isinstance(each.ctx, ast.Load)
            ]
            region = loop.body if isinstance(loop, ast.For) else [*loop.ifs]
            if not reads or {over.id, loop.target.id} & changed(program, *region):
                continue
            edits = [
                *program.replace(loop.target, f"{loop.target.id}, {name}"),
                *program.replace(over, f"{over.id}.items()"),
            ]
            edits += [edit for node in reads for edit in program.replace(node, name)]
            yield Site(tuple(edits), "the value comes with its key")
