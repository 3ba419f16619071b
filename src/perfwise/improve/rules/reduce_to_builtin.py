"""reduce with a lambda: sum, math.prod, max or min."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._shapes import lambda_of

__all__ = ["ReduceToBuiltin"]


@dataclass(frozen=True)
class ReduceToBuiltin:
    """Call sum, math.prod, max or min instead of functools.reduce with a lambda.

    Precondition: numbers are reduced: that they are is checked by running, as sum of floats rounds otherwise since
    Python 3.12.

    Source: catalogue pattern 45; functools and math in the Python docs.
    """

    tier: ClassVar[str] = "C"
    before: ClassVar[str] = "from functools import reduce\ndef f(xs):\n    return reduce(lambda a, b: a * b, xs)\n"
    after: ClassVar[str] = "from math import prod\nfrom functools import reduce\ndef f(xs):\n    return prod(xs)\n"
    silent: ClassVar[tuple[str, ...]] = (
        ("from functools import reduce\ndef f(xs):\n    return reduce(lambda a, b: a - b, xs)\n"),
        ("def reduce(g, xs):\n    return 1\ndef f(xs):\n    return reduce(lambda a, b: a * b, xs)\n"),
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Calls of functools.reduce."""
        for call in program.walk(ast.Call):
            if not program.imported(call.func, "functools", "reduce") or call.keywords or not 2 <= len(call.args) <= 3:
                continue
            found = lambda_of(call.args[0], 2)
            if found is None:
                continue
            text, imports = _text(program, found, [program.source(each) for each in call.args[1:]])
            if text:
                yield Site(program.replace(call, text), "the builtin reduces without a call for each item", imports)


def _text(program: Program, found: tuple[list[str], ast.expr], rest: list[str]) -> tuple[str, tuple[str, ...]]:
    names, body = found
    if isinstance(body, ast.BinOp) and {ast.unparse(body.left), ast.unparse(body.right)} == set(names):
        if isinstance(body.op, ast.Mult):
            return f"prod({rest[0]}{', start=' + rest[1] if len(rest) > 1 else ''})", ("math.prod",)
        if isinstance(body.op, ast.Add) and "sum" not in program.bound:
            return f"sum({', '.join(rest)})", ()
    if program.calls(body, "max", "min") and isinstance(body, ast.Call) and len(rest) == 1:
        if {ast.unparse(each) for each in body.args} == set(names):
            return f"{program.source(body.func)}({rest[0]})", ()
    return "", ()
