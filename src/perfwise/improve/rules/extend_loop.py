"""a loop of r.append(e): r.extend."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import loads, read_after, same, stored
from perfwise.improve.rules._shapes import append_call, comprehension_text

__all__ = ["ExtendLoop"]


@dataclass(frozen=True)
class ExtendLoop:
    """Extend a list by a comprehension instead of appending in a loop.

    Precondition: the item and the iterable do not read the list; the variable is not read afterwards; appending some
    items before an exception is not observed, which running confirms.

    Source: Ruff PERF401, PERF402; refurb FURB113.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "def f(r, xs):\n    for x in xs:\n        r.append(x)\n    return r\n"
    after: ClassVar[str] = "def f(r, xs):\n    r.extend(xs)\n    return r\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(r):\n    for x in r:\n        r.append(x)\n",
        "def f(r, xs):\n    for x in xs:\n        r.append(x)\n    return x\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Loops of one append under conditions."""
        for loop in program.walk(ast.For):
            tests: list[ast.expr] = []
            body = loop.body
            while len(body) == 1 and isinstance(body[0], ast.If) and not body[0].orelse:
                tests.append(body[0].test)
                body = body[0].body
            found = append_call(body[0]) if len(body) == 1 and not loop.orelse else None
            if found is None or found[0] in loads(found[1], loop.iter, *tests) | stored(loop.target):
                continue
            if any(read_after(program, loop, name) for name in stored(loop.target)):
                continue
            if isinstance(loop.target, ast.Name) and not tests and same(found[1], loop.target):
                lines = [f"{found[0]}.extend({program.source(loop.iter)})"]
            else:
                lines = [f"{found[0]}.extend([{comprehension_text(program, found[1], loop.target, loop.iter, tests)}])"]
            yield Site(program.restate([loop], lines), "extend appends all without a call for each")
