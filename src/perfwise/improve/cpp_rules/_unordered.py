"""What the rules that replace ordered containers share."""

from collections.abc import Iterator

from perfwise.improve.cpp_text import CppProgram
from perfwise.improve.rewriting import Site

__all__ = ["unordered_sites"]

_HASHED = frozenset({"int", "long", "longlong", "unsigned", "char", "string", "size_t", "bool", "short", "int64_t"})
_ALLOWED = frozenset({"count", "find", "insert", "erase", "size", "empty", "clear", "at", "emplace"})


def unordered_sites(program: CppProgram, kind: str) -> Iterator[Site]:
    """Declarations of `kind<Key...> name;` whose keys can be hashed and whose order is never looked at."""
    words = program.words
    if not program.plain:
        return
    for place in range(len(words) - 4):
        if words[place] != kind or words[place + 1] != "<" or (place and words[place - 1] in {".", "->"}):
            continue
        end = _closing(words, place + 1)
        if end is None or end + 2 >= len(words) or program.tokens[end + 1].kind != "name" or words[end + 2] != ";":
            continue
        name, arguments = words[end + 1], [word for word in words[place + 2 : end] if word not in {"std", "::"}]
        key = "".join(arguments[: arguments.index(",")] if "," in arguments else arguments)
        declared = [use for use in program.uses(name, 0, len(words)) if use != end + 1]
        if key in _HASHED and all(_without_order(words, use) for use in declared):
            reason = f"nothing looks at the order of {name}"
            yield Site(program.edit(place, place + 1, f"unordered_{kind}"), reason, (f"unordered_{kind}",))


def _closing(words: list[str], place: int) -> int | None:
    depth = 0
    for at in range(place, min(place + 40, len(words))):
        depth += {"<": 1, ">": -1, ">>": -2}.get(words[at], 0)
        if depth <= 0:
            return at if depth == 0 else None
        if words[at] in {";", "{", "("}:
            return None
    return None


def _without_order(words: list[str], use: int) -> bool:
    """A subscript, a call that has no order, or the end that a `find` is compared with."""
    if words[use + 1] == "[":
        return True
    if words[use + 1] != ".":
        return False
    if words[use + 2] == "end":
        return words[use - 1] in {"==", "!="}
    return words[use + 2] in _ALLOWED
