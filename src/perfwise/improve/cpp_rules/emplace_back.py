"""push_back(make_pair(a, b)): emplace_back(a, b)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.cpp_text import CppProgram
from perfwise.improve.rewriting import Site

__all__ = ["EmplaceBack"]


@dataclass(frozen=True)
class EmplaceBack:
    """Make a pair in its place instead of making it and moving it there.

    Precondition: the argument is one call of `make_pair`, the standard one; where the vector's pairs have other types
    than the arguments, they are converted as before.

    Source: Meyers, Effective Modern C++, item 42; pattern 55 of the list in docs/rules-cpp.md.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = (
        "#include <vector>\nvoid f(std::vector<std::pair<int, int>>& xs) { xs.push_back(std::make_pair(1, 2)); }\n"
    )
    after: ClassVar[str] = (
        "#include <vector>\nvoid f(std::vector<std::pair<int, int>>& xs) { xs.emplace_back(1, 2); }\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "#include <vector>\nvoid f(std::vector<int>& xs) { xs.push_back(3); }\n",
        "#include <vector>\nvoid f(std::vector<int>& xs) { xs.push_back(make_pair(1, 2).first); }\n",
    )

    def sites(self, program: CppProgram) -> Iterator[Site]:
        """Calls with such an argument."""
        words = program.words
        if not program.plain or any(function.name == "make_pair" for function in program.functions):
            return
        for place in range(len(words) - 4):
            if words[place : place + 2] != ["push_back", "("] or words[place - 1] not in {".", "->"}:
                continue
            start = place + 4 if words[place + 2 : place + 4] == ["std", "::"] else place + 2
            if words[start : start + 2] != ["make_pair", "("]:
                continue
            inner, outer = program.matching[start + 1], program.matching[place + 1]
            if inner + 1 == outer:
                text = f"emplace_back({program.source(start + 2, inner)})"
                yield Site(program.edit(place, outer + 1, text), "the pair is made where it stays")
