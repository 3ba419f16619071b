"""for (auto x : xs): by reference to const."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.cpp_text import CppProgram
from perfwise.improve.rewriting import Site

__all__ = ["RangeReference"]


@dataclass(frozen=True)
class RangeReference:
    """Iterate over elements without copying them.

    Precondition: neither the element nor the container, a name, is written to in the loop.

    Source: C++ Core Guidelines ES.71; pattern 60 of the list in docs/rules-cpp.md.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = (
        "#include <string>\n#include <vector>\nint f(const std::vector<std::string>& words) {\n    int n = 0;\n"
        "    for (auto word : words) n += word.size();\n    return n;\n}\n"
    )
    after: ClassVar[str] = (
        "#include <string>\n#include <vector>\nint f(const std::vector<std::string>& words) {\n    int n = 0;\n"
        "    for (const auto& word : words) n += word.size();\n    return n;\n}\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "#include <vector>\nint f(std::vector<int> xs) {\n    for (auto x : xs) x += 1;\n    return 0;\n}\n",
        "#include <vector>\nint f(std::vector<int> xs) {\n    for (auto x : xs) { xs[0] = x; }\n    return 0;\n}\n",
        "#include <vector>\nint f(std::vector<int> xs) {\n    for (auto& x : xs) x = 1;\n    return 0;\n}\n",
    )

    def sites(self, program: CppProgram) -> Iterator[Site]:
        """Loops over a name that copy each element."""
        words = program.words
        if not program.plain:
            return
        for place in range(len(words) - 6):
            if words[place] != "for" or words[place + 1] != "(":
                continue
            closing = program.matching[place + 1]
            colons = [mark for mark in range(place + 2, closing) if words[mark] == ":"]
            if len(colons) != 1 or closing != colons[0] + 2 or program.tokens[closing - 1].kind != "name":
                continue
            start, element, container = place + 2, words[colons[0] - 1], words[closing - 1]
            kind = program.source(start, colons[0] - 1)
            end = program.statement_end(closing + 1)
            if end is None or kind not in {"auto", "string", "std::string"}:
                continue
            if not any(program.changed(name, closing + 1, end + 1) for name in (element, container)):
                text = f"const {kind}& {element}"
                yield Site(program.edit(start, colons[0], text), f"{element} is only read, so it needs no copy")
