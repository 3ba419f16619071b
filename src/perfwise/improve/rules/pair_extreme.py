"""max(a, b) and min(a, b): a conditional."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site

__all__ = ["PairExtreme"]


@dataclass(frozen=True)
class PairExtreme:
    """Compare two values instead of calling max or min.

    Precondition: both are names, constants or simple sums of them without effect.

    Source: the cost of a call; max returns the first unless the second is greater.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(a, b):\n    return max(a, b), min(a, b)\n"
    after: ClassVar[str] = "def f(a, b):\n    return b if b > a else a, b if b < a else a\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(a, b, c):\n    return max(a, b, c)\n",
        "def f(a, g):\n    return max(a, g())\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Calls of max and min with two simple values."""
        for call in program.walk(ast.Call):
            if not program.calls(call, "max", "min") or len(call.args) != 2 or not all(map(_simple, call.args)):
                continue
            a, b = (program.operand(each) for each in call.args)
            sign = ">" if program.builtin(call.func, "max") else "<"
            text = f"{b} if {b} {sign} {a} else {a}"
            up = program.parent(call)
            bare = isinstance(up, ast.Assign | ast.Return | ast.Tuple) or (isinstance(up, ast.Call) and call in up.args)
            yield Site(program.replace(call, text if bare else f"({text})"), "a comparison costs less than a call")


def _simple(node: ast.expr) -> bool:
    kept = (ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Subscript, ast.operator, ast.unaryop, ast.expr_context)
    return all(isinstance(each, kept) for each in ast.walk(node)) and sum(1 for _ in ast.walk(node)) <= 16
