"""map: unordered_map."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.cpp_rules._unordered import unordered_sites
from perfwise.improve.cpp_text import CppProgram
from perfwise.improve.rewriting import Site

__all__ = ["UnorderedMap"]


@dataclass(frozen=True)
class UnorderedMap:
    """Hash keys instead of keeping them in order.

    Precondition: the key is a number, a character or a string; the container is only subscripted, counted in, searched,
    inserted to and erased from; nothing iterates over it, copies it or hands it on.

    Source: ISO C++, [unord]; patterns 56 and 57 of the list in docs/rules-cpp.md.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = (
        "#include <map>\nint f(int n) {\n    std::map<int, int> seen;\n    seen[n] = 1;\n    return seen.count(n);\n}\n"
    )
    after: ClassVar[str] = (
        "#include <unordered_map>\n#include <map>\nint f(int n) {\n    std::unordered_map<int, int> seen;\n"
        "    seen[n] = 1;\n"
        "    return seen.count(n);\n}\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "#include <map>\nint f(int n) {\n    std::map<int, int> seen;\n    int s = 0;\n"
        "    for (auto& x : seen) s++;\n    return s;\n}\n",
        "#include <map>\nint f(int n) {\n    std::map<int, int> seen;\n"
        "    return seen.lower_bound(n) == seen.end();\n}\n",
    )

    def sites(self, program: CppProgram) -> Iterator[Site]:
        """Declarations of such a container."""
        return unordered_sites(program, "map")
