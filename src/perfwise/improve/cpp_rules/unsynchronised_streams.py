"""cin and cout without C's streams."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.cpp_text import CppProgram
from perfwise.improve.rewriting import Site

__all__ = ["UnsynchronisedStreams"]

_C = frozenset({"printf", "scanf", "puts", "putchar", "getchar", "gets", "fgets", "fputs", "fread", "fwrite", "stdin",
                "stdout", "getc", "putc", "fgetc", "fputc", "perror", "cstdio"})  # fmt: skip


@dataclass(frozen=True)
class UnsynchronisedStreams:
    """Let C++ streams buffer on their own where C's streams are not used.

    Precondition: no function of C's streams occurs, and main does not do so already. Output is looked at when the
    program has ended, so that it is no longer interleaved with what is asked for does not show.

    Source: ISO C++, [ios.members.static]; pattern 62 of the list in docs/rules-cpp.md.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = (
        "#include <iostream>\nint main() {\n    int n;\n    std::cin >> n;\n    std::cout << n;\n}\n"
    )
    after: ClassVar[str] = (
        "#include <iostream>\nint main() {\n    std::ios::sync_with_stdio(false);\n    std::cin.tie(nullptr);\n"
        "    int n;\n    std::cin >> n;\n    std::cout << n;\n}\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        '#include <cstdio>\n#include <iostream>\nint main() { int n; std::cin >> n; printf("%d", n); }\n',
        "#include <iostream>\nint main() { std::ios::sync_with_stdio(false); int n; std::cin >> n; }\n",
    )

    def sites(self, program: CppProgram) -> Iterator[Site]:
        """The start of main."""
        if not program.plain or program.names & _C or "sync_with_stdio" in program.names or "cin" not in program.names:
            return
        for function in program.functions:
            if function.name == "main":
                lines = "\n    std::ios::sync_with_stdio(false);\n    std::cin.tie(nullptr);"
                yield Site(program.after(function.body, lines), "nothing uses C's streams", ("iostream",))
