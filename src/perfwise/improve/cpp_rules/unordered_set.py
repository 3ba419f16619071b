"""set: unordered_set."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.cpp_rules._unordered import unordered_sites
from perfwise.improve.cpp_text import CppProgram
from perfwise.improve.rewriting import Site

__all__ = ["UnorderedSet"]


@dataclass(frozen=True)
class UnorderedSet:
    """Hash keys instead of keeping them in order.

    Precondition: the key is a number, a character or a string; the container is only subscripted, counted in, searched,
    inserted to and erased from; nothing iterates over it, copies it or hands it on.

    Source: ISO C++, [unord]; patterns 56 and 57 of the list in docs/rules-cpp.md.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = (
        "#include <set>\nint f(int n) {\n    std::set<int> seen;\n    seen.insert(n);\n    return seen.count(n);\n}\n"
    )
    after: ClassVar[str] = (
        "#include <unordered_set>\n#include <set>\nint f(int n) {\n    std::unordered_set<int> seen;\n"
        "    seen.insert(n);\n"
        "    return seen.count(n);\n}\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "#include <set>\nint f(int n) {\n    std::set<int> seen;\n    int s = 0;\n"
        "    for (auto& x : seen) s++;\n    return s;\n}\n",
        "#include <set>\nint f(int n) {\n    std::set<int> seen;\n    return seen.lower_bound(n) == seen.end();\n}\n",
    )

    def sites(self, program: CppProgram) -> Iterator[Site]:
        """Declarations of such a container."""
        return unordered_sites(program, "set")
