"""Trial division up to the root."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.cpp_text import CppProgram, Loop
from perfwise.improve.rewriting import Site

__all__ = ["RootBound"]


@dataclass(frozen=True)
class RootBound:
    """Look for a divisor only up to the square root: a composite number has one there.

    Precondition: the loop runs from 2 by steps of one up to n, n / 2 or n - 1; its body only tests `n % i == 0` and
    then returns or sets constants; neither n nor i is written to, and i is not used after the loop.

    Source: any composite n has a divisor d with d * d <= n; pattern 68 of the list in docs/rules-cpp.md.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = (
        "bool prime(int n) {\n    if (n < 2) return false;\n    for (int i = 2; i < n; i++) {\n"
        "        if (n % i == 0) return false;\n    }\n    return true;\n}\n"
    )
    after: ClassVar[str] = (
        "bool prime(int n) {\n    if (n < 2) return false;\n    for (int i = 2; i <= n / i; i++) {\n"
        "        if (n % i == 0) return false;\n    }\n    return true;\n}\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "int count(int n) {\n    int c = 0;\n    for (int i = 2; i < n; i++) {\n        if (n % i == 0) c++;\n"
        "    }\n   return c;\n}\n",
        "int least(int n) {\n    for (int i = 2; i < n; i++) {\n        if (n % i == 0) return i;\n }\n"
        "    return n;\n}\n",
        "bool f(int n) {\n    for (int i = 2; i < n; i++) {\n        if (n % i == 0 && i > 5) return false;\n"
        "    }\n    return true;\n}\n",
    )

    def sites(self, program: CppProgram) -> Iterator[Site]:
        """Loops of that form."""
        if not program.plain:
            return
        for loop in program.loops():
            found = _bounded(program, loop)
            if found is None:
                continue
            index, number = found
            if _only_tests(program, loop, index, number):
                start, end = loop.parts[1]
                edits = program.edit(start, end, f"{index} <= {number} / {index}")
                yield Site(edits, f"a composite {number} has a divisor not above its root")


def _bounded(program: CppProgram, loop: Loop) -> tuple[str, str] | None:
    first, condition, step = (program.words[start:end] for start, end in loop.parts)
    if len(first) < 4 or first[-2:] != ["=", "2"] or first[0] not in {"int", "long", "unsigned", "size_t", "auto"}:
        return None
    index = first[-3]
    if step not in ([index, "++"], ["++", index]) or len(condition) < 3 or condition[0] != index:
        return None
    number, rest = condition[2], condition[3:]
    forms = {("<", ()), ("<", ("/", "2")), ("<=", ("/", "2")), ("<=", ("-", "1"))}
    if (condition[1], tuple(rest)) not in forms or not number.isidentifier():
        return None
    return index, number


def _only_tests(program: CppProgram, loop: Loop, index: str, number: str) -> bool:
    words = program.words[loop.body : loop.last + 1]
    if words[0] == "{":
        words = words[1:-1]
    test = ["if", "(", number, "%", index, "==", "0", ")"]
    if words[: len(test)] != test:
        return False
    then = words[len(test) :]
    if then[:1] == ["{"] and then[-1:] == ["}"]:
        then = then[1:-1]
    constant = {"true", "false", "0", "1", "-1"}
    if len(then) == 3 and then[0] == "return":
        return then[1] in constant and then[2] == ";"
    if len(then) < 4 or then[0] in {index, number} or then[1] != "=" or then[2] not in constant or then[3] != ";":
        return False
    return then[4:] in ([], ["break", ";"])
