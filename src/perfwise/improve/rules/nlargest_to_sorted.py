"""heapq.nlargest and nsmallest: a slice of sorted."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site

__all__ = ["NlargestToSorted"]


@dataclass(frozen=True)
class NlargestToSorted:
    """Sort in C and cut instead of keeping a heap in Python.

    Precondition: the number is not negative, which running confirms; the two are documented to be equal.

    Source: heapq in the Python docs: equivalent to sorted(iterable, key=key, reverse=True)[:n].
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = (
        "import heapq\ndef f(xs):\n    return heapq.nlargest(3, xs), heapq.nsmallest(2, xs, key=len)\n"
    )
    after: ClassVar[str] = (
        "import heapq\ndef f(xs):\n    return sorted(xs, reverse=True)[:3], sorted(xs, key=len)[:2]\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "import heapq\ndef f(xs):\n    return heapq.heappop(xs)\n",
        "def f(heapq, xs):\n    return heapq.nlargest(3, xs)\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Calls of the two functions."""
        for call in program.walk(ast.Call):
            largest = program.imported(call.func, "heapq", "nlargest")
            if not (largest or program.imported(call.func, "heapq", "nsmallest")) or len(call.args) < 2:
                continue
            count, over, *key = (program.source(each) for each in call.args)
            words = [f"key={each}" for each in key] + [
                f"{each.arg}={program.source(each.value)}" for each in call.keywords
            ]
            words += ["reverse=True"] if largest else []
            negative = isinstance(call.args[0], ast.UnaryOp)
            if not negative and "sorted" not in program.bound:
                yield Site(
                    program.replace(call, f"sorted({', '.join([over, *words])})[:{count}]"),
                    "sorting in C costs less than a heap in Python",
                )
