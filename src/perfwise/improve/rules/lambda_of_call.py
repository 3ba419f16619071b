"""lambda x: f(x): f itself."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Edit, Program, Site
from perfwise.improve.rules._shapes import lambda_of, single

__all__ = ["LambdaOfCall"]


@dataclass(frozen=True)
class LambdaOfCall:
    """Hand over a builtin itself instead of a lambda that only calls it; drop a key that changes nothing.

    Precondition: the function is a builtin that nothing rebinds and its only argument is the parameter.

    Source: Ruff PLW0108, unnecessary-lambda.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(xs):\n    return sorted(xs, key=lambda x: len(x)), max(xs, key=lambda x: x)\n"
    after: ClassVar[str] = "def f(xs):\n    return sorted(xs, key=len), max(xs)\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    return sorted(xs, key=lambda x: len(x[0]))\n",
        "def f(xs, g):\n    return sorted(xs, key=lambda x: g(x))\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Lambdas of one parameter."""
        for made in program.walk(ast.Lambda):
            found = lambda_of(made)
            if found is None:
                continue
            (name,), body = found
            argument = single(program, body, *_BUILTINS)
            if isinstance(body, ast.Call) and isinstance(argument, ast.Name) and argument.id == name:
                yield Site(
                    program.replace(made, program.source(body.func)), "the builtin is called without a lambda's frame"
                )
            word = program.parent(made)
            call = program.parent(word) if isinstance(word, ast.keyword) and word.arg == "key" else None
            if (
                isinstance(body, ast.Name)
                and body.id == name
                and isinstance(call, ast.Call)
                and isinstance(word, ast.keyword)
            ):
                yield Site(_dropped(program, call, word), "a key that is the item itself changes nothing")


_BUILTINS = ("len", "abs", "int", "str", "sum", "max", "min", "ord", "float", "sorted", "tuple", "repr", "bool")


def _dropped(program: Program, call: ast.Call, word: ast.keyword) -> tuple[Edit, ...]:
    others = [*call.args, *(each.value for each in call.keywords if each is not word)]
    if not others or not program.builtin(call.func, "sorted", "max", "min"):
        return ()
    _, end = program.span(word)
    start = max(
        (program.span(each)[1] for each in others if program.span(each)[1] <= program.span(word)[0]), default=end
    )
    return () if program.comments(start, end) or start == end else ((start, end, ""),)
