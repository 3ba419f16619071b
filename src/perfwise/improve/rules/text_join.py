"""s = '' and a loop of s += e: join."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import loads, read_after, stored
from perfwise.improve.rules._shapes import accumulation, comprehension_text

__all__ = ["TextJoin"]


@dataclass(frozen=True)
class TextJoin:
    """Join the parts of a text instead of adding them in a loop.

    Precondition: the loop directly follows the empty text, and the parts do not read it.

    Source: catalogue pattern 23; PEP 8 on string concatenation.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = (
        "def f(xs):\n    s = ''\n    for x in xs:\n        if x != ' ':\n            s += x.upper()\n    return s\n"
    )
    after: ClassVar[str] = "def f(xs):\n    s = ''.join([x.upper() for x in xs if x != ' '])\n    return s\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    s = ''\n    for x in xs:\n        s = x + s\n    return s\n",
        ("def f(xs):\n    s = ''\n    for x in xs:\n        s += x + str(len(s))\n    return s\n"),
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Loops of one addition right behind the empty text."""
        for each in accumulation(program):
            added = _added(each.statement, each.name)
            start = each.start.value
            if (
                added is None
                or not (isinstance(start, ast.Constant) and start.value == "")
                or each.name in loads(added)
            ):
                continue
            if any(read_after(program, each.loop, name) for name in stored(each.loop.target)):
                continue
            text = comprehension_text(program, added, each.loop.target, each.loop.iter, each.tests)
            yield Site(
                program.restate([each.start, each.loop], [f"{each.name} = ''.join([{text}])"]),
                "join copies each part once",
            )


def _added(statement: ast.stmt, name: str) -> ast.expr | None:
    if isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add):
        return statement.value if isinstance(statement.target, ast.Name) and statement.target.id == name else None
    if (
        isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.BinOp)
        and isinstance(statement.value.op, ast.Add)
    ):
        target, value = statement.targets[0], statement.value
        if (
            isinstance(target, ast.Name)
            and target.id == name
            and isinstance(value.left, ast.Name)
            and value.left.id == name
        ):
            return value.right
    return None
