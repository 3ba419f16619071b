"""r.append in a loop: bound once before."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import stored

__all__ = ["BoundMethod"]


@dataclass(frozen=True)
class BoundMethod:
    """Bind a method to a name before a loop that calls it.

    Precondition: the receiver is bound nowhere in the loop.

    Source: catalogue pattern 35; PyPy and old CPython advice, which the meter has to confirm for this interpreter.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(xs, r):\n    for x in xs:\n        if x:\n            r.append(x)\n"
    after: ClassVar[str] = (
        "def f(xs, r):\n    r_append = r.append\n    for x in xs:\n        if x:\n            r_append(x)\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs, r):\n    for x in xs:\n        r = []\n        r.append(x)\n",
        "def f(r, x):\n    r.append(x)\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Statements that call append or add on a name in a loop."""
        groups: dict[tuple[int, str, str], tuple[ast.stmt, list[ast.Attribute]]] = {}
        for call in program.walk(ast.Call):
            if not (
                isinstance(call.func, ast.Attribute)
                and call.func.attr in {"append", "add"}
                and isinstance(call.func.value, ast.Name)
            ):
                continue
            name = call.func.value.id
            around = [up for up in program.above(call) if isinstance(up, ast.For | ast.While)]
            free = [up for up in around if name not in stored(up) and program.function(up) is program.function(call)]
            if (
                free
                and isinstance(program.parent(call), ast.Expr)
                and isinstance(program.function(call), ast.FunctionDef)
            ):
                key = (id(free[-1]), name, call.func.attr)
                groups.setdefault(key, (free[-1], []))[1].append(call.func)
        for (_, name, method), (loop, places) in groups.items():
            made = program.fresh(f"{name}_{method}")
            edits = [
                *program.before(loop, [f"{made} = {name}.{method}"]),
                *(edit for each in places for edit in program.replace(each, made)),
            ]
            if len(edits) == len(places) + 1:
                yield Site(tuple(edits), f"the method {method} of {name} is looked up once")
