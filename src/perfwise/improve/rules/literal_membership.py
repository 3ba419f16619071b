"""x in [1, 2, 3] or in a text of letters: in a constant set."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site

__all__ = ["LiteralMembership"]


@dataclass(frozen=True)
class LiteralMembership:
    """Look into a constant set instead of a list or, for single characters, a text.

    Precondition: what is looked for is hashable and, for a text, a single character; running confirms both.

    Source: Ruff PLR6201; catalogue pattern 14.
    """

    tier: ClassVar[str] = "C"
    before: ClassVar[str] = 'def f(x):\n    return x in ["a", "b"], [c for c in x if c in "aeiou"]\n'
    after: ClassVar[str] = (
        "def f(x):\n    return x in {\"a\", \"b\"}, [c for c in x if c in {'a', 'e', 'i', 'o', 'u'}]\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "def f(x, y):\n    return x in [y, 1]\n",
        'def f(x):\n    return x in "ab"\n',
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Membership in a literal."""
        for node in program.walk(ast.Compare):
            if len(node.ops) != 1 or not isinstance(node.ops[0], ast.In | ast.NotIn):
                continue
            where = node.comparators[0]
            if isinstance(where, ast.List | ast.Tuple) and len(where.elts) > 1:
                if all(isinstance(each, ast.Constant) and type(each.value) in {int, str} for each in where.elts):
                    items = ", ".join(program.source(each) for each in where.elts)
                    yield Site(program.replace(where, f"{{{items}}}"), "a constant set is asked in one step")
            elif isinstance(where, ast.Constant) and isinstance(where.value, str) and len(where.value) > 3:
                if isinstance(node.left, ast.Name) and _is_character(program, node.left):
                    items = ", ".join(map(repr, dict.fromkeys(where.value)))
                    yield Site(program.replace(where, f"{{{items}}}"), "a constant set is asked in one step")


def _is_character(program: Program, name: ast.Name) -> bool:
    """Whether the name is the variable of a loop over something that is not a range or a list literal."""
    for up in program.above(name):
        if isinstance(up, ast.For) and isinstance(up.target, ast.Name) and up.target.id == name.id:
            return not isinstance(up.iter, ast.List | ast.Call)
        for each in getattr(up, "generators", ()):
            if isinstance(each.target, ast.Name) and each.target.id == name.id:
                return not isinstance(each.iter, ast.List | ast.Call)
    return False
