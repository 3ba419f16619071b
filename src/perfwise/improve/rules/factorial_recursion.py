"""n * f(n - 1) down to 1: math.factorial."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site

__all__ = ["FactorialRecursion"]


@dataclass(frozen=True)
class FactorialRecursion:
    """Call math.factorial instead of a recursive function.

    Precondition: the function is the textbook one, over ints that are not negative, which running confirms.

    Source: catalogue pattern 45.
    """

    tier: ClassVar[str] = "C"
    before: ClassVar[str] = "def f(n):\n    if n == 0:\n        return 1\n    else:\n        return n * f(n - 1)\n"
    after: ClassVar[str] = "from math import factorial\ndef f(n):\n    return factorial(n)\n"
    silent: ClassVar[tuple[str, ...]] = (
        ("def f(n):\n    if n == 0:\n        return 2\n    else:\n        return n * f(n - 1)\n"),
        "def f(n):\n    if n == 0:\n        return 1\n    return n + f(n - 1)\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Functions of one parameter that are written so."""
        for node in program.walk(ast.FunctionDef):
            if len(node.args.args) != 1 or node.decorator_list:
                continue
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            n, f = node.args.args[0].arg, node.name
            text = ast.unparse(ast.Module(body, []))
            if text in {shape.format(n=n, f=f, test=test.format(n=n)) for shape in _SHAPES for test in _TESTS}:
                yield Site(
                    program.restate(body, [f"return factorial({n})"]), "factorial multiplies in C", ("math.factorial",)
                )


_TESTS = (
    "{n} == 0",
    "{n} == 1",
    "{n} <= 1",
    "{n} < 2",
    "{n} == 0 or {n} == 1",
    "{n} == 1 or {n} == 0",
    "{n} < 1",
    "{n} <= 0",
)
_SHAPES = (
    "if {test}:\n    return 1\nelse:\n    return {n} * {f}({n} - 1)",
    "if {test}:\n    return 1\nreturn {n} * {f}({n} - 1)",
    "return 1 if {test} else {n} * {f}({n} - 1)",
)
