"""x ** 2: x * x."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import is_int, kind

__all__ = ["Square"]


@dataclass(frozen=True)
class Square:
    """Multiply instead of raising to the power of two or three.

    Precondition: the base is a name, for a third power one of an int; numbers multiply to the same, which running
    confirms for other types.

    Source: catalogue pattern 29.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "def f(x: int):\n    return x**2 + x**3\n"
    after: ClassVar[str] = "def f(x: int):\n    return x * x + x * x * x\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(x):\n    return x**3\n",  # a float may be rounded otherwise
        "def f(x):\n    return x**0.5\n",
        "def f(x):\n    return g(x) ** 2\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Powers of a name."""
        for node in program.walk(ast.BinOp):
            if (
                isinstance(node.op, ast.Pow)
                and isinstance(node.left, ast.Name)
                and (is_int(node.right, 2) or (is_int(node.right, 3) and kind(program, node.left) == "int"))
            ):
                text = " * ".join([node.left.id] * (2 if is_int(node.right, 2) else 3))
                up = program.parent(node)
                tight = isinstance(up, ast.BinOp | ast.UnaryOp) and not (
                    isinstance(up, ast.BinOp) and isinstance(up.op, ast.Add | ast.Sub) and up.left is node
                )
                tight = tight and not (isinstance(up, ast.BinOp) and isinstance(up.op, ast.Add))
                yield Site(program.replace(node, f"({text})" if tight else text), "a product is cheaper than a power")
