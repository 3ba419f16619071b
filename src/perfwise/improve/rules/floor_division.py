"""int(a / b) and math.floor(a / b): a // b."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import kind

__all__ = ["FloorDivision"]


@dataclass(frozen=True)
class FloorDivision:
    """Divide whole numbers instead of rounding a quotient.

    Precondition: both are whole numbers, the quotient is not negative where int cuts, and below 2**53; running confirms
    it.

    Source: catalogue pattern 50; PEP 238.
    """

    tier: ClassVar[str] = "C"
    before: ClassVar[str] = "import math\ndef f(a: int, b: int):\n    return int(a / 2), math.floor(a / b)\n"
    after: ClassVar[str] = "import math\ndef f(a: int, b: int):\n    return a // 2, a // b\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(a):\n    return int(a / 2)\n",  # a float would stay one
        "def f(a):\n    return int(a / 2.5)\n",
        "def f(a):\n    return round(a / 2)\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Roundings of a quotient."""
        for call in program.walk(ast.Call):
            if len(call.args) != 1 or call.keywords:
                continue
            if not (program.builtin(call.func, "int") or program.imported(call.func, "math", "floor")):
                continue
            inner = call.args[0]
            if isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Div):
                kinds = {kind(program, inner.left), kind(program, inner.right)}
                if kinds == {"int"}:
                    left, right = program.operand(inner.left), program.operand(inner.right)
                    text = f"{left} // {right}"
                    bare = isinstance(
                        program.parent(call), ast.Assign | ast.Return | ast.Call | ast.comprehension | ast.Tuple
                    )
                    yield Site(
                        program.replace(call, text if bare else f"({text})"), "whole numbers divide to a whole number"
                    )
