"""xs.count(x) in a loop: one Counter before."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._shapes import loop_around

__all__ = ["Counter"]


@dataclass(frozen=True)
class Counter:
    """Count everything once before the loop instead of one item each time.

    Precondition: nothing in the loop changes what is counted in; items are hashable, and of a text single characters
    are counted, which running confirms.

    Source: catalogue pattern 3; perflint.
    """

    tier: ClassVar[str] = "C"
    before: ClassVar[str] = "def f(xs):\n    return [x for x in xs if xs.count(x) > 1]\n"
    after: ClassVar[str] = (
        "from collections import Counter\n"
        "def f(xs):\n"
        "    xs_counts = Counter(xs)\n"
        "    return [x for x in xs if xs_counts[x] > 1]\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    for x in xs:\n        xs.append(xs.count(x))\n",
        "def f(xs, x):\n    return xs.count(x)\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Calls of count on a name that a loop around leaves alone."""
        groups: dict[tuple[int, str], tuple[ast.stmt, list[ast.Call]]] = {}
        for call in program.walk(ast.Call):
            if (
                not (isinstance(call.func, ast.Attribute) and call.func.attr == "count" and len(call.args) == 1)
                or call.keywords
            ):
                continue
            receiver = call.func.value
            if isinstance(receiver, ast.Name) and not isinstance(call.args[0], ast.Constant | ast.BinOp):
                statement = loop_around(program, receiver)
                if statement is not None:
                    groups.setdefault((id(statement), receiver.id), (statement, []))[1].append(call)
        for (_, name), (statement, calls) in groups.items():
            made = program.fresh(f"{name}_counts", f"counts_of_{name}")
            edits = list(program.before(statement, [f"{made} = Counter({name})"]))
            edits += [
                edit for call in calls for edit in program.replace(call, f"{made}[{program.source(call.args[0])}]")
            ]
            if len(edits) == len(calls) + 1:
                yield Site(tuple(edits), f"one pass counts everything in {name}", ("collections.Counter",))
