"""i < strlen(s): the length once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.cpp_text import CppProgram
from perfwise.improve.rewriting import Site

__all__ = ["HoistStrlen"]


@dataclass(frozen=True)
class HoistStrlen:
    """Take the length of a C string once before a loop instead of at every test of its condition.

    Precondition: the string's name is only read inside the loop, and nothing that is called there gets it.

    Source: pattern 59 of the list in docs/rules-cpp.md.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = (
        "#include <cstring>\nint f(const char* s) {\n    int n = 0;\n"
        "    for (int i = 0; i < strlen(s); i++) n += s[i] == 'a';\n    return n;\n}\n"
    )
    after: ClassVar[str] = (
        "#include <cstring>\nint f(const char* s) {\n    int n = 0;\n    const auto length = strlen(s);\n"
        "    for (int i = 0; i < length; i++) n += s[i] == 'a';\n    return n;\n}\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "#include <cstring>\nvoid f(char* s) {\n    for (int i = 0; i < strlen(s); i++) s[i] = 0;\n}\n",
        "#include <cstring>\nvoid g(char*);\nvoid f(char* s) {\n    for (int i = 0; i < strlen(s); i++) g(s);\n}\n",
    )

    def sites(self, program: CppProgram) -> Iterator[Site]:
        """Conditions of loops that call it on a name."""
        if not program.plain:
            return
        for loop in program.loops():
            start, end = loop.parts[1]
            for place in range(start, end - 3):
                words = program.words[place : place + 4]
                if words[:2] != ["strlen", "("] or words[3] != ")" or program.tokens[place + 2].kind != "name":
                    continue
                name = words[2]
                first = place - 2 if program.words[place - 2 : place] == ["std", "::"] else place
                steps = (loop.parts[2][0], loop.last + 1)
                if not program.changed(name, *steps):
                    length = program.fresh("length")
                    line = program.before(loop.keyword, f"const auto {length} = {program.source(first, place + 4)};")
                    edits = (*line, *program.edit(first, place + 4, length)) if line else ()
                    yield Site(edits, f"the loop does not change {name}")
