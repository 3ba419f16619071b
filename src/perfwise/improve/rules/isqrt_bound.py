"""trial division up to n: up to its square root."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import is_int, read_after
from perfwise.improve.rules._shapes import single

__all__ = ["IsqrtBound"]


@dataclass(frozen=True)
class IsqrtBound:
    """End a search for a divisor at the square root.

    Precondition: all that the loop does is to test n % i == 0 and then set a constant, return one or leave: a composite
    number has a divisor that is at most its square root.

    Source: catalogue pattern 41; elementary number theory.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = (
        "def f(n):\n    for i in range(2, n):\n        if n % i == 0:\n            return False\n    return True\n"
    )
    after: ClassVar[str] = (
        "from math import isqrt\n"
        "def f(n):\n"
        "    for i in range(2, isqrt(max(n, 0)) + 1):\n"
        "        if n % i == 0:\n"
        "            return False\n"
        "    return True\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        ("def f(n):\n    for i in range(2, n):\n        if n % i == 0:\n            return i * i\n"),
        ("def f(n):\n    for i in range(1, n):\n        if n % i == 0:\n            return False\n"),
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Loops, and any or all, that ask range(2, n) for a divisor."""
        for loop in program.walk(ast.For):
            found = _divided(program, loop.iter, loop.target)
            test = loop.body[0] if len(loop.body) == 1 else None
            if found is None or not isinstance(test, ast.If) or test.orelse or not _only_decides(test.body):
                continue
            if _asks(test.test, found[0], loop.target) and not read_after(program, loop, ast.unparse(loop.target)):
                yield _site(program, loop.iter, found)
        for call in program.walk(ast.Call):
            made = single(program, call, "any", "all")
            if (
                isinstance(made, ast.GeneratorExp | ast.ListComp)
                and len(made.generators) == 1
                and not made.generators[0].ifs
            ):
                only = made.generators[0]
                found = _divided(program, only.iter, only.target)
                if found is not None and _asks(made.elt, found[0], only.target):
                    yield _site(program, only.iter, found)


def _site(program: Program, over: ast.expr, found: tuple[str, ast.expr]) -> Site:
    text = f"range(2, isqrt(max({found[0]}, 0)) + 1)"
    return Site(program.replace(over, text), "a composite number has a divisor up to its square root", ("math.isqrt",))


def _divided(program: Program, over: ast.expr, target: ast.expr) -> tuple[str, ast.expr] | None:
    """What is divided, where the range ends at it, at half of it and one more, or one before."""
    if not (
        isinstance(over, ast.Call) and program.calls(over, "range") and len(over.args) == 2 and is_int(over.args[0], 2)
    ):
        return None
    if not isinstance(target, ast.Name) or "max" in program.bound:
        return None
    end = over.args[1]
    names = sorted({each.id for each in ast.walk(end) if isinstance(each, ast.Name)} - {"int"})
    if len(names) != 1:
        return None
    n = names[0]
    ends = (n, f"{n} // 2 + 1", f"int({n} / 2) + 1", f"{n} // 2 + 2", f"int({n} / 2 + 1)")
    return (n, end) if ast.unparse(end) in ends else None


def _asks(test: ast.expr, n: str, target: ast.expr) -> bool:
    i = ast.unparse(target)
    return ast.unparse(test) in {f"{n} % {i} == 0", f"not {n} % {i}", f"{n} % {i} != 0", f"{n} % {i}", f"{n} % {i} > 0"}


def _only_decides(body: list[ast.stmt]) -> bool:
    *first, last = body
    constants = all(isinstance(each, ast.Assign) and isinstance(each.value, ast.Constant) for each in first)
    if isinstance(last, ast.Return):
        return constants and isinstance(last.value, ast.Constant)
    if isinstance(last, ast.Assign):
        return (
            constants
            and isinstance(last.value, ast.Constant)
            and all(isinstance(each, ast.Name) for each in last.targets)
        )
    return constants and isinstance(last, ast.Break)
