"""map with a lambda: a comprehension."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._shapes import lambda_of

__all__ = ["MapLambda"]


@dataclass(frozen=True)
class MapLambda:
    """Write a comprehension instead of list, set, tuple, sum, join and the like of map with a lambda.

    Precondition: the consumer uses everything up at once; parameters of the lambda are plain.

    Source: Ruff C417: a lambda costs a call for each item.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = (
        "def f(xs, ys):\n    return list(map(lambda x: x * 2, xs)), sum(map(lambda x, y: x * y, xs, ys))\n"
    )
    after: ClassVar[str] = "def f(xs, ys):\n    return [x * 2 for x in xs], sum([x * y for x, y in zip(xs, ys)])\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    return map(lambda x: x * 2, xs)\n",
        "def f(xs):\n    return list(map(str, xs))\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Consumers of map with a lambda."""
        for call in program.walk(ast.Call):
            inner = call.args[0] if len(call.args) == 1 and not call.keywords else None
            text = _comprehension(program, inner)
            if text is None or "zip" in program.bound:
                continue
            if program.builtin(call.func, "list"):
                yield Site(program.replace(call, f"[{text}]"), _WHY)
            elif program.builtin(call.func, "set"):
                yield Site(program.replace(call, f"{{{text}}}"), _WHY)
            elif inner is not None and (
                program.builtin(call.func, "sum", "tuple", "sorted", "max", "min")
                or (isinstance(call.func, ast.Attribute) and call.func.attr == "join")
            ):
                yield Site(program.replace(inner, f"[{text}]"), _WHY)


_WHY = "a comprehension needs no call for each item"


def _comprehension(program: Program, node: ast.expr | None) -> str | None:
    if not (isinstance(node, ast.Call) and program.calls(node, "map") and len(node.args) >= 2):
        return None
    found = lambda_of(node.args[0], len(node.args) - 1)
    if found is None or any(isinstance(each, ast.Lambda | ast.NamedExpr) for each in ast.walk(found[1])):
        return None
    names, body = found
    shown = program.source(body)
    element = f"({shown})" if isinstance(body, ast.Tuple) and not shown.startswith("(") else shown
    if len(names) == 1:
        return f"{element} for {names[0]} in {program.iterable(node.args[1])}"
    over = ", ".join(program.source(each) for each in node.args[1:])
    return f"{element} for {', '.join(names)} in zip({over})"
