"""sorted(x)[0] and sorted(x)[-1]: min and max."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site

__all__ = ["SortedEnd"]


@dataclass(frozen=True)
class SortedEnd:
    """Look for the smallest or largest item instead of sorting all.

    Precondition: equal items cannot be told apart, and the list is not empty, which running confirms; with a key the
    last of equal ones would differ, so only without.

    Source: catalogue pattern 27; Ruff FURB192.
    """

    tier: ClassVar[str] = "C"
    before: ClassVar[str] = "def f(xs):\n    return sorted(xs)[0], sorted(xs)[-1]\n"
    after: ClassVar[str] = "def f(xs):\n    return min(xs), max(xs)\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    return sorted(xs)[1]\n",
        "def f(xs):\n    return sorted(xs, key=len)[-1]\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """First and last of a sorted list."""
        for node in program.walk(ast.Subscript):
            call = node.value
            if not isinstance(call, ast.Call) or not program.builtin(call.func, "sorted") or len(call.args) != 1:
                continue
            reverse = [each.value for each in call.keywords if each.arg == "reverse"]
            if len(call.keywords) != len(reverse) or any(not isinstance(each, ast.Constant) for each in reverse):
                continue
            where = ast.unparse(node.slice)
            if where in {"0", "-1"} and not program.bound & {"min", "max"}:
                backwards = bool(reverse) and isinstance(reverse[0], ast.Constant) and bool(reverse[0].value)
                name = "min" if (where == "0") != backwards else "max"
                yield Site(program.replace(node, f"{name}({program.source(call.args[0])})"), "one pass finds it")
