"""r = [] and a loop of r.append(e): a comprehension."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import loads, read_after, stored
from perfwise.improve.rules._shapes import accumulation, append_call, comprehension_text

__all__ = ["AppendLoop"]


@dataclass(frozen=True)
class AppendLoop:
    """Write a comprehension instead of a loop that only appends to a new list.

    Precondition: the loop directly follows the new list, which the item does not read; the variable is not read
    afterwards.

    Source: Ruff PERF401, perflint; catalogue pattern 20.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = (
        "def f(xs):\n    r = []\n    for x in xs:\n        if x > 3:\n            r.append(x * 2)\n    return r\n"
    )
    after: ClassVar[str] = "def f(xs):\n    r = [x * 2 for x in xs if x > 3]\n    return r\n"
    silent: ClassVar[tuple[str, ...]] = (
        ("def f(xs):\n    r = []\n    for x in xs:\n        r.append(len(r))\n    return r\n"),
        "def f(xs):\n    r = []\n    for x in xs:\n        r.append(x)\n    return r, x\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Loops of one append right behind the list that they fill."""
        for each in accumulation(program):
            found = append_call(each.statement)
            empty = isinstance(each.start.value, ast.List) and not each.start.value.elts
            empty = empty or (program.calls(each.start.value, "list") and not getattr(each.start.value, "args", None))
            if not empty or found is None or found[0] != each.name or each.name in loads(found[1]):
                continue
            if any(read_after(program, each.loop, name) for name in stored(each.loop.target)) or _waits(each.loop):
                continue
            text = comprehension_text(program, found[1], each.loop.target, each.loop.iter, each.tests)
            lines = [f"{each.name} = [{text}]"]
            yield Site(program.restate([each.start, each.loop], lines), "a comprehension appends without a call")


def _waits(loop: ast.For) -> bool:
    return any(isinstance(each, ast.Yield | ast.YieldFrom | ast.Await | ast.NamedExpr) for each in ast.walk(loop))
