"""Shapes that several rules look for: one-argument lambdas, comprehensions, loops that gather."""

import ast
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from perfwise.improve.rewriting import Program
from perfwise.improve.rules._facts import changed, loads, stored

__all__ = [
    "Gathering",
    "accumulation",
    "append_call",
    "comprehension_text",
    "lambda_of",
    "loop_around",
    "single",
    "substituted",
    "text_of_generators",
]


def single(program: Program, node: ast.AST | None, *names: str) -> ast.expr | None:
    """The only argument of a call of one of these builtins."""
    if program.calls(node, *names) and isinstance(node, ast.Call) and len(node.args) == 1:
        return node.args[0]
    return None


def lambda_of(node: ast.AST | None, count: int = 1) -> tuple[list[str], ast.expr] | None:
    """Parameters and body of a lambda with so many plain parameters."""
    if not isinstance(node, ast.Lambda):
        return None
    given = node.args
    plain = not (given.posonlyargs or given.kwonlyargs or given.vararg or given.kwarg or given.defaults)
    return ([arg.arg for arg in given.args], node.body) if plain and len(given.args) == count else None


def text_of_generators(program: Program, generators: Sequence[ast.comprehension]) -> str:
    """`for ... in ... if ...` as text."""
    parts = []
    for each in generators:
        parts.append(f"for {program.source(each.target)} in {program.iterable(each.iter)}")
        parts += [f"if {_condition(program, test)}" for test in each.ifs]
    return " ".join(parts)


def _condition(program: Program, test: ast.expr) -> str:
    return f"({program.source(test)})" if isinstance(test, ast.IfExp | ast.Lambda) else program.source(test)


def comprehension_text(
    program: Program, element: ast.expr, target: ast.expr, over: ast.expr, tests: Sequence[ast.expr] = ()
) -> str:
    """`element for target in over if test`, without brackets."""
    shown = program.source(element)
    shown = f"({shown})" if isinstance(element, ast.Tuple | ast.NamedExpr) and not shown.startswith("(") else shown
    head = f"{shown} for {program.source(target)} in {program.iterable(over)}"
    return " ".join([head, *(f"if {_condition(program, test)}" for test in tests)])


def append_call(statement: ast.stmt) -> tuple[str, ast.expr] | None:
    """List and value of a statement `name.append(value)`."""
    if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
        return None
    call = statement.value
    if isinstance(call.func, ast.Attribute) and call.func.attr == "append" and isinstance(call.func.value, ast.Name):
        if len(call.args) == 1 and not call.keywords and not isinstance(call.args[0], ast.Starred):
            return call.func.value.id, call.args[0]
    return None


@dataclass(frozen=True, slots=True)
class Gathering:
    """`for target in over: [if test:] statement`, with the name that is gathered into started right before.

    Args:
        start: the assignment before the loop.
        loop: the loop.
        name: what is gathered into.
        tests: conditions, outer first.
        statement: the innermost.
    """

    start: ast.Assign
    loop: ast.For
    name: str
    tests: tuple[ast.expr, ...]
    statement: ast.stmt


def accumulation(program: Program) -> list[Gathering]:
    """Every loop of one statement under conditions that directly follows an assignment to one name."""
    found = []
    for block in program.blocks():
        for first, second in itertools.pairwise(block):
            if not (isinstance(first, ast.Assign) and len(first.targets) == 1 and isinstance(second, ast.For)):
                continue
            name = first.targets[0]
            if not isinstance(name, ast.Name) or second.orelse:
                continue
            inner = _innermost(second.body)
            if inner is not None and name.id not in loads(second.iter) | stored(second.target):
                tests, statement = inner
                if not any(name.id in loads(test) for test in tests):
                    found.append(Gathering(first, second, name.id, tuple(tests), statement))
    return found


def _innermost(body: Sequence[ast.stmt]) -> tuple[list[ast.expr], ast.stmt] | None:
    tests: list[ast.expr] = []
    while len(body) == 1 and isinstance(body[0], ast.If) and not body[0].orelse:
        tests.append(body[0].test)
        body = body[0].body
    return (tests, body[0]) if len(body) == 1 else None


class _Substitution(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._values.get(node.id, node) if isinstance(node.ctx, ast.Load) else node


def substituted(node: ast.expr, values: Mapping[str, ast.expr]) -> str:
    """Text of an expression with names replaced by expressions."""
    copy = ast.parse(ast.unparse(node), mode="eval").body
    return ast.unparse(_Substitution(values).visit(copy))


def loop_around(program: Program, node: ast.expr) -> ast.stmt | None:
    """The statement of the outermost loop around a node that changes nothing that the node reads.

    A loop is a for, a while, or the statement that holds a comprehension; what a for or a first iterable evaluates
    once does not count. None if there is none, or if names in the node belong to a comprehension or inner function.
    """
    names = loads(node)
    found: ast.stmt | None = None
    below: ast.AST = node
    for up in program.above(node):
        if isinstance(up, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            break
        if isinstance(up, ast.For | ast.While) and not (isinstance(up, ast.For) and below is up.iter):
            region = [*up.body, up.target] if isinstance(up, ast.For) else [*up.body, up.test]
            if names & changed(program, *region):
                break
            found = up
        elif isinstance(up, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            if names & changed(program, up):
                break
            once = below is up.generators[0] and _in_first(program, node, up)
            statement = program.statement(up)
            if not once and statement is not None and not _own_header(statement):
                found = statement
        below = up
    return found


def _in_first(program: Program, node: ast.AST, made: ast.AST) -> bool:
    first = made.generators[0].iter  # type: ignore[attr-defined]
    return node is first or first in program.above(node)


def _own_header(statement: ast.stmt) -> bool:
    """Whether a line before the statement would not come before each evaluation of what stands in its header."""
    return isinstance(statement, ast.While | ast.FunctionDef | ast.ClassDef)
