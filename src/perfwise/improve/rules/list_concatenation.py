"""r = r + [e] and r += [e]: r.append(e)."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import kind, scope_of

__all__ = ["ListConcatenation"]


@dataclass(frozen=True)
class ListConcatenation:
    """Append one item instead of adding a list of one.

    Precondition: r = r + [e] is only taken where r is a list made in the function and bound to no second name; +=
    changes in place anyway.

    Source: catalogue pattern 26; Ruff RUF005 is the opposite for expressions.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = (
        "def f(xs):\n    r = []\n    for x in xs:\n        r = r + [x]\n        r += [1]\n    return r\n"
    )
    after: ClassVar[str] = (
        "def f(xs):\n    r = []\n    for x in xs:\n        r.append(x)\n        r.append(1)\n    return r\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "def f(r, x):\n    r = r + [x]\n    return r\n",
        "def f(r, x):\n    r += x\n    return r\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Additions of a list of one to a name."""
        for statement in program.walk(ast.stmt):
            found = _added(statement)
            if found is None:
                continue
            name, item, fresh = found
            scope = scope_of(program, statement)
            arguments = {each.arg for each in program.walk(ast.arg)}
            aliased = any(
                isinstance(each, ast.Assign) and isinstance(each.value, ast.Name) and each.value.id == name
                for each in ast.walk(scope)
            )
            if fresh and (name in arguments or aliased or kind(program, ast.Name(name)) not in {"", "list"}):
                continue
            if not fresh or _is_list(program, scope, name):
                yield Site(
                    program.restate([statement], [f"{name}.append({program.source(item)})"]), "append copies nothing"
                )


def _added(statement: ast.stmt) -> tuple[str, ast.expr, bool] | None:
    if (
        isinstance(statement, ast.AugAssign)
        and isinstance(statement.op, ast.Add)
        and isinstance(statement.target, ast.Name)
    ):
        item = _one(statement.value)
        return None if item is None else (statement.target.id, item, False)
    if (
        isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.BinOp)
        and isinstance(statement.value.op, ast.Add)
    ):
        target, left, item = statement.targets[0], statement.value.left, _one(statement.value.right)
        if isinstance(target, ast.Name) and isinstance(left, ast.Name) and target.id == left.id and item is not None:
            return target.id, item, True
    return None


def _one(node: ast.expr) -> ast.expr | None:
    one = isinstance(node, ast.List) and len(node.elts) == 1 and not isinstance(node.elts[0], ast.Starred)
    return node.elts[0] if one and isinstance(node, ast.List) else None


def _is_list(program: Program, scope: ast.AST, name: str) -> bool:
    bound = [
        each.value
        for each in ast.walk(scope)
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name) and each.targets[0].id == name
    ]
    made = [each for each in bound if isinstance(each, ast.List | ast.ListComp) or program.calls(each, "list")]
    added = [each for each in bound if isinstance(each, ast.BinOp)]
    return bool(made) and len(made) + len(added) == len(bound)
