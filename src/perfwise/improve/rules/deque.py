"""a list that is used as a queue: a deque."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Edit, Program, Site
from perfwise.improve.rules._facts import is_zero, scope_of, uses

__all__ = ["Deque"]


@dataclass(frozen=True)
class Deque:
    """Take from the front of a deque instead of from the front of a list.

    Precondition: the list is made in the function and only appended to, popped, asked for its truth or length or looped
    over.

    Source: catalogue pattern 4; collections.deque in the Python docs.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = (
        "def f(s):\n"
        "    q = [s]\n"
        "    while q:\n"
        "        x = q.pop(0)\n"
        "        if x > 0:\n"
        "            q.append(x - 1)\n"
        "    return s\n"
    )
    after: ClassVar[str] = (
        "from collections import deque\n"
        "def f(s):\n"
        "    q = deque([s])\n"
        "    while q:\n"
        "        x = q.popleft()\n"
        "        if x > 0:\n"
        "            q.append(x - 1)\n"
        "    return s\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "def f(s):\n    q = [s]\n    q.pop(0)\n    return q\n",
        "def f(q):\n    while q:\n        q.pop(0)\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Local lists that are popped at the front."""
        for start in program.walk(ast.Assign):
            target = start.targets[0]
            if (
                len(start.targets) != 1
                or not isinstance(target, ast.Name)
                or not isinstance(scope_of(program, start), ast.FunctionDef)
            ):
                continue
            if not (isinstance(start.value, ast.List | ast.ListComp) or program.calls(start.value, "list")):
                continue
            edits = _as_queue(program, scope_of(program, start), target.id)
            if edits:
                text = f"deque({program.source(start.value)})"
                whole = (*program.replace(start.value, text), *edits)
                yield Site(whole, "a deque gives its first item without moving the others", ("collections.deque",))


def _as_queue(program: Program, scope: ast.AST, name: str) -> list[Edit]:
    """What to rename, if every use of the list is one that a deque has too and one takes from the front."""
    edits: list[Edit] = []
    stores = 0
    for each in uses(scope, name):
        up = program.parent(each)
        if not isinstance(each.ctx, ast.Load):
            stores += 1
        elif isinstance(up, ast.Attribute):
            call = program.parent(up)
            if not isinstance(call, ast.Call) or up.attr not in {"append", "pop", "insert", "extend"}:
                return []
            if up.attr == "pop" and len(call.args) == 1 and is_zero(call.args[0]):
                edits += program.replace(call, f"{name}.popleft()")
            elif up.attr == "insert" and is_zero(call.args[0]):
                edits += program.replace(call, f"{name}.appendleft({program.source(call.args[1])})")
            elif up.attr in {"pop", "insert"} and call.args:
                return []
        elif not (isinstance(up, ast.While | ast.If | ast.For | ast.UnaryOp | ast.BoolOp) or program.calls(up, "len")):
            return []
    return edits if stores == 1 and any(new.endswith(".popleft()") for _, _, new in edits) else []
