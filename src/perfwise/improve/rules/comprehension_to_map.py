"""[f(x) for x in xs] of a builtin: map."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Edit, Program, Site
from perfwise.improve.rules._shapes import single

__all__ = ["ComprehensionToMap"]


@dataclass(frozen=True)
class ComprehensionToMap:
    """Let map call a builtin for each item instead of a comprehension.

    Precondition: the function is a builtin that nothing rebinds, called with the loop variable alone, without
    condition.

    Source: Ruff PERF; map calls a C function without a frame of Python.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(xs):\n    return [int(x) for x in xs], sum(len(x) for x in xs)\n"
    after: ClassVar[str] = "def f(xs):\n    return list(map(int, xs)), sum(map(len, xs))\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    return [int(x) for x in xs if x]\n",
        "def f(xs):\n    return [int(x, 2) for x in xs]\n",
        "def int(x):\n    return x\ndef f(xs):\n    return [int(x) for x in xs]\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Comprehensions over one iterable whose item is a call of a builtin on the variable."""
        if program.bound & {"map", "list", "set"}:
            return
        for made in program.walk(ast.expr):
            if not isinstance(made, ast.ListComp | ast.GeneratorExp | ast.SetComp) or len(made.generators) != 1:
                continue
            only, call = made.generators[0], made.elt
            argument = single(program, call, *_CALLED)
            if only.ifs or only.is_async or not (isinstance(only.target, ast.Name) and isinstance(argument, ast.Name)):
                continue
            if argument.id != only.target.id or not isinstance(call, ast.Call):
                continue
            mapped = f"map({program.source(call.func)}, {program.source(only.iter)})"
            yield Site(_edits(program, made, mapped), "map calls a builtin without a frame of Python")


_CALLED = (
    "int",
    "str",
    "len",
    "abs",
    "ord",
    "chr",
    "float",
    "bool",
    "tuple",
    "list",
    "set",
    "sorted",
    "sum",
    "max",
    "min",
    "bin",
)


def _edits(program: Program, made: ast.expr, mapped: str) -> tuple[Edit, ...]:
    if isinstance(made, ast.ListComp):
        up = program.parent(made)
        used_up = isinstance(up, ast.Call) and (
            program.builtin(up.func, "sum", "max", "min", "set", "tuple", "sorted", "any", "all")
            or (isinstance(up.func, ast.Attribute) and up.func.attr == "join")
        )
        return program.replace(
            made, mapped if used_up and isinstance(up, ast.Call) and made in up.args else f"list({mapped})"
        )
    if isinstance(made, ast.SetComp):
        return program.replace(made, f"set({mapped})")
    up = program.parent(made)
    start, end = program.span(made)
    if isinstance(up, ast.Call) and program.text[start] == "(" and end == program.span(up)[1]:
        return () if program.comments(start, end) else ((start, end, f"({mapped})"),)
    if isinstance(up, ast.Call) and program.builtin(up.func, "sum", "max", "min", "sorted", "tuple", "list", "set"):
        return program.replace(made, mapped)
    return ()
