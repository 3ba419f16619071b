"""return any(...) or all(...): a loop that returns."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import scope_of, stored, uses
from perfwise.improve.rules._shapes import single

__all__ = ["AnyToLoop"]


@dataclass(frozen=True)
class AnyToLoop:
    """Write a loop that returns as soon as it is decided instead of any or all of a generator.

    Precondition: the statement returns the call itself or decides a return by it; the names that the loop binds occur
    nowhere else.

    Source: the cost of a generator frame for each item; Ruff PERF and SIM110 advise the opposite.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(xs):\n    return any(x > 3 for x in xs)\n"
    after: ClassVar[str] = (
        "def f(xs):\n    for x in xs:\n        if x > 3:\n            return True\n    return False\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs, x):\n    return any(x > 3 for x in xs), x\n",
        "def f(xs, x):\n    y = any(x > 3 for x in xs)\n    return x\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Returns of any and all, and ifs with them that hold one return."""
        for block in program.blocks():
            for statement in block:
                lines = _lines(program, statement)
                if lines is not None:
                    yield Site(program.restate([statement], lines), "a loop decides without a generator's frame")


def _lines(program: Program, statement: ast.stmt) -> list[str] | None:
    if isinstance(statement, ast.Return) and statement.value is not None:
        call, negated = _unnegated(statement.value)
        found = _loop(program, statement, call)
        if found is None:
            return None
        head, is_any = found
        decided = str(is_any != negated)
        return [*head, f"{'    ' * len(head)}return {decided}", f"return {is_any == negated}"]
    if isinstance(statement, ast.If) and not statement.orelse and len(statement.body) == 1:
        call, negated = _unnegated(statement.test)
        body = statement.body[0]
        found = _loop(program, statement, call)
        # The body runs when it is decided: `if any(..)` and `if not all(..)`.
        if found is not None and found[1] != negated and isinstance(body, ast.Return):
            return [*found[0], f"{'    ' * len(found[0])}{program.source(body)}"]
    return None


def _unnegated(node: ast.expr) -> tuple[ast.expr, bool]:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return node.operand, True
    return node, False


def _loop(program: Program, statement: ast.stmt, call: ast.expr) -> tuple[list[str], bool] | None:
    """Lines down to the deciding condition, and whether it is any."""
    made = single(program, call, "any", "all")
    if not isinstance(made, ast.GeneratorExp) or any(each.is_async for each in made.generators):
        return None
    if not _own_names(program, statement, made) or isinstance(program.function(statement), ast.Lambda):
        return None
    lines: list[str] = []
    for each in made.generators:
        over = program.source(each.iter)
        lines.append(f"{'    ' * len(lines)}for {program.source(each.target)} in {over}:")
        for test in each.ifs:
            lines.append(f"{'    ' * len(lines)}if {program.source(test)}:")
    is_any = program.builtin(call.func, "any") if isinstance(call, ast.Call) else False
    element = program.source(made.elt) if is_any else _negation(program, made.elt)
    lines.append(f"{'    ' * len(lines)}if {element}:")
    return lines, is_any


_OPPOSITE: dict[type[ast.cmpop], str] = {ast.Eq: "!=", ast.NotEq: "==", ast.In: "not in", ast.NotIn: "in"}


def _negation(program: Program, node: ast.expr) -> str:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return program.source(node.operand)
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _OPPOSITE:
        left, right = program.source(node.left), program.source(node.comparators[0])
        return f"{left} {_OPPOSITE[type(node.ops[0])]} {right}"
    return f"not {program.operand(node)}"


def _own_names(program: Program, statement: ast.stmt, made: ast.GeneratorExp) -> bool:
    names = stored(*(each.target for each in made.generators))
    inside = set(map(id, ast.walk(made)))
    scope = scope_of(program, statement)
    outside = (each for name in names for each in uses(scope, name) if id(each) not in inside)
    arguments = {each.arg for each in program.walk(ast.arg)}
    return not any(True for _ in outside) and not names & arguments and isinstance(scope, ast.FunctionDef)
