"""sum over a range of a polynomial: its closed form."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._shapes import single

__all__ = ["ClosedSum"]


@dataclass(frozen=True)
class ClosedSum:
    """Work a sum of powers out instead of adding it up.

    Precondition: what is summed is a polynomial of the variable with int constants, of degree 4 at most, over range
    with step 1.

    Source: Faulhaber; catalogue pattern 45.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(n):\n    return sum(range(n + 1))\n"
    after: ClassVar[str] = "def f(n):\n    return (((n + 1) * ((n + 1) - 1) // 2) if n + 1 > 0 else 0)\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(n):\n    return sum([i**4 * i for i in range(n)])\n",
        "def f(n):\n    return sum([1 // i for i in range(1, n)])\n",
        "def f(n):\n    return sum(range(0, n, 2))\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Sums of a range or of a comprehension over one."""
        for call in program.walk(ast.Call):
            inner = single(program, call, "sum")
            element: ast.expr | None = None
            over: ast.expr | None = inner
            if isinstance(inner, ast.ListComp | ast.GeneratorExp) and len(inner.generators) == 1:
                only = inner.generators[0]
                if only.ifs or not isinstance(only.target, ast.Name):
                    continue
                element, over = inner.elt, only.iter
                powers = _polynomial(element, only.target.id)
            else:
                powers = {1: 1}
            if (
                not (isinstance(over, ast.Call) and program.calls(over, "range") and 1 <= len(over.args) <= 2)
                or not powers
                or max(powers) > max(_SUMS)
            ):
                continue
            ends = [program.source(each) for each in over.args]
            first, last = ("0", ends[0]) if len(ends) == 1 else ends
            text = _closed(powers, over.args, first, last)
            yield Site(program.replace(call, text), "the sum of a polynomial over a range has a closed form")


_SUMS = {  # of i ** power over 0 <= i < m
    0: "{m}",
    1: "{m} * ({m} - 1) // 2",
    2: "({m} - 1) * {m} * (2 * {m} - 1) // 6",
    3: "({m} * ({m} - 1) // 2) ** 2",
    4: "({m} - 1) * {m} * (2 * {m} - 1) * (3 * {m} * {m} - 3 * {m} - 1) // 30",
}


def _closed(powers: dict[int, int], ends: list[ast.expr], first: str, last: str) -> str:
    """The sum as an expression: written out where the ends are plain, else in a lambda that names them once."""
    start = first.strip("()")
    if start.isdigit() and _plain(ends[-1]):
        end = last if isinstance(ends[-1], ast.Name) else f"({last})"
        below = eval(_until(powers, start), {"__builtins__": {}})  # noqa: S307 - a formula of digits, made here
        rest = f" - {below}" if below > 0 else f" + {-below}" if below else ""
        return f"({_until(powers, end)}{rest} if {last} > {start} else 0)"
    return f"((lambda a, b: {_until(powers, 'b')} - {_until(powers, 'a')} if b > a else 0)({first}, {last}))"


def _plain(node: ast.expr) -> bool:
    """A name, or a name and a constant more or less."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        return isinstance(node.left, ast.Name) and isinstance(node.right, ast.Constant)
    return isinstance(node, ast.Name)


def _until(powers: dict[int, int], name: str) -> str:
    terms = []
    for power, factor in sorted(powers.items()):
        text = _SUMS[power].format(m=name) if power in _SUMS else ""
        terms.append(f"({text})" if factor == 1 else f"{factor} * ({text})")
    return terms[0] if len(terms) == 1 else f"({' + '.join(terms)})"


def _polynomial(node: ast.expr, name: str) -> dict[int, int]:
    """Factors by power; empty if it is none."""
    match node:
        case ast.Constant(value=value) if type(value) is int:
            return {0: value}
        case ast.Name(id=found) if found == name:
            return {1: 1}
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return {power: -factor for power, factor in _polynomial(operand, name).items()}
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int(times))) if 1 <= times <= 4:
            base = _polynomial(left, name)
            made = base
            for _ in range(times - 1):
                made = _product(made, base)
            return made
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() as sign, right=right):
            one, other = _polynomial(left, name), _polynomial(right, name)
            if not one or not other:
                return {}
            if isinstance(sign, ast.Mult):
                return _product(one, other)
            factor = 1 if isinstance(sign, ast.Add) else -1
            powers = one.keys() | other.keys()
            return {power: one.get(power, 0) + factor * other.get(power, 0) for power in powers}
    return {}


def _product(one: dict[int, int], other: dict[int, int]) -> dict[int, int]:
    made: dict[int, int] = {}
    for p, a in one.items():
        for q, b in other.items():
            made[p + q] = made.get(p + q, 0) + a * b
    return made
