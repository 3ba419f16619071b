"""[i for i in range(1, n + 1) if n % i == 0]: divisors in pairs."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Edit, Program, Site
from perfwise.improve.rules._facts import is_int, loads, same

__all__ = ["DivisorPairs"]


@dataclass(frozen=True)
class DivisorPairs:
    """Find divisors in pairs up to the square root.

    Precondition: the range begins at 1 or 2 and ends at n, at n + 1 or at half of n and one more.

    Source: catalogue pattern 42; elementary number theory.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(n):\n    return [i for i in range(1, n) if n % i == 0]\n"
    after: ClassVar[str] = (
        "from math import isqrt\n"
        "def f(n):\n"
        "    return sorted({d for i in range(1, isqrt(max(n, 0)) + 1) if not n % i for d in (i, n // i) if 1 <= d < n})\n"  # noqa: E501 - one line of a program
    )
    silent: ClassVar[tuple[str, ...]] = (
        "def f(n):\n    return [i * i for i in range(1, n) if n % i == 0]\n",
        "def f(n, m):\n    return [i for i in range(1, m) if n % i == 0]\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Comprehensions that list the divisors of a name."""
        if program.bound & {"sorted", "max"}:
            return
        for made in program.walk(ast.expr):
            if not isinstance(made, ast.ListComp | ast.GeneratorExp) or len(made.generators) != 1:
                continue
            only = made.generators[0]
            over, counts = only.iter, is_int(made.elt, 1)
            if not (
                isinstance(over, ast.Call)
                and program.calls(over, "range")
                and 1 <= len(over.args) <= 2
                and len(only.ifs) == 1
            ):
                continue
            first = ast.unparse(over.args[0]) if len(over.args) == 2 else "0"
            i, end, test = ast.unparse(only.target), over.args[-1], ast.unparse(only.ifs[0])
            names = sorted(loads(end) - {"int"})
            if first not in {"1", "2"} or len(names) != 1 or not (counts or same(made.elt, only.target)):
                continue
            n, d = names[0], program.fresh("d", "divisor")
            ends = {n, f"{n} + 1", f"{n} // 2 + 1", f"int({n} / 2) + 1", f"{n} // 2"}
            if ast.unparse(end) in ends and test in {f"{n} % {i} == 0", f"not {n} % {i}"}:
                found = f"for {i} in range(1, isqrt(max({n}, 0)) + 1) if not {n} % {i}"
                inner = f"{{{d} {found} for {d} in ({i}, {n} // {i}) if {first} <= {d} < {program.operand(end)}}}"
                text = f"[1 for {d} in {inner}]" if counts else f"sorted({inner})"
                where = program.replace(made, text)
                if isinstance(made, ast.GeneratorExp) and where:
                    where = _inside(program, made, text)
                yield Site(where, "each divisor up to the square root has a partner above it", ("math.isqrt",))


def _inside(program: Program, made: ast.GeneratorExp, text: str) -> tuple[Edit, ...]:
    up = program.parent(made)
    if not isinstance(up, ast.Call) or not program.builtin(
        up.func, "sum", "max", "min", "list", "set", "tuple", "sorted", "len"
    ):
        return ()
    start, end = program.span(made)
    shared = program.text[start] == "(" and end == program.span(up)[1]
    return ((start, end, f"({text})" if shared else text),)
