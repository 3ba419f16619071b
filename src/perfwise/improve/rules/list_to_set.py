"""a local list that is only appended to and looked into: a set."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Edit, Program, Site
from perfwise.improve.rules._facts import scope_of, uses

__all__ = ["ListToSet"]


@dataclass(frozen=True)
class ListToSet:
    """Collect in a set where only membership is asked.

    Precondition: the list is made empty in the function and used for append and in alone; items are hashable, which
    running confirms.

    Source: catalogue pattern 1.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = (
        "def f(xs):\n"
        "    seen = []\n"
        "    for x in xs:\n"
        "        if x in seen:\n"
        "            return x\n"
        "        seen.append(x)\n"
    )
    after: ClassVar[str] = (
        "def f(xs):\n"
        "    seen = set()\n"
        "    for x in xs:\n"
        "        if x in seen:\n"
        "            return x\n"
        "        seen.add(x)\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        (
            "def f(xs):\n"
            "    seen = []\n"
            "    for x in xs:\n"
            "        if x not in seen:\n"
            "            seen.append(x)\n"
            "    return seen\n"
        ),
        ("def f(xs, seen):\n    for x in xs:\n        if x in seen:\n            return x\n        seen.append(x)\n"),
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Such lists."""
        for start in program.walk(ast.Assign):
            target, scope = start.targets[0], scope_of(program, start)
            if not isinstance(target, ast.Name) or not isinstance(scope, ast.FunctionDef) or "set" in program.bound:
                continue
            if not (isinstance(start.value, ast.List) and not start.value.elts and len(start.targets) == 1):
                continue
            edits = _as_set(program, scope, target.id)
            if edits:
                yield Site((*program.replace(start.value, "set()"), *edits), "a set answers in one step")


def _as_set(program: Program, scope: ast.AST, name: str) -> list[Edit]:
    edits: list[Edit] = []
    asked = 0
    for each in uses(scope, name):
        up = program.parent(each)
        if not isinstance(each.ctx, ast.Load):
            if edits or not isinstance(up, ast.Assign):
                return []
        elif isinstance(up, ast.Attribute) and up.attr == "append" and isinstance(program.parent(up), ast.Call):
            edits += ((program.span(up)[1] - len("append"), program.span(up)[1], "add"),)
        elif isinstance(up, ast.Compare) and isinstance(up.ops[-1], ast.In | ast.NotIn) and up.comparators[-1] is each:
            asked += 1
        else:
            return []
    return edits if asked else []
