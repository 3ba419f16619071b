"""d = {} and a loop that counts: dict(Counter(xs))."""

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import loads, read_after

__all__ = ["CountingLoop"]


@dataclass(frozen=True)
class CountingLoop:
    """Count with collections.Counter instead of in a loop.

    Precondition: the loop directly follows the empty dict and does nothing but count its variable; order of first
    occurrence is the same.

    Source: catalogue pattern 13; collections in the Python docs.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = (
        "def f(xs):\n"
        "    d = {}\n"
        "    for x in xs:\n"
        "        if x in d:\n"
        "            d[x] += 1\n"
        "        else:\n"
        "            d[x] = 1\n"
        "    return d\n"
    )
    after: ClassVar[str] = "from collections import Counter\ndef f(xs):\n    d = dict(Counter(xs))\n    return d\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    d = {}\n    for x in xs:\n        d[x] = 1\n    return d\n",
        ("def f(xs):\n    d = {}\n    for x in xs:\n        d[x] = d.get(x, 1) + 1\n    return d\n"),
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Counting loops right behind an empty dict."""
        for block in program.blocks():
            for start, loop in itertools.pairwise(block):
                if not (
                    isinstance(start, ast.Assign)
                    and isinstance(start.targets[0], ast.Name)
                    and isinstance(loop, ast.For)
                ):
                    continue
                empty = isinstance(start.value, ast.Dict) and not start.value.keys
                empty = empty or (program.calls(start.value, "dict") and not getattr(start.value, "args", None))
                if not empty or loop.orelse or not isinstance(loop.target, ast.Name) or "dict" in program.bound:
                    continue
                name, item = start.targets[0].id, loop.target.id
                shapes = {shape.format(d=name, x=item) for shape in _SHAPES}
                if ast.unparse(ast.Module(loop.body, [])) in shapes and name not in loads(loop.iter):
                    if not read_after(program, loop, item):
                        lines = [f"{name} = dict(Counter({program.source(loop.iter)}))"]
                        yield Site(
                            program.restate([start, loop], lines), "Counter counts in C", ("collections.Counter",)
                        )


_SHAPES = (
    "if {x} in {d}:\n    {d}[{x}] += 1\nelse:\n    {d}[{x}] = 1",
    "if {x} not in {d}:\n    {d}[{x}] = 1\nelse:\n    {d}[{x}] += 1",
    "if {x} in {d}.keys():\n    {d}[{x}] += 1\nelse:\n    {d}[{x}] = 1",
    "if {x} not in {d}.keys():\n    {d}[{x}] = 1\nelse:\n    {d}[{x}] += 1",
    "if {x} not in {d}:\n    {d}[{x}] = 0\n{d}[{x}] += 1",
    "{d}[{x}] = {d}.get({x}, 0) + 1",
    "{d}[{x}] = 1 + {d}.get({x}, 0)",
)
