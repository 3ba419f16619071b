"""map(lambda x, y: x + y, a, b): operator.add."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._shapes import lambda_of

__all__ = ["LambdaToOperator"]


@dataclass(frozen=True)
class LambdaToOperator:
    """Hand over an operator as a function of C instead of a lambda.

    Precondition: the lambda only joins its two parameters in their order.

    Source: Ruff FURB118; operator in the Python docs.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(a, b):\n    return list(map(lambda x, y: x + y, a, b))\n"
    after: ClassVar[str] = "from operator import add\ndef f(a, b):\n    return list(map(add, a, b))\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(a, b):\n    return list(map(lambda x, y: y - x, a, b))\n",
        "def f(a, b):\n    return list(map(lambda x, y: x + y + 1, a, b))\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Lambdas of two parameters as the first argument of map or reduce."""
        for call in program.walk(ast.Call):
            mapped = program.builtin(call.func, "map") and len(call.args) == 3
            if not (mapped or program.imported(call.func, "functools", "reduce")) or not call.args:
                continue
            found = lambda_of(call.args[0], 2)
            if found is None or not isinstance(found[1], ast.BinOp):
                continue
            names, body = found
            name = _NAMES.get(type(body.op)) if isinstance(body, ast.BinOp) else None
            if name and isinstance(body, ast.BinOp) and [ast.unparse(body.left), ast.unparse(body.right)] == names:
                yield Site(
                    program.replace(call.args[0], name), "the operator is called without a frame", (f"operator.{name}",)
                )


_NAMES: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.BitAnd: "and_",
    ast.BitOr: "or_",
    ast.BitXor: "xor",
}
