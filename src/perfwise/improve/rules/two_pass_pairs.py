"""a nested loop for two items with a given sum: a set of those seen."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import loads
from perfwise.improve.rules._shapes import single

__all__ = ["TwoPassPairs"]


@dataclass(frozen=True)
class TwoPassPairs:
    """Remember the items that were seen instead of trying every pair.

    Precondition: the loops run over all pairs of places of one list, do nothing but return a constant when the two
    items add up to something that does not depend on them; items are hashable numbers, which running confirms.

    Source: catalogue pattern 7: two-sum.
    """

    tier: ClassVar[str] = "C"
    before: ClassVar[str] = (
        "def f(a, t):\n"
        "    for i in range(len(a)):\n"
        "        for j in range(i + 1, len(a)):\n"
        "            if a[i] + a[j] == t:\n"
        "                return True\n"
        "    return False\n"
    )
    after: ClassVar[str] = (
        "def f(a, t):\n"
        "    seen = set()\n"
        "    for item in a:\n"
        "        if t - item in seen:\n"
        "            return True\n"
        "        seen.add(item)\n"
        "    return False\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        (
            "def f(a, t):\n"
            "    for i in range(len(a)):\n"
            "        for j in range(i + 1, len(a)):\n"
            "            if a[i] * a[j] == t:\n"
            "                return True\n"
            "    return False\n"
        ),
        (
            "def f(a, t):\n"
            "    for i in range(len(a)):\n"
            "        for j in range(i + 1, len(a)):\n"
            "            if a[i] + a[j] == t:\n"
            "                return i\n"
            "    return False\n"
        ),
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Such loops."""
        for outer in program.walk(ast.For):
            inner = outer.body[0]
            if (
                len(outer.body) != 1
                or outer.orelse
                or not isinstance(inner, ast.For)
                or inner.orelse
                or len(inner.body) != 1
            ):
                continue
            test = inner.body[0]
            if not (
                isinstance(test, ast.If)
                and not test.orelse
                and len(test.body) == 1
                and isinstance(test.body[0], ast.Return)
            ):
                continue
            wanted = _wanted(program, outer, inner, test.test)
            told = test.body[0].value
            if wanted is None or not (told is None or isinstance(told, ast.Constant)) or "set" in program.bound:
                continue
            over, total = wanted
            seen, item = program.fresh("seen", "earlier"), program.fresh("item", "each")
            lines = [f"{seen} = set()", f"for {item} in {over}:", f"    if {total} - {item} in {seen}:"]
            lines += [f"        {program.source(test.body[0])}", f"    {seen}.add({item})"]
            yield Site(program.restate([outer], lines), "the partner of an item is looked up instead of searched for")


def _wanted(program: Program, outer: ast.For, inner: ast.For, test: ast.expr) -> tuple[str, str] | None:
    """The list and the sum that is looked for."""
    i, j = ast.unparse(outer.target), ast.unparse(inner.target)
    size = single(program, outer.iter, "range")
    if isinstance(size, ast.BinOp) and isinstance(size.op, ast.Sub) and ast.unparse(size.right) == "1":
        size = size.left
    over = single(program, size, "len")
    if not isinstance(over, ast.Name) or ast.unparse(inner.iter) != f"range({i} + 1, len({over.id}))":
        return None
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq)):
        return None
    for one, other in ((test.left, test.comparators[0]), (test.comparators[0], test.left)):
        pairs = {f"{over.id}[{i}] + {over.id}[{j}]", f"{over.id}[{j}] + {over.id}[{i}]"}
        if ast.unparse(one) in pairs and isinstance(other, ast.Name | ast.Constant) and not loads(other) & {i, j}:
            return over.id, program.source(other)
    return None
