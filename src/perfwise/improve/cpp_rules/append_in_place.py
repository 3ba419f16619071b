"""s = s + t: s += t, for strings."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.cpp_text import CppProgram
from perfwise.improve.rewriting import Site

__all__ = ["AppendInPlace"]


@dataclass(frozen=True)
class AppendInPlace:
    """Append to a string instead of making a new one, which turns a loop of appends from quadratic to linear.

    Precondition: the name is declared as `string` and as nothing else; what is appended is one operand.

    Source: ISO C++, [string.append]; pattern 58 of the list in docs/rules-cpp.md.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = (
        "#include <string>\nvoid f(char c) { std::string s; for (int i = 0; i < 9; i++) s = s + c; }\n"
    )
    after: ClassVar[str] = "#include <string>\nvoid f(char c) { std::string s; for (int i = 0; i < 9; i++) s += c; }\n"
    silent: ClassVar[tuple[str, ...]] = (
        "#include <string>\nvoid f(char c) { std::string s; s = c + s; }\n",
        "void f(int c) { int s = 0; s = s + c; }\n",
        "#include <string>\nvoid f(char c) { std::string s; s = s + c + s; }\n",
    )

    def sites(self, program: CppProgram) -> Iterator[Site]:
        """Assignments of that form."""
        words = program.words
        if not program.plain:
            return
        for place in range(1, len(words) - 5):
            name = words[place]
            if program.tokens[place].kind != "name" or words[place + 1 : place + 4] != ["=", name, "+"]:
                continue
            if words[place - 1] not in {";", "{", "}", ")", "else"}:
                continue
            if program.declared_types(name, 0, len(words)) != {"string"}:
                continue
            end = program.statement_end(place)
            if end is not None and _one_operand(program, place + 4, end):
                yield Site(program.edit(place + 1, place + 4, "+="), "appending in place copies only what is new")


def _one_operand(program: CppProgram, start: int, end: int) -> bool:
    place = start
    while place < end:
        word = program.words[place]
        if word in {"(", "["}:
            place = program.matching[place] + 1
        elif program.tokens[place].kind != "sign" or word in {".", "::", "->"}:
            place += 1
        else:
            return False
    return start < end
