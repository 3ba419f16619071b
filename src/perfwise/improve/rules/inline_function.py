"""a call of a function of one return: its expression."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import loads, pure
from perfwise.improve.rules._shapes import substituted

__all__ = ["InlineFunction"]


@dataclass(frozen=True)
class InlineFunction:
    """Write the expression of a small function where it is called in a loop.

    Precondition: the function at the top of the module is one return of its parameters without effect; each argument is
    a name or constant, so that it is evaluated alike.

    Source: the cost of a call; refactoring catalogue: inline function.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def even(n):\n    return n % 2 == 0\ndef f(xs):\n    return [x for x in xs if even(x)]\n"
    after: ClassVar[str] = (
        "def even(n):\n    return n % 2 == 0\ndef f(xs):\n    return [x for x in xs if (x % 2 == 0)]\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        ("def even(n):\n    return even(n - 2)\ndef f(xs):\n    return [x for x in xs if even(x)]\n"),
        ("def even(n, m=1):\n    return n % 2 == 0\ndef f(xs):\n    return [x for x in xs if even(x)]\n"),
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Calls of such functions."""
        small = _small(program)
        for call in program.walk(ast.Call):
            if not (isinstance(call.func, ast.Name) and call.func.id in small) or call.keywords:
                continue
            names, body = small[call.func.id]
            plain = all(isinstance(each, ast.Name | ast.Constant) for each in call.args)
            up = program.function(call)
            if (
                not plain
                or len(call.args) != len(names)
                or (isinstance(up, ast.FunctionDef) and up.name == call.func.id)
            ):
                continue
            given = dict(zip(names, call.args, strict=True))
            text = substituted(body, given)
            yield Site(program.replace(call, f"({text})"), f"{call.func.id} is one expression, and costs a call")


def _small(program: Program) -> dict[str, tuple[list[str], ast.expr]]:
    found: dict[str, tuple[list[str], ast.expr]] = {}
    defined = [each.name for each in program.walk(ast.FunctionDef)]
    for node in program.tree.body:
        if not isinstance(node, ast.FunctionDef) or node.decorator_list or defined.count(node.name) > 1:
            continue
        given = node.args
        plain = not (given.posonlyargs or given.kwonlyargs or given.vararg or given.kwarg or given.defaults)
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        only = body[0] if len(body) == 1 else None
        if not plain or not isinstance(only, ast.Return) or only.value is None or not pure(program, only.value):
            continue
        names = [arg.arg for arg in given.args]
        nested = any(
            isinstance(each, ast.Lambda | ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp)
            for each in ast.walk(only.value)
        )
        free = loads(only.value) - set(names)
        if not nested and not free & program.bound:
            found[node.name] = (names, only.value)
    return found
