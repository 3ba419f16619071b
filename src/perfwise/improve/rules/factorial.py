"""prod over range(1, n + 1): math.factorial."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import is_int, read_after
from perfwise.improve.rules._shapes import accumulation

__all__ = ["Factorial"]


@dataclass(frozen=True)
class Factorial:
    """Call math.factorial instead of multiplying a range.

    Precondition: the range begins at 1 or 2 and ends at an int and one more.

    Source: catalogue pattern 45; math in the Python docs.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "from math import prod\ndef f(n):\n    return prod(range(1, n + 1))\n"
    after: ClassVar[str] = (
        "from math import factorial\nfrom math import prod\ndef f(n):\n    return factorial(max(n, 0))\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "from math import prod\ndef f(n):\n    return prod(range(3, n + 1))\n",
        "def prod(xs):\n    return 1\ndef f(n):\n    return prod(range(1, n + 1))\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Products of such ranges, and loops that make them."""
        if "max" in program.bound:
            return
        for call in program.walk(ast.Call):
            if program.imported(call.func, "math", "prod") and len(call.args) == 1 and not call.keywords:
                top = _top(program, call.args[0])
                if top is not None:
                    yield Site(program.replace(call, f"factorial(max({top}, 0))"), _WHY, ("math.factorial",))
        for each in accumulation(program):
            top, last = _top(program, each.loop.iter), ast.unparse(each.statement)
            item = ast.unparse(each.loop.target)
            forms = {
                f"{each.name} *= {item}",
                f"{each.name} = {each.name} * {item}",
                f"{each.name} = {item} * {each.name}",
            }
            if top is not None and is_int(each.start.value, 1) and not each.tests and last in forms:
                if not read_after(program, each.loop, item):
                    lines = [f"{each.name} = factorial(max({top}, 0))"]
                    yield Site(program.restate([each.start, each.loop], lines), _WHY, ("math.factorial",))


_WHY = "factorial multiplies in C, by halves"


def _top(program: Program, over: ast.expr) -> str | None:
    """The last factor of range(1, top + 1)."""
    if not (isinstance(over, ast.Call) and program.calls(over, "range") and len(over.args) == 2):
        return None
    first, end = over.args
    if (is_int(first, 1) or is_int(first, 2)) and isinstance(end, ast.BinOp) and isinstance(end.op, ast.Add):
        if is_int(end.right, 1):
            return program.source(end.left)
    return None
