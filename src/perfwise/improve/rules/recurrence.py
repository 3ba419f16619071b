"""f(n) = g(f(n - 1), f(n - 2)): a loop with a few variables."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site

__all__ = ["Recurrence"]

_MOST_TERMS = 4


@dataclass(frozen=True)
class Recurrence:
    """Work a linear recurrence up from its base in a loop instead of down by recursion.

    Precondition: the function of one whole number returns constants or its argument for the numbers below a bound, and
    else an expression of its values at most four places before, its argument and constants. Below the base given by
    equalities the original recurses without end, and so does what is left of it.

    Source: catalogue pattern 44; the iterative form of a recurrence, Graham, Knuth and Patashnik, Concrete Mathematics.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "def f(n):\n    if n < 2:\n        return n\n    return f(n - 1) + f(n - 2)\n"
    after: ClassVar[str] = (
        "def f(n):\n"
        "    if n < 2:\n"
        "        return n\n"
        "    older, last = 0, 1\n"
        "    for _ in range(2, n + 1):\n"
        "        older, last = last, last + older\n"
        "    return last\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "def f(n):\n    if n < 2:\n        return n\n    return f(n // 2) + f(n - 1)\n",
        "def f(n):\n    if n == 1:\n        return 1\n    return f(n - 1) + f(n - 2)\n",
        "def f(n, k):\n    if n < 2:\n        return k\n    return f(n - 1, k) + f(n - 2, k)\n",
        "def f(n):\n    if n < 2:\n        return n\n    return g(f(n - 1)) + f(n - 2)\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Such functions at the top of the module."""
        for node in program.tree.body:
            if isinstance(node, ast.FunctionDef) and not node.decorator_list:
                lines = _iterative(program, node)
                last = node.body[-1]
                if lines and program.alone(last):
                    yield Site(program.restate([last], lines), f"{node.name}(n) needs only the values just before it")


def _iterative(program: Program, node: ast.FunctionDef) -> list[str]:
    """The lines in place of the last return; none where the function is not of that form."""
    name = _parameter(node)
    last = node.body[-1]
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    if name is None or not isinstance(last, ast.Return) or last.value is None or program.names & {"_"}:
        return []
    steps = _steps(node.name, name, last.value)
    if not steps or max(steps) > _MOST_TERMS:
        return []
    values = _base(name, body[:-1], max(steps))
    return [] if values is None else _lines(program, node, name, last.value, values)


def _parameter(node: ast.FunctionDef) -> str | None:
    given = node.args
    alone = len(given.args) == 1 and not (given.posonlyargs or given.kwonlyargs or given.vararg or given.kwarg)
    return given.args[0].arg if alone and not given.defaults else None


def _steps(function: str, name: str, value: ast.expr) -> set[int]:
    """How far back the expression looks; empty where it holds anything else than arithmetic on such values."""
    found: set[int] = set()
    inner: set[int] = set()
    for each in ast.walk(value):
        if isinstance(each, ast.Call):
            step = _step(function, name, each)
            if step is None:
                return set()
            found.add(step)
            inner |= {id(part) for part in ast.walk(each)}
    allowed = (ast.BinOp, ast.operator, ast.Constant, ast.expr_context, ast.UnaryOp, ast.USub)
    for each in ast.walk(value):
        known = isinstance(each, allowed) or (isinstance(each, ast.Name) and each.id == name)
        if id(each) not in inner and not known:
            return set()
    return found


def _step(function: str, name: str, call: ast.Call) -> int | None:
    if not (isinstance(call.func, ast.Name) and call.func.id == function and len(call.args) == 1 and not call.keywords):
        return None
    match call.args[0]:
        case ast.BinOp(left=ast.Name(id=left), op=ast.Sub(), right=ast.Constant(value=int(step))) if left == name:
            return step if step > 0 else None
    return None


def _base(name: str, tests: list[ast.stmt], terms: int) -> list[str] | None:
    """Values at the `terms` numbers before the first that recurses, and that number last; None if they are not told."""
    values: dict[int, str] = {}
    bound: int | None = None
    for test in tests:
        told = _told(name, test)
        if told is None or bound is not None:
            return None
        operator, number, value = told
        if operator is ast.Eq:
            values.setdefault(number, value)
        else:
            bound = number + (operator is ast.LtE)
            for place in range(bound - terms, bound):
                values.setdefault(place, str(place) if value == name else value)
    first = bound if bound is not None else max(values, default=0) + 1
    wanted = [values.get(place) for place in range(first - terms, first)]
    if any(each is None for each in wanted) or (bound is None and min(values) != first - terms):
        return None
    if bound is not None and any(place >= bound for place in values):
        return None
    shown = [
        str(place) if each == name else str(each)
        for place, each in zip(range(first - terms, first), wanted, strict=True)
    ]
    return [*shown, str(first), "" if bound is not None else str(first - terms)]


def _told(name: str, test: ast.stmt) -> tuple[type[ast.cmpop], int, str] | None:
    """`if n < c: return value` as (operator, c, value); the value a constant or the argument."""
    match test:
        case ast.If(
            test=ast.Compare(left=ast.Name(id=left), ops=[operator], comparators=[ast.Constant(value=int(number))]),
            body=[ast.Return(value=ast.Constant() | ast.Name() as value)],
            orelse=[],
        ) if left == name and isinstance(operator, ast.Eq | ast.Lt | ast.LtE):
            if isinstance(value, ast.Name):
                return (type(operator), number, name) if value.id == name else None
            return (type(operator), number, repr(value.value)) if type(value.value) is int else None
    return None


def _lines(program: Program, node: ast.FunctionDef, name: str, value: ast.expr, told: list[str]) -> list[str]:
    *values, first, least = told
    wishes = ["last", "older", "third", "fourth"][: len(values)]
    kept = [program.fresh(wish, f"{wish}_value") for wish in wishes]
    uses = any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(_without_calls(value)))
    place = program.fresh("place", "at") if uses else "_"
    made = ast.unparse(_Replaced(node.name, name, kept, place).visit(copy.deepcopy(value)))
    names = ", ".join(kept[::-1])
    shifted = ", ".join([*kept[::-1][1:], made])
    lines = [f"if {name} < {least}:", f"    return {node.name}({name} - 1)"] if least else []
    return [
        *lines,
        f"{names} = {', '.join(values)}",
        f"for {place} in range({first}, {name} + 1):",
        f"    {names} = {shifted}",
        f"return {kept[0]}",
    ]


def _without_calls(value: ast.expr) -> ast.expr:
    made: ast.expr = _Replaced("", "", ["0"] * _MOST_TERMS, "", any_call=True).visit(copy.deepcopy(value))
    return made


class _Replaced(ast.NodeTransformer):
    """Calls by the variables that hold their values, the argument by the loop's."""

    def __init__(self, function: str, name: str, kept: list[str], place: str, *, any_call: bool = False) -> None:
        self._function, self._name, self._kept, self._place, self._any = function, name, kept, place, any_call

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if self._any:
            return ast.Constant(0)
        step = _step(self._function, self._name, node)
        assert step is not None
        return ast.Name(self._kept[step - 1], ast.Load())

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._place, ast.Load()) if node.id == self._name and self._name else node
