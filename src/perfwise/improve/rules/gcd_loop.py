"""while b: a, b = b, a % b: math.gcd."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site

__all__ = ["GcdLoop"]


@dataclass(frozen=True)
class GcdLoop:
    """Call math.gcd instead of the loop of Euclid.

    Precondition: both are ints that are not negative, which running confirms: the sign may differ otherwise.

    Source: catalogue pattern 48; math in the Python docs.
    """

    tier: ClassVar[str] = "C"
    before: ClassVar[str] = "def f(a, b):\n    while b:\n        a, b = b, a % b\n    return a\n"
    after: ClassVar[str] = "from math import gcd\ndef f(a, b):\n    a, b = gcd(a, b), 0\n    return a\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(a, b):\n    while b:\n        a, b = b, a - b\n    return a\n",
        "def f(a, b):\n    while a:\n        a, b = b, a % b\n    return a\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Such loops, and functions that call themselves so."""
        for loop in program.walk(ast.While):
            text = ast.unparse(loop.body[0]) if len(loop.body) == 1 and not loop.orelse else ""
            found = re.fullmatch(r"\(?(\w+), (\w+)\)? = \(?(\w+), (\w+) % (\w+)\)?", text)
            if found is None:
                continue
            a, b, *rest = found.groups()
            test = ast.unparse(loop.test)
            if rest == [b, a, b] and test in {b, f"{b} != 0", f"{b} > 0"}:
                yield Site(program.restate([loop], [f"{a}, {b} = gcd({a}, {b}), 0"]), _WHY, ("math.gcd",))
        for node in program.walk(ast.FunctionDef):
            names = [arg.arg for arg in node.args.args]
            body = node.body[1:] if ast.get_docstring(node) is not None else node.body
            if len(names) == 2 and not node.decorator_list and node.name != "gcd":
                a, b = names
                text = ast.unparse(ast.Module(body, []))
                if text in {
                    shape.format(a=a, b=b, f=node.name, t=t) for shape in _SHAPES for t in (f"{b} == 0", f"not {b}")
                }:
                    yield Site(program.restate(body, [f"return gcd({a}, {b})"]), _WHY, ("math.gcd",))


_WHY = "gcd divides in C"
_SHAPES = (
    "if {t}:\n    return {a}\nelse:\n    return {f}({b}, {a} % {b})",
    "if {t}:\n    return {a}\nreturn {f}({b}, {a} % {b})",
    "return {a} if {t} else {f}({b}, {a} % {b})",
)
