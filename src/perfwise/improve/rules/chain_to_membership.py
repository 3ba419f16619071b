"""x == a or x == b: x in {...}."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site

__all__ = ["ChainToMembership"]


@dataclass(frozen=True)
class ChainToMembership:
    """Ask one set of constants instead of comparing one after another.

    Precondition: the same name is compared with constants of one type, int or text; the name is hashable, which running
    confirms.

    Source: Ruff PLR1714; catalogue pattern 38.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = 'def f(x):\n    return x == "a" or x == "b" or x == "c"\n'
    after: ClassVar[str] = 'def f(x):\n    return x in {"a", "b", "c"}\n'
    silent: ClassVar[tuple[str, ...]] = (
        'def f(x, y):\n    return x == "a" or y == "b"\n',
        'def f(x):\n    return x == 1 or x == "b"\n',
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Chains of comparisons of one name with constants."""
        for node in program.walk(ast.BoolOp):
            sign = ast.Eq if isinstance(node.op, ast.Or) else ast.NotEq
            pairs = [_pair(each, sign) for each in node.values]
            if None in pairs:
                continue
            names = {pair[0] for pair in pairs if pair is not None}
            constants = [pair[1] for pair in pairs if pair is not None]
            if len(names) == 1 and len({type(each.value) for each in constants}) == 1:
                word = "in" if isinstance(node.op, ast.Or) else "not in"
                text = f"{names.pop()} {word} {{{', '.join(program.source(each) for each in constants)}}}"
                yield Site(program.replace(node, text), "one look into a constant set")


def _pair(node: ast.expr, sign: type[ast.cmpop]) -> tuple[str, ast.Constant] | None:
    if not (isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], sign)):
        return None
    left, right = node.left, node.comparators[0]
    if isinstance(left, ast.Name) and isinstance(right, ast.Constant) and type(right.value) in {int, str}:
        return left.id, right
    return None
