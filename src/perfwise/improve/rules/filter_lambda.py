"""filter with a lambda: a comprehension with a condition."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._shapes import lambda_of

__all__ = ["FilterLambda"]


@dataclass(frozen=True)
class FilterLambda:
    """Write a comprehension instead of list, set, tuple, len and the like of filter with a lambda.

    Precondition: the consumer uses everything up at once; the lambda has one plain parameter.

    Source: Ruff C417; flake8-comprehensions.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(xs):\n    return list(filter(lambda x: x > 3, xs))\n"
    after: ClassVar[str] = "def f(xs):\n    return [x for x in xs if x > 3]\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    return filter(lambda x: x > 3, xs)\n",
        "def f(xs):\n    return list(filter(None, xs))\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Consumers of filter with a lambda."""
        for call in program.walk(ast.Call):
            inner = call.args[0] if len(call.args) == 1 and not call.keywords else None
            text = _comprehension(program, inner)
            if text is None:
                continue
            if program.builtin(call.func, "list"):
                yield Site(program.replace(call, f"[{text}]"), _WHY)
            elif inner is not None and (
                program.builtin(call.func, "sum", "tuple", "sorted", "set", "max", "min")
                or (isinstance(call.func, ast.Attribute) and call.func.attr == "join")
            ):
                yield Site(program.replace(inner, f"[{text}]"), _WHY)


_WHY = "a comprehension needs no call for each item"


def _comprehension(program: Program, node: ast.expr | None) -> str | None:
    if not (isinstance(node, ast.Call) and program.calls(node, "filter") and len(node.args) == 2):
        return None
    found = lambda_of(node.args[0])
    if found is None or any(isinstance(each, ast.Lambda | ast.NamedExpr) for each in ast.walk(found[1])):
        return None
    (name,), test = found
    condition = program.operand(test) if isinstance(test, ast.IfExp) else program.source(test)
    return f"{name} for {name} in {program.iterable(node.args[1])} if {condition}"
