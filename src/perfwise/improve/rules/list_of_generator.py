"""list(generator), set(generator), dict(generator): the comprehension itself."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._shapes import single, text_of_generators

__all__ = ["ListOfGenerator"]


@dataclass(frozen=True)
class ListOfGenerator:
    """Write the comprehension instead of a constructor around a generator, a list or pairs.

    Precondition: the builtin is not rebound.

    Source: Ruff C400 to C404, C411; flake8-comprehensions.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = (
        "def f(xs):\n    return list(x + 1 for x in xs), set([x for x in xs]), dict((x, 1) for x in xs)\n"
    )
    after: ClassVar[str] = "def f(xs):\n    return [x + 1 for x in xs], {x for x in xs}, {x: 1 for x in xs}\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    return list(xs)\n",
        "def f(xs, list):\n    return list(x for x in xs)\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Such constructors around a comprehension."""
        for call in program.walk(ast.Call):
            made = single(program, call, "list", "set", "dict")
            text = None if made is None else _text(program, call, made)
            if text is not None:
                yield Site(program.replace(call, text), "the comprehension makes the collection itself")


def _text(program: Program, call: ast.Call, made: ast.expr) -> str | None:
    if not isinstance(made, ast.GeneratorExp | ast.ListComp):
        return None
    generators = text_of_generators(program, made.generators)
    if program.builtin(call.func, "dict"):
        pair = made.elt
        if not (isinstance(pair, ast.Tuple) and len(pair.elts) == 2):
            return None
        key, value = (program.source(each) for each in pair.elts)
        return f"{{{key}: {value} {generators}}}"
    shown = program.source(made.elt)
    element = f"({shown})" if isinstance(made.elt, ast.Tuple) and not shown.startswith("(") else shown
    left, right = "[]" if program.builtin(call.func, "list") else "{}"
    return f"{left}{element} {generators}{right}"
