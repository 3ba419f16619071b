r"""endl: '\\n'."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.cpp_text import CppProgram
from perfwise.improve.rewriting import Site

__all__ = ["EndlToNewline"]


@dataclass(frozen=True)
class EndlToNewline:
    r"""Write a line's end without flushing the stream each time.

    Precondition: the program ends by returning from main, so the stream is flushed there; it aborts or exits nowhere,
    and `endl` is the standard one.

    Source: Meyers, Effective STL, 2001; pattern "I/O batching" of PIE's edits, arXiv:2302.07867.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "#include <iostream>\nint main() { std::cout << 1 << std::endl; }\n"
    after: ClassVar[str] = "#include <iostream>\nint main() { std::cout << 1 << '\\n'; }\n"
    silent: ClassVar[tuple[str, ...]] = (
        "#include <iostream>\nint main() { std::cout << 1 << std::endl; abort(); }\n",
        "#include <iostream>\nint main() { int endl = 3; std::cout << endl; }\n",
    )

    def sites(self, program: CppProgram) -> Iterator[Site]:
        """Each one behind `<<`."""
        words = program.words
        if program.names & {"abort", "exit", "_exit", "quick_exit", "terminate", "assert", "fork"}:
            return
        for place in range(1, len(words)):
            if words[place] != "endl":
                continue
            start = place - 2 if words[place - 2 : place] == ["std", "::"] else place
            if words[start - 1] != "<<":
                if start == place:
                    return  # a name of the program's own
                continue
            yield Site(program.edit(start, place + 1, "'\\n'"), "the end of the program flushes the stream once")
