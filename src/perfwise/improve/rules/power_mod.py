"""a ** b % m: pow(a, b, m)."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site

__all__ = ["PowerMod"]


@dataclass(frozen=True)
class PowerMod:
    """Raise to a power modulo m with the three-argument pow.

    Precondition: all are ints and the exponent is not negative, which running confirms.

    Source: catalogue pattern 46; pow in the Python docs.
    """

    tier: ClassVar[str] = "C"
    before: ClassVar[str] = "def f(a, b, m):\n    return a**b % m, pow(a, b) % m\n"
    after: ClassVar[str] = "def f(a, b, m):\n    return pow(a, b, m), pow(a, b, m)\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(a, b, m):\n    return a**2 % m\n",
        "def f(a, b, m):\n    return a * b % m\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Remainders of a power."""
        for node in program.walk(ast.BinOp):
            if not isinstance(node.op, ast.Mod) or "pow" in program.bound:
                continue
            base = node.left
            if (
                isinstance(base, ast.BinOp)
                and isinstance(base.op, ast.Pow)
                and not isinstance(base.right, ast.Constant)
            ):
                parts = [base.left, base.right, node.right]
            elif program.calls(base, "pow") and isinstance(base, ast.Call) and len(base.args) == 2:
                parts = [*base.args, node.right]
            else:
                continue
            text = f"pow({', '.join(program.source(each) for each in parts)})"
            yield Site(program.replace(node, text), "the power never grows beyond the modulus")
