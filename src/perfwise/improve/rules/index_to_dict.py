"""xs.index(x) in a loop: a dict of first places before."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._shapes import loop_around

__all__ = ["IndexToDict"]


@dataclass(frozen=True)
class IndexToDict:
    """Find all first places once before the loop instead of one each time.

    Precondition: nothing in the loop changes the list; items are hashable, and what is looked for is in it, which
    running confirms.

    Source: catalogue pattern 5.
    """

    tier: ClassVar[str] = "C"
    before: ClassVar[str] = "def f(xs, ys):\n    return [xs.index(y) for y in ys]\n"
    after: ClassVar[str] = (
        "def f(xs, ys):\n"
        "    xs_places = {item: place for place, item in reversed(list(enumerate(xs)))}\n"
        "    return [xs_places[y] for y in ys]\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs, y):\n    return xs.index(y)\n",
        ("def f(xs, ys):\n    for y in ys:\n        xs.remove(y)\n        print(xs.index(y))\n"),
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Calls of index on a name that a loop around leaves alone."""
        groups: dict[tuple[int, str], tuple[ast.stmt, list[ast.Call]]] = {}
        for call in program.walk(ast.Call):
            if (
                not (isinstance(call.func, ast.Attribute) and call.func.attr == "index" and len(call.args) == 1)
                or call.keywords
            ):
                continue
            receiver = call.func.value
            if isinstance(receiver, ast.Name) and not isinstance(call.args[0], ast.Constant):
                statement = loop_around(program, receiver)
                if statement is not None and not program.bound & {"reversed", "list", "enumerate"}:
                    groups.setdefault((id(statement), receiver.id), (statement, []))[1].append(call)
        for (_, name), (statement, calls) in groups.items():
            made = program.fresh(f"{name}_places", f"places_in_{name}")
            text = f"{{item: place for place, item in reversed(list(enumerate({name})))}}"
            edits = list(program.before(statement, [f"{made} = {text}"]))
            edits += [
                edit for call in calls for edit in program.replace(call, f"{made}[{program.source(call.args[0])}]")
            ]
            if len(edits) == len(calls) + 1:
                yield Site(tuple(edits), f"one pass finds every first place in {name}")
