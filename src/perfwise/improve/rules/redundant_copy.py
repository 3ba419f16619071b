"""sorted(list(x)), set(list(x)), for x in list(y): without the copy."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import changed, loads, pure
from perfwise.improve.rules._shapes import single

__all__ = ["RedundantCopy"]


@dataclass(frozen=True)
class RedundantCopy:
    """Leave out a list that is only passed on.

    Precondition: the consumer reads it once; in a loop, what is copied is not changed inside.

    Source: Ruff C414, PERF101; catalogue pattern 28.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(xs):\n    return sorted(list(xs)), set(sorted(xs)), sum(list(map(int, xs)))\n"
    after: ClassVar[str] = "def f(xs):\n    return sorted(xs), set(xs), sum(map(int, xs))\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    return list(list(xs)[1:])\n",
        "def f(xs):\n    for x in list(xs):\n        xs.remove(x)\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Lists that are made for a consumer that takes any iterable."""
        for call in program.walk(ast.Call):
            inner = call.args[0] if len(call.args) == 1 and not call.keywords else None
            copied = single(program, inner, "list", "tuple")
            if program.builtin(call.func, "set", "frozenset") and copied is None:
                copied = single(program, inner, "sorted")
            joined = isinstance(call.func, ast.Attribute) and call.func.attr == "join"
            if copied is not None and inner is not None and (joined or program.builtin(call.func, *_CONSUMERS)):
                yield Site(program.replace(inner, program.source(copied)), "the copy is only passed on")
        for loop in program.walk(ast.For):
            copied = single(program, loop.iter, "list", "tuple")
            if (
                copied is not None
                and pure(program, copied)
                and not loads(copied) & changed(program, *loop.body, loop.target)
            ):
                yield Site(
                    program.replace(loop.iter, program.source(copied)), "nothing in the loop changes what is copied"
                )


_CONSUMERS = (
    "sorted",
    "set",
    "frozenset",
    "sum",
    "max",
    "min",
    "list",
    "tuple",
    "any",
    "all",
    "enumerate",
    "map",
    "filter",
)
