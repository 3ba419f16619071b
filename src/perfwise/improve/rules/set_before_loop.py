"""x in xs in a loop: a set made once before."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import kind
from perfwise.improve.rules._shapes import loop_around

__all__ = ["SetBeforeLoop"]


@dataclass(frozen=True)
class SetBeforeLoop:
    """Look into a set made once before the loop instead of into a list each time.

    Precondition: nothing in the loop changes the list; its items are hashable and it is a list or tuple, which the new
    line asks and running confirms.

    Source: Ruff PLR6201, perflint; catalogue pattern 2.
    """

    tier: ClassVar[str] = "C"
    before: ClassVar[str] = "def f(xs, ys):\n    return [x for x in xs if x in ys]\n"
    after: ClassVar[str] = (
        "def f(xs, ys):\n"
        "    ys_set = set(ys) if isinstance(ys, (list, tuple)) else ys\n"
        "    return [x for x in xs if x in ys_set]\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        ("def f(xs, ys):\n    for x in xs:\n        if x not in ys:\n            ys.append(x)\n"),
        "def f(x, ys):\n    return x in ys\n",
        "def f(xs):\n    ys = {1: 2}\n    return [x for x in xs if x in ys]\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Names that are looked into again and again."""
        groups: dict[tuple[int, str], tuple[ast.stmt, list[ast.Name]]] = {}
        for node in program.walk(ast.Compare):
            where = node.comparators[-1]
            if (
                not isinstance(node.ops[-1], ast.In | ast.NotIn)
                or not isinstance(where, ast.Name)
                or len(node.ops) != 1
            ):
                continue
            if kind(program, where) in {"str", "dict", "set", "range"} or program.bound & {
                "set",
                "isinstance",
                "list",
                "tuple",
            }:
                continue
            statement = loop_around(program, where)
            if statement is not None:
                groups.setdefault((id(statement), where.id), (statement, []))[1].append(where)
        for (_, name), (statement, places) in groups.items():
            made = program.fresh(f"{name}_set", f"set_of_{name}")
            text = (
                f"set({name})"
                if kind(program, places[0]) in {"list", "tuple"}
                else f"set({name}) if isinstance({name}, (list, tuple)) else {name}"
            )
            edits = [
                *program.before(statement, [f"{made} = {text}"]),
                *(edit for each in places for edit in program.replace(each, made)),
            ]
            if len(edits) == len(places) + 1:
                yield Site(tuple(edits), f"a set answers in one step, and nothing in the loop changes {name}")
