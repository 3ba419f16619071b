"""A parameter by reference instead of a copy."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.cpp_text import CppProgram, Function
from perfwise.improve.rewriting import Site

__all__ = ["ConstReference"]

_LARGE = frozenset(
    {"vector", "string", "map", "set", "unordered_map", "unordered_set", "deque", "multiset", "multimap"}
)


@dataclass(frozen=True)
class ConstReference:
    """Take a container by reference to const where the function only reads it.

    Precondition: the parameter is only subscripted, iterated over, asked for its size or compared; the function writes
    to nothing but its own variables, so that no other name can change what the reference stands for.

    Source: C++ Core Guidelines F.16; pattern 53 of the list in docs/rules-cpp.md.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = (
        "#include <vector>\nint f(std::vector<int> xs, int at) {\n    int best = xs[at];\n    return best;\n}\n"
    )
    after: ClassVar[str] = (
        "#include <vector>\nint f(const std::vector<int>& xs, int at) {\n    int best = xs[at];\n    return best;\n}\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "#include <vector>\nint f(std::vector<int> xs) {\n    xs[0] = 1;\n    return xs[0];\n}\n",
        "#include <vector>\nint g(std::vector<int>&);\nint f(std::vector<int> xs) {\n    return g(xs);\n}\n",
        "#include <vector>\nstd::vector<int> all;\nint f(std::vector<int> xs) {\n    all[0] = 2;\n"
        "    return xs[0];\n}\n",
    )

    def sites(self, program: CppProgram) -> Iterator[Site]:
        """Parameters of free functions."""
        if not program.plain:
            return
        for function in program.functions:
            declared = sum(program.words[place] == function.name for place in range(function.opening))
            if function.name == "main" or declared > 1:  # a declaration before it would have to change too
                continue
            for start, end in _parameters(program, function):
                name = program.words[end - 1]
                kind = [word for word in program.words[start : end - 1] if word not in {"std", "::"}]
                if not kind or kind[0] not in _LARGE or kind[-1] in {"&", "*", "&&"}:
                    continue
                if program.changed(name, function.body, function.last) or _writes_elsewhere(program, function):
                    continue
                text = f"const {program.source(start, end - 1)}& {name}"
                yield Site(program.edit(start, end, text), f"{function.name} only reads {name}, so it needs no copy")


def _parameters(program: CppProgram, function: Function) -> Iterator[tuple[int, int]]:
    """(start, end) of each, commas inside of `<>` apart."""
    depth, start = 0, function.opening + 1
    for place in range(function.opening + 1, function.closing + 1):
        word = program.words[place]
        depth += {"<": 1, ">": -1, ">>": -2}.get(word, 0)
        if (word == "," and depth == 0) or place == function.closing:
            if place - start >= 2 and program.tokens[place - 1].kind == "name":
                yield start, place
            start = place + 1


def _writes_elsewhere(program: CppProgram, function: Function) -> bool:
    """Whether it calls or writes to what is not declared in it: then another name might change the argument."""
    words = program.words
    for place in range(function.body + 1, function.last):
        if program.tokens[place].kind != "name" or words[place - 1] in {".", "->", "::"}:
            continue
        name = words[place]
        target = place + 1
        while words[target] == "[":
            target = program.matching[target] + 1
        written = words[target] in {"=", "+=", "-=", "*=", "++", "--"} or words[place - 1] in {"++", "--", ">>"}
        if written and not program.declared_types(name, function.opening, function.last):
            return True
    return False
