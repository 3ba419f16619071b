"""key=lambda x: x[0]: itemgetter."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._shapes import lambda_of

__all__ = ["ItemgetterKey"]


@dataclass(frozen=True)
class ItemgetterKey:
    """Let operator.itemgetter fetch sort keys instead of a lambda.

    Precondition: the lambda indexes its parameter with constants only.

    Source: Python docs, Sorting HOWTO, operator module functions.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(xs):\n    return sorted(xs, key=lambda x: x[1])\n"
    after: ClassVar[str] = "from operator import itemgetter\ndef f(xs):\n    return sorted(xs, key=itemgetter(1))\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    return sorted(xs, key=lambda x: x[y])\n",
        "def f(xs):\n    return sorted(xs, key=lambda x: x[0] + 1)\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Keys of sorted, sort, min and max."""
        for word in program.walk(ast.keyword):
            found = lambda_of(word.value) if word.arg == "key" else None
            if found is None:
                continue
            (name,), body = found
            items = body.elts if isinstance(body, ast.Tuple) else [body]
            places = [_place(program, each, name) for each in items]
            if places and None not in places:
                text = f"itemgetter({', '.join(map(str, places))})"
                if len(places) > 1 or not isinstance(body, ast.Tuple):
                    why = "itemgetter fetches without a call of Python for each item"
                    yield Site(program.replace(word.value, text), why, ("operator.itemgetter",))


def _place(program: Program, node: ast.expr, name: str) -> str | None:
    if not (isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == name):
        return None
    where = node.slice
    if isinstance(where, ast.UnaryOp) and isinstance(where.op, ast.USub):
        where = where.operand
    return program.source(node.slice) if isinstance(where, ast.Constant) else None
