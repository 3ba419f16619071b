"""a loop that only sets a flag: break once it is set."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import loads, pure, read_after, stored

__all__ = ["EarlyBreak"]


@dataclass(frozen=True)
class EarlyBreak:
    """Leave a loop as soon as its flag is set.

    Precondition: all that the loop does is to set a name to a constant under a condition without effect, which does not
    read the name; the variable is not read afterwards.

    Source: catalogue pattern 24.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = (
        "def f(xs):\n"
        "    found = False\n"
        "    for x in xs:\n"
        "        if x > 3:\n"
        "            found = True\n"
        "    return found\n"
    )
    after: ClassVar[str] = (
        "def f(xs):\n"
        "    found = False\n"
        "    for x in xs:\n"
        "        if x > 3:\n"
        "            found = True\n"
        "            break\n"
        "    return found\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        ("def f(xs):\n    n = 0\n    for x in xs:\n        if x > 3:\n            n = x\n    return n\n"),
        ("def f(xs):\n    n = 0\n    for x in xs:\n        if x > 3:\n            n += 1\n    return n\n"),
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Loops with one condition that sets one constant."""
        for loop in program.walk(ast.For):
            test = loop.body[0]
            if len(loop.body) != 1 or loop.orelse or not isinstance(test, ast.If) or test.orelse or len(test.body) != 1:
                continue
            last = test.body[0]
            if not (isinstance(last, ast.Assign) and len(last.targets) == 1 and isinstance(last.targets[0], ast.Name)):
                continue
            name = last.targets[0].id
            if not isinstance(last.value, ast.Constant) or name in loads(test.test) | stored(loop.target):
                continue
            if pure(program, test.test) and not any(read_after(program, loop, each) for each in stored(loop.target)):
                if program.alone(last):
                    end = program.tail(program.span(last)[1])
                    yield Site(
                        ((end, end, f"\n{program.indent(last)}break"),), "nothing can change once the flag is set"
                    )
