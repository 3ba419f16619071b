"""bin(n).count('1'): n.bit_count()."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._shapes import single

__all__ = ["BitCount"]


@dataclass(frozen=True)
class BitCount:
    """Count bits without writing the number out.

    Precondition: n is an int.

    Source: int.bit_count in the Python docs; Ruff FURB161.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(n):\n    return bin(n).count('1')\n"
    after: ClassVar[str] = "def f(n):\n    return n.bit_count()\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(n):\n    return bin(n).count('0')\n",
        "def f(n):\n    return hex(n).count('1')\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Such counts."""
        for call in program.walk(ast.Call):
            if not (isinstance(call.func, ast.Attribute) and call.func.attr == "count" and len(call.args) == 1):
                continue
            number, asked = single(program, call.func.value, "bin"), call.args[0]
            if number is not None and isinstance(asked, ast.Constant) and asked.value == "1":
                shown = f"({program.source(number)})" if isinstance(number, ast.Constant) else program.operand(number)
                yield Site(
                    program.replace(call, f"{shown}.bit_count()"), "the bits are counted without writing them out"
                )
