"""A format or percent template: an f-string."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site

__all__ = ["FormattedText"]


@dataclass(frozen=True)
class FormattedText:
    """Write an f-string instead of format or percent.

    Precondition: the template is a constant with plain {} or %s marks, as many as there are arguments.

    Source: Ruff UP031, UP032.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = 'def f(x, y):\n    return "{} and {}".format(x, y), "%s!" % str(x)\n'
    after: ClassVar[str] = "def f(x, y):\n    return f'{x} and {y}', f'{str(x)}!'\n"
    silent: ClassVar[tuple[str, ...]] = (
        'def f(x):\n    return "{0:>3}".format(x)\n',
        'def f(x):\n    return "%d" % x\n',
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Templates with plain marks."""
        for node in program.walk(ast.expr):
            found = _parts(program, node)
            if found is not None:
                pieces, given = found
                if len(pieces) == len(given) + 1 and not any(set(each) & set("{}\\'\n") for each in pieces):
                    inner = [ast.unparse(each) for each in given]
                    if not any(set(each) & set("'\"\\{}!:") for each in inner):
                        text = pieces[0] + "".join(
                            f"{{{one}}}{after}" for one, after in zip(inner, pieces[1:], strict=True)
                        )
                        yield Site(program.replace(node, f"f'{text}'"), "an f-string is put together without a call")


def _parts(program: Program, node: ast.expr) -> tuple[list[str], list[ast.expr]] | None:
    del program
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        template = node.func.value
        if isinstance(template, ast.Constant) and isinstance(template.value, str) and not node.keywords:
            if not any(isinstance(each, ast.Starred) for each in node.args):
                return template.value.split("{}"), node.args
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and isinstance(node.left, ast.Constant):
        if isinstance(node.left.value, str) and "%%" not in node.left.value:
            # One that is no call of str could be a tuple, which percent takes apart.
            given = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            known = isinstance(node.right, ast.Tuple) or ast.unparse(node.right).startswith("str(")
            return (node.left.value.split("%s"), given) if known else None
    return None
