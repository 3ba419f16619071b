"""sum(x < t for x in xs) on a sorted list: binary search."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import changed, pure, scope_of, stored
from perfwise.improve.rules._shapes import single

__all__ = ["Bisect"]

_FORMS = {ast.Lt: ("bisect_left", ""), ast.LtE: ("bisect_right", ""),
          ast.GtE: ("bisect_left", "len({name}) - "), ast.Gt: ("bisect_right", "len({name}) - ")}  # fmt: skip


@dataclass(frozen=True)
class Bisect:
    """Find how many items of a sorted list are below a bound by halving instead of by looking at each.

    Precondition: the list is bound once, to `sorted(...)`, and nothing changes it; the bound does not depend on the
    item; all items can be compared, which NaN cannot and which running confirms.

    Source: catalogue pattern 11; bisect in the Python docs.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = (
        "def f(xs, ts):\n    ys = sorted(xs)\n    return [sum(1 for y in ys if y < t) for t in ts]\n"
    )
    after: ClassVar[str] = (
        "from bisect import bisect_left\n"
        "def f(xs, ts):\n    ys = sorted(xs)\n    return [bisect_left(ys, t) for t in ts]\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "def f(ys, ts):\n    return [sum(1 for y in ys if y < t) for t in ts]\n",
        "def f(xs, ts):\n    ys = sorted(xs)\n    ys.append(1)\n    return [sum(1 for y in ys if y < t) for t in ts]\n",
        "def f(xs):\n    ys = sorted(xs, reverse=True)\n    return sum(1 for y in ys if y < 3)\n",
        "def f(xs):\n    ys = sorted(xs)\n    return sum(1 for y in ys if y < y * 2)\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Counts of the items that compare with a bound."""
        for call in program.walk(ast.Call):
            found = _counted(program, call)
            if found is None:
                continue
            name, operator, bound = found
            function, before = _FORMS[operator]
            if _sorted_once(program, call, name):
                text = f"{before.format(name=name)}{function}({name}, {program.source(bound)})"
                text = f"({text})" if before and isinstance(program.parent(call), ast.BinOp | ast.UnaryOp) else text
                yield Site(program.replace(call, text), f"{name} is sorted", (f"bisect.{function}",))


def _counted(program: Program, call: ast.Call) -> tuple[str, type[ast.cmpop], ast.expr] | None:
    """`sum(1 for y in ys if y < t)`, `sum(y < t for y in ys)` or `len([y for y in ys if y < t])`: (ys, operator, t)."""
    inner = single(program, call, "sum") or single(program, call, "len")
    if not isinstance(inner, ast.GeneratorExp | ast.ListComp) or len(inner.generators) != 1:
        return None
    part = inner.generators[0]
    length = isinstance(call.func, ast.Name) and call.func.id == "len"
    if not length and not part.ifs:
        test: ast.expr = inner.elt
    elif len(part.ifs) == 1 and (length or (isinstance(inner.elt, ast.Constant) and inner.elt.value == 1)):
        test = part.ifs[0]
    else:
        return None
    if not (isinstance(part.target, ast.Name) and isinstance(part.iter, ast.Name) and isinstance(test, ast.Compare)):
        return None
    alone = isinstance(test.left, ast.Name) and test.left.id == part.target.id and len(test.ops) == 1
    if not alone or type(test.ops[0]) not in _FORMS or not pure(program, test.comparators[0]):
        return None
    bound = test.comparators[0]
    free = all(not (isinstance(each, ast.Name) and each.id == part.target.id) for each in ast.walk(bound))
    return (part.iter.id, type(test.ops[0]), bound) if free else None


def _sorted_once(program: Program, call: ast.Call, name: str) -> bool:
    """Whether the name is bound once in its function, before the call, to a plain `sorted`, and never changed."""
    scope = scope_of(program, call)
    if not isinstance(scope, ast.FunctionDef):
        return False
    made = [
        each
        for each in ast.walk(scope)
        if isinstance(each, ast.Assign) and len(each.targets) == 1 and ast.unparse(each.targets[0]) == name
    ]
    if len(made) != 1 or single(program, made[0].value, "sorted") is None or made[0] not in scope.body:
        return False
    later = [each for each in scope.body if each.lineno > made[0].lineno]
    bound = sum(name in stored(each) for each in scope.body)
    arguments = {arg.arg for arg in scope.args.args}
    return (
        bound == 1 and name not in arguments and name not in changed(program, *later) and call.lineno > made[0].lineno
    )
