"""is_prime(i) for i in a range: a sieve."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import boolean_context, changed, loads
from perfwise.improve.rules._shapes import loop_around

__all__ = ["Sieve"]


@dataclass(frozen=True)
class Sieve:
    """Sieve the primes once instead of testing each number by itself.

    Precondition: the function called is recognised as trial division of its one parameter and is called in a loop on
    the variable of a range; that it means primes is confirmed by running.

    Source: catalogue pattern 47; Eratosthenes.
    """

    tier: ClassVar[str] = "C"
    before: ClassVar[str] = (
        "def is_prime(n):\n"
        "    if n < 2:\n"
        "        return False\n"
        "    for i in range(2, n):\n"
        "        if n % i == 0:\n"
        "            return False\n"
        "    return True\n"
        "def f(n):\n"
        "    return [i for i in range(n) if is_prime(i)]\n"
    )
    after: ClassVar[str] = (
        "def is_prime(n):\n"
        "    if n < 2:\n"
        "        return False\n"
        "    for i in range(2, n):\n"
        "        if n % i == 0:\n"
        "            return False\n"
        "    return True\n"
        "def f(n):\n"
        "    prime = bytearray([1]) * max((n), 2)\n"
        "    prime[0] = prime[1] = 0\n"
        "    for divisor in range(2, int(max((n), 2) ** 0.5) + 1):\n"
        "        if prime[divisor]:\n"
        "            prime[divisor * divisor :: divisor] = bytes(len(range(divisor * divisor, len(prime), divisor)))\n"
        "    return [i for i in range(n) if prime[i]]\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        ("def is_prime(n):\n    return n in (2, 3)\ndef f(n):\n    return [i for i in range(n) if is_prime(i)]\n"),
        (
            "def is_prime(n):\n"
            "    for i in range(2, n):\n"
            "        if n % i == 0:\n"
            "            return False\n"
            "    return True\n"
            "def f(n):\n"
            "    return is_prime(n)\n"
        ),
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Calls of a test for primes on the variable of a range."""
        tests = {node.name for node in program.walk(ast.FunctionDef) if _divides(program, node)}
        for call in program.walk(ast.Call):
            if not (isinstance(call.func, ast.Name) and call.func.id in tests and len(call.args) == 1) or call.keywords:
                continue
            argument, statement = call.args[0], loop_around(program, call.func)
            over = _range_of(program, call, argument)
            if (
                over is None
                or statement is None
                or not boolean_context(program, call)
                or loads(over) & changed(program, statement)
            ):
                continue
            prime, divisor, end = program.fresh("prime", "is_a_prime"), program.fresh("divisor"), program.source(over)
            lines = [f"{prime} = bytearray([1]) * max(({end}), 2)", f"{prime}[0] = {prime}[1] = 0"]
            lines += [f"for {divisor} in range(2, int(max(({end}), 2) ** 0.5) + 1):", f"    if {prime}[{divisor}]:"]
            zeros = f"bytes(len(range({divisor} * {divisor}, len({prime}), {divisor})))"
            lines += [f"        {prime}[{divisor} * {divisor} :: {divisor}] = {zeros}"]
            edits = (*program.before(statement, lines), *program.replace(call, f"{prime}[{program.source(argument)}]"))
            if len(edits) == 2:
                yield Site(edits, "a sieve finds all primes below a bound at once")


def _divides(program: Program, node: ast.FunctionDef) -> bool:
    """A function of one parameter that returns False for a divisor and True at its end."""
    if (
        len(node.args.args) != 1
        or not isinstance(node.body[-1], ast.Return)
        or ast.unparse(node.body[-1]) != "return True"
    ):
        return False
    n = node.args.args[0].arg
    for loop in ast.walk(node):
        if isinstance(loop, ast.For) and program.calls(loop.iter, "range") and isinstance(loop.iter, ast.Call):
            text = ast.unparse(ast.Module(loop.body, []))
            i = ast.unparse(loop.target)
            asked = {f"if {n} % {i} == 0:\n    return False", f"if not {n} % {i}:\n    return False"}
            if text in asked and len(loop.iter.args) >= 2 and ast.unparse(loop.iter.args[0]) in {"2", "3"}:
                return True
    return False


def _range_of(program: Program, call: ast.Call, argument: ast.expr) -> ast.expr | None:
    """End of the range that the argument runs over."""
    if not isinstance(argument, ast.Name):
        return None
    for up in program.above(call):
        loops = [up] if isinstance(up, ast.For) else getattr(up, "generators", [])
        for loop in loops:
            over = loop.iter
            if ast.unparse(loop.target) == argument.id and isinstance(over, ast.Call) and program.calls(over, "range"):
                return over.args[0] if len(over.args) == 1 else over.args[1] if len(over.args) == 2 else None
    return None
