"""pow(x, 2): a product."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.cpp_text import CppProgram
from perfwise.improve.rewriting import Site

__all__ = ["Square"]


@dataclass(frozen=True)
class Square:
    """Multiply instead of calling pow with the exponent two.

    Precondition: the base is a name; the product is of doubles, as pow's result is. A product is rounded once, and so
    is a correct power; where a library's power is not, running tells.

    Source: pattern 65 of the list in docs/rules-cpp.md.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "#include <cmath>\ndouble f(int x) { return pow(x, 2); }\n"
    after: ClassVar[str] = "#include <cmath>\ndouble f(int x) { return (1.0 * x * x); }\n"
    silent: ClassVar[tuple[str, ...]] = (
        "#include <cmath>\ndouble f(double x) { return pow(x, 3); }\n",
        "int pow(int a, int b) { return a + b; }\nint f(int x) { return pow(x, 2); }\n",
    )

    def sites(self, program: CppProgram) -> Iterator[Site]:
        """Calls with a name and the number two."""
        words = program.words
        if not program.plain or any(function.name == "pow" for function in program.functions):
            return
        for place in range(1, len(words) - 5):
            if words[place] != "pow" or words[place + 1] != "(" or words[place + 3 : place + 6] != [",", "2", ")"]:
                continue
            base = program.tokens[place + 2]
            start = place - 2 if words[place - 2 : place] == ["std", "::"] else place
            if base.kind == "name" and words[start - 1] not in {".", "->", "::"}:
                text = f"(1.0 * {base.text} * {base.text})"
                yield Site(program.edit(start, place + 6, text), "a product of doubles is the same number")
