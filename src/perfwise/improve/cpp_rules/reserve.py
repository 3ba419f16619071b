"""A vector's room before a loop of push_back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.cpp_text import CppProgram, Loop
from perfwise.improve.rewriting import Site

__all__ = ["Reserve"]


@dataclass(frozen=True)
class Reserve:
    """Reserve room for as many elements as a loop will push, so that none is moved when the vector grows.

    Precondition: the loop counts from 0 up to a name by ones and pushes once a round, unconditionally, to a vector
    that is declared, empty, in the statement before the loop; the bound is not written to. A bound that is not
    positive reserves nothing.

    Source: ISO C++, [vector.capacity]; pattern 54 of the list in docs/rules-cpp.md.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = (
        "#include <vector>\nint f(int n) {\n    std::vector<int> xs;\n"
        "    for (int i = 0; i < n; i++) xs.push_back(i);\n    return xs.size();\n}\n"
    )
    after: ClassVar[str] = (
        "#include <vector>\nint f(int n) {\n    std::vector<int> xs;\n    if (n > 0) xs.reserve(n);\n"
        "    for (int i = 0; i < n; i++) xs.push_back(i);\n    return xs.size();\n}\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "#include <vector>\nint f(int n) {\n    std::vector<int> xs;\n"
        "    for (int i = 0; i < n; i++) if (i > 3) xs.push_back(i);\n    return xs.size();\n}\n",
        "#include <vector>\nint f(int n) {\n    std::vector<int> xs;\n    xs.push_back(1);\n"
        "    for (int i = 0; i < n; i++) xs.push_back(i);\n    return xs.size();\n}\n",
    )

    def sites(self, program: CppProgram) -> Iterator[Site]:
        """Such loops."""
        if not program.plain:
            return
        for loop in program.loops():
            bound = _bound(program, loop)
            name = _pushed(program, loop)
            if bound is None or name is None or not _declared_before(program, loop, name):
                continue
            if not program.changed(bound, loop.parts[2][0], loop.last + 1):
                line = program.before(loop.keyword, f"if ({bound} > 0) {name}.reserve({bound});")
                yield Site(line, f"{name} gets {bound} elements")


def _bound(program: CppProgram, loop: Loop) -> str | None:
    first, condition, step = (program.words[start:end] for start, end in loop.parts)
    if len(first) < 4 or first[-2:] != ["=", "0"] or len(condition) != 3 or condition[1] != "<":
        return None
    index = first[-3]
    fits = condition[0] == index and step in ([index, "++"], ["++", index])
    return condition[2] if fits and condition[2].isidentifier() else None


def _pushed(program: CppProgram, loop: Loop) -> str | None:
    """The vector that the body's first statement pushes to, if nothing else in the body names it."""
    place = loop.body + (program.words[loop.body] == "{")
    words = program.words[place : place + 4]
    if len(words) < 4 or words[1] != "." or words[2] not in {"push_back", "emplace_back"} or words[3] != "(":
        return None
    end = program.statement_end(place)
    once = program.words[loop.body : loop.last + 1].count(words[0]) == 1
    leaves = {"break", "continue", "return", "goto"} & set(program.words[loop.body : loop.last + 1])
    return words[0] if once and end is not None and not leaves else None


def _declared_before(program: CppProgram, loop: Loop, name: str) -> bool:
    place = loop.keyword - 1
    if program.words[place - 1 : place + 1] != [name, ";"]:
        return False
    start = max((mark for mark in range(place - 1) if program.words[mark] in {";", "{", "}"}), default=-1) + 1
    kind = [word for word in program.words[start : place - 1] if word not in {"std", "::"}]
    return kind[:2] == ["vector", "<"] and kind[-1] == ">"
