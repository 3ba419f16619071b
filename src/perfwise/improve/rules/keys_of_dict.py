"""k in d.keys(), for k in d.keys(), list(d.keys()): the dict itself."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._shapes import single

__all__ = ["KeysOfDict"]


@dataclass(frozen=True)
class KeysOfDict:
    """Ask a dict itself instead of its keys.

    Precondition: the receiver is a dict, as the name keys suggests; running confirms it.

    Source: Ruff SIM118; catalogue pattern 12.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "def f(d, k):\n    return k in d.keys(), list(d.keys()), [x for x in d.keys()]\n"
    after: ClassVar[str] = "def f(d, k):\n    return k in d, list(d), [x for x in d]\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(d):\n    return d.keys()\n",
        "def f(d, k):\n    return d.keys() & k\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Calls of keys where the dict itself does the same."""
        for call in program.walk(ast.Call):
            if call.args or call.keywords or not (isinstance(call.func, ast.Attribute) and call.func.attr == "keys"):
                continue
            up = program.parent(call)
            tested = (
                isinstance(up, ast.Compare)
                and isinstance(up.ops[-1], ast.In | ast.NotIn)
                and up.comparators[-1] is call
            )
            over = isinstance(up, ast.For | ast.comprehension) and up.iter is call
            made = single(program, up, "list", "set", "sorted", "len", "tuple", "max", "min", "sum") is call
            if tested or over or made:
                yield Site(
                    program.replace(call, program.source(call.func.value)), "a dict is asked for its keys anyway"
                )
