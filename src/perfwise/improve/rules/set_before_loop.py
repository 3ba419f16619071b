"""x in xs in a loop: a set made once before."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import changed, kind
from perfwise.improve.rules._shapes import loop_around

__all__ = ["SetBeforeLoop"]

_HASHED = "{int, float, str, bool, bytes}"
_KNOWN = frozenset({"int", "float", "str", "bool"})


@dataclass(frozen=True)
class SetBeforeLoop:
    """Look into a set made once before the loop instead of into a list each time.

    Precondition: nothing in the loop changes the list. What is looked for is a number or a text by its form, or an
    item of a list that is iterated over as it stands; that all items are of types that can be hashed and compared by
    value is asked by the new line, which else keeps the list.

    Source: Ruff PLR6201, perflint; catalogue pattern 2.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "def f(xs, ys):\n    return [x for x in xs if x in ys]\n"
    after: ClassVar[str] = (
        "def f(xs, ys):\n"
        "    ys_set = set(ys) if isinstance(ys, (list, tuple)) and isinstance(xs, (list, tuple, str)) "
        "and {*map(type, ys), *map(type, xs)} <= {int, float, str, bool, bytes} else ys\n"
        "    return [x for x in xs if x in ys_set]\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        ("def f(xs, ys):\n    for x in xs:\n        if x not in ys:\n            ys.append(x)\n"),
        "def f(x, ys):\n    return x in ys\n",
        "def f(xs, ys):\n    return [x for x in xs if x[1:] in ys]\n",
        "def f(xs):\n    ys = {1: 2}\n    return [x for x in xs if x in ys]\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Names that are looked into again and again."""
        if program.bound & {
            "set",
            "isinstance",
            "list",
            "tuple",
            "map",
            "type",
            "int",
            "float",
            "str",
            "bool",
            "bytes",
        }:
            return
        groups: dict[tuple[int, str], tuple[ast.stmt, list[ast.Name], list[str]]] = {}
        for node in program.walk(ast.Compare):
            where = node.comparators[-1]
            if len(node.ops) != 1 or not isinstance(node.ops[0], ast.In | ast.NotIn) or not isinstance(where, ast.Name):
                continue
            statement, source = loop_around(program, where), _source(program, node.left)
            if statement is None or source is None or kind(program, where) in {"str", "dict", "set", "range"}:
                continue
            if source and source in changed(program, statement):
                continue
            _, places, sources = groups.setdefault((id(statement), where.id), (statement, [], []))
            places.append(where)
            sources += [source] if source and source not in sources else []
        for (_, name), (statement, places, sources) in groups.items():
            made = program.fresh(f"{name}_set", f"set_of_{name}")
            edits = [
                *program.before(statement, [f"{made} = {_guarded(name, sources)}"]),
                *(edit for each in places for edit in program.replace(each, made)),
            ]
            if len(edits) == len(places) + 1:
                yield Site(tuple(edits), f"a set answers in one step, and nothing in the loop changes {name}")


def _guarded(name: str, sources: list[str]) -> str:
    asked = [f"isinstance({name}, (list, tuple))", *(f"isinstance({each}, (list, tuple, str))" for each in sources)]
    types = ", ".join(f"*map(type, {each})" for each in (name, *sources))
    return f"set({name}) if {' and '.join(asked)} and {{{types}}} <= {_HASHED} else {name}"


def _source(program: Program, left: ast.expr) -> str | None:
    """The name whose items are looked for; empty where the form tells that they can be hashed; None where neither."""
    if isinstance(left, ast.BinOp | ast.UnaryOp | ast.Constant | ast.JoinedStr):
        parts = [each for each in ast.walk(left) if isinstance(each, ast.List | ast.Dict | ast.Set | ast.Name)]
        known = all(isinstance(each, ast.Name) and kind(program, each) in _KNOWN for each in parts)
        return "" if known else None
    if kind(program, left) in _KNOWN:
        return ""
    if not isinstance(left, ast.Name):
        return None
    for up in program.above(left):
        loops = getattr(up, "generators", [up] if isinstance(up, ast.For) else [])
        for loop in loops:
            if isinstance(loop.target, ast.Name) and loop.target.id == left.id:
                return loop.iter.id if isinstance(loop.iter, ast.Name) else None
    return None
