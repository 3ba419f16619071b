"""a call in a loop that gives the same each time: once before."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import loads, pure
from perfwise.improve.rules._shapes import loop_around

__all__ = ["Hoist"]


@dataclass(frozen=True)
class Hoist:
    """Make a call once before the loop where nothing in the loop changes what it depends on.

    Precondition: the call is pure, and no name that it reads is bound or changed in the loop; that an empty loop would
    not have made it is checked by running.

    Source: perflint W8201 loop-invariant-statement; catalogue pattern 18.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "def f(xs, ys):\n    return [x for x in xs if x > max(ys)]\n"
    after: ClassVar[str] = "def f(xs, ys):\n    max_ys = max(ys)\n    return [x for x in xs if x > max_ys]\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs, ys):\n    return [x for x in xs if ys.append(x) or x > max(ys)]\n",
        "def f(xs):\n    return [x for x in xs if x > max(range(x))]\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """The largest calls that a loop around them leaves alone."""
        groups: dict[tuple[int, str], tuple[ast.stmt, list[ast.Call]]] = {}
        for call in program.walk(ast.Call):
            up = program.parent(call)
            if (
                not loads(call) - _BUILTINS
                or not pure(program, call)
                or (isinstance(up, ast.Attribute) and pure(program, program.parent(up) or up))
            ):
                continue
            statement = loop_around(program, call)
            if statement is not None and not any(call in ast.walk(each) for each, _ in _taken(groups)):
                groups.setdefault((id(statement), ast.dump(call)), (statement, []))[1].append(call)
        for statement, calls in groups.values():
            name = program.fresh(_wish(calls[0]), _wish(calls[0]) + "_once")
            lines = [f"{name} = {program.source(calls[0])}"]
            edits = [
                *program.before(statement, lines),
                *(edit for call in calls for edit in program.replace(call, name)),
            ]
            if len(edits) == len(calls) + 1:
                yield Site(tuple(edits), f"nothing in the loop changes {program.source(calls[0])}")


_BUILTINS = frozenset(
    {"len", "max", "min", "sum", "range", "int", "str", "list", "set", "sorted", "float", "abs", "tuple", "dict"}
)


def _taken(groups: dict[tuple[int, str], tuple[ast.stmt, list[ast.Call]]]) -> list[tuple[ast.Call, ast.stmt]]:
    return [(call, statement) for statement, calls in groups.values() for call in calls]


def _wish(call: ast.Call) -> str:
    """A name made of what is called on what, e.g. `len_xs`."""
    called = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    on = call.func.value if isinstance(call.func, ast.Attribute) else (call.args[0] if call.args else None)
    tail = on.id if isinstance(on, ast.Name) else "value"
    return f"{called.strip('_')}_{tail}" if called.isidentifier() else "value_once"
