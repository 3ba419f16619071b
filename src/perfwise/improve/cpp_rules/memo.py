"""Results of a pure recursion, kept."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.cpp_text import CppProgram, Function
from perfwise.improve.rewriting import Site

__all__ = ["Memo"]

_NUMBERS = frozenset({"int", "long", "long long", "unsigned", "size_t", "int64_t", "double"})
_OTHERS = frozenset({"if", "else", "return", "for", "while", "int", "long", "double", "bool", "true", "false", "max",
                     "min", "abs", "std", "const", "unsigned"})  # fmt: skip


@dataclass(frozen=True)
class Memo:
    """Remember what a function of one number returned, where it calls itself more than once.

    Precondition: it takes one whole number by value and returns a number; it names nothing but its parameter, its own
    variables, itself and a few functions without effect, so that equal arguments give equal results. The recursion
    stays as deep as it was.

    Source: Michie, "Memo" functions and machine learning, Nature 218, 1968; pattern 69 of the list in
        docs/rules-cpp.md.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "long fib(int n) {\n    if (n < 2) return n;\n    return fib(n - 1) + fib(n - 2);\n}\n"
    after: ClassVar[str] = (
        "#include <unordered_map>\nlong fib(int n);\nlong fib_anew(int n) {\n    if (n < 2) return n;\n"
        "    return fib(n - 1) + fib(n - 2);\n}\nlong fib(int n) {\n"
        "    static std::unordered_map<int, long> kept;\n    const auto found = kept.find(n);\n"
        "    if (found != kept.end()) return found->second;\n    const long result = fib_anew(n);\n"
        "    return kept[n] = result;\n}\n"
    )
    silent: ClassVar[tuple[str, ...]] = (
        "int calls;\nlong fib(int n) {\n    calls++;\n    if (n < 2) return n;\n"
        "    return fib(n - 1) + fib(n - 2);\n}\n",
        "long down(int n) {\n    if (n < 2) return n;\n    return down(n - 1);\n}\n",
        "long sum(int a, int b) {\n    if (a < 2) return b;\n    return sum(a - 1, b) + sum(a - 2, b);\n}\n",
    )

    def sites(self, program: CppProgram) -> Iterator[Site]:
        """Such functions."""
        if not program.plain:
            return
        for function in program.functions:
            result = program.source(function.first, function.opening - 1)
            kind = program.source(function.opening + 1, function.closing - 1)
            if result not in _NUMBERS or kind not in _NUMBERS - {"double"} or not _pure(program, function):
                continue
            name, parameter = function.name, program.words[function.closing - 1]
            anew, kept = program.fresh(f"{name}_anew"), program.fresh("kept")
            head = f"{result} {name}({kind} {parameter})"
            rest = (
                f"\n{head} {{\n    static std::unordered_map<{kind}, {result}> {kept};\n"
                f"    const auto found = {kept}.find({parameter});\n"
                f"    if (found != {kept}.end()) return found->second;\n"
                f"    const {result} result = {anew}({parameter});\n    return {kept}[{parameter}] = result;\n}}"
            )
            edits = (
                *program.before(function.first, f"{head};"),
                *program.edit(function.opening - 1, function.opening, anew),
                *program.after(function.last, rest),
            )
            yield Site(edits, f"{name} is asked for the same numbers again and again", ("unordered_map",))


def _pure(program: CppProgram, function: Function) -> bool:
    words = program.words
    own = program.uses(function.name, function.body, function.last)
    parameter = words[function.closing - 1]
    if len(own) < 2 or {"found", "result"} & {parameter, function.name}:
        return False
    if function.closing - function.opening < 3 or program.changed(parameter, function.body, function.last):
        return False
    for place in range(function.body + 1, function.last):
        token = program.tokens[place]
        if token.kind == "text" or (token.kind == "sign" and token.text in {"->", "&", "*=", "."}):
            return False
        known = token.kind != "name" or token.text in {function.name, parameter, *_OTHERS}
        if not known and not program.declared_types(token.text, function.body, function.last):
            return False
    return True
