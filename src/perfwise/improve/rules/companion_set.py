"""if x not in r: r.append(x): a set beside the list."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Edit, Program, Site
from perfwise.improve.rules._facts import scope_of, uses
from perfwise.improve.rules._shapes import append_call

__all__ = ["CompanionSet"]


@dataclass(frozen=True)
class CompanionSet:
    """Look into a set kept beside a list that is being filled.

    Precondition: the list is made empty in the function and changed by append of a name alone; items are hashable,
    which running confirms.

    Source: catalogue pattern 1; more-itertools unique_everseen.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = (
        "def f(xs):\n    r = []\n    for x in xs:\n        if x not in r:\n            r.append(x)\n    return r\n"
    )
    after: ClassVar[str] = (
        "def f(xs):\n"
        "    r = []\n"
        "    r_set = set()\n"
        "    for x in xs:\n"
        "        if x not in r_set:\n"
        "            r.append(x)\n"
        "            r_set.add(x)\n"
        "    return r\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        ("def f(xs, r):\n    for x in xs:\n        if x not in r:\n            r.append(x)\n    return r\n"),
        (
            "def f(xs):\n"
            "    r = []\n"
            "    for x in xs:\n"
            "        if x not in r:\n"
            "            r.append(x)\n"
            "            r.sort()\n"
            "            r.pop()\n"
            "    return r\n"
        ),
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Such lists."""
        for start in program.walk(ast.Assign):
            target, scope = start.targets[0], scope_of(program, start)
            if not isinstance(target, ast.Name) or not isinstance(scope, ast.FunctionDef) or "set" in program.bound:
                continue
            if not (isinstance(start.value, ast.List) and not start.value.elts and len(start.targets) == 1):
                continue
            made = program.fresh(f"{target.id}_set", f"set_of_{target.id}")
            edits = _beside(program, scope, target.id, made)
            if edits and program.alone(start):
                end = program.tail(program.span(start)[1])
                edits.append((end, end, f"\n{program.indent(start)}{made} = set()"))
                yield Site(tuple(edits), "a set beside the list answers in one step")


def _beside(program: Program, scope: ast.AST, name: str, made: str) -> list[Edit]:
    edits: list[Edit] = []
    asked = added = 0
    for each in uses(scope, name):
        up = program.parent(each)
        if not isinstance(each.ctx, ast.Load):
            if edits or not isinstance(up, ast.Assign):
                return []
        elif isinstance(up, ast.Attribute):
            statement = program.statement(each)
            found = None if statement is None else append_call(statement)
            if found is None or statement is None or not isinstance(found[1], ast.Name) or not program.alone(statement):
                return []
            end = program.tail(program.span(statement)[1])
            edits.append((end, end, f"\n{program.indent(statement)}{made}.add({found[1].id})"))
            added += 1
        elif isinstance(up, ast.Compare) and isinstance(up.ops[-1], ast.In | ast.NotIn) and up.comparators[-1] is each:
            edits += program.replace(each, made)
            asked += 1
        elif isinstance(up, ast.Subscript) and not isinstance(up.ctx, ast.Load):
            return []
    return edits if asked and added else []
