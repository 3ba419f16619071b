"""sum(xs[i:j]) in a loop: sums of all beginnings before."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._shapes import loop_around, single

__all__ = ["PrefixSums"]


@dataclass(frozen=True)
class PrefixSums:
    """Subtract two prefix sums instead of adding up a slice each time.

    Precondition: nothing in the loop changes the list; it holds ints and 0 <= i <= j <= len, which running confirms.

    Source: catalogue pattern 9; itertools.accumulate in the Python docs.
    """

    tier: ClassVar[str] = "C"
    before: ClassVar[str] = "def f(xs, n):\n    return [sum(xs[i:j]) for i in range(n) for j in range(i, n)]\n"
    after: ClassVar[str] = (
        "from itertools import accumulate\n"
        "def f(xs, n):\n"
        "    xs_sums = [0, *accumulate(xs)]\n"
        "    return [(xs_sums[j] - xs_sums[i]) for i in range(n) for j in range(i, n)]\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs, i, j):\n    return sum(xs[i:j])\n",
        "def f(xs, n):\n    return [sum(xs[i:n:2]) for i in range(n)]\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Sums of slices of a name that a loop around leaves alone."""
        groups: dict[tuple[int, str], tuple[ast.stmt, list[tuple[ast.Call, ast.Slice]]]] = {}
        for call in program.walk(ast.Call):
            part = single(program, call, "sum")
            if not (
                isinstance(part, ast.Subscript)
                and isinstance(part.value, ast.Name)
                and isinstance(part.slice, ast.Slice)
            ):
                continue
            if part.slice.step is None and (part.slice.lower or part.slice.upper):
                statement = loop_around(program, part.value)
                if statement is not None:
                    groups.setdefault((id(statement), part.value.id), (statement, []))[1].append((call, part.slice))
        for (_, name), (statement, calls) in groups.items():
            made = program.fresh(f"{name}_sums", f"sums_of_{name}")
            edits = list(program.before(statement, [f"{made} = [0, *accumulate({name})]"]))
            for call, part in calls:
                upper = f"{made}[{program.source(part.upper)}]" if part.upper else f"{made}[-1]"
                lower = f"{upper} - {made}[{program.source(part.lower)}]" if part.lower else upper
                edits += program.replace(call, f"({lower})")
            if len(edits) == len(calls) + 1:
                yield Site(
                    tuple(edits), f"a difference of two sums replaces a pass over {name}", ("itertools.accumulate",)
                )
