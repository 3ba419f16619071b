"""A C++ program as rules see it: tokens with places, matched brackets, functions, loops and declarations.

There is no parser here. A rule states what it needs in tokens and stays silent where they are not as it knows them;
macros, templates of the program's own and lambdas make it silent too. Compiling and running decide in the end.
"""

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Protocol

from perfwise.improve.rewriting import Edit, Site

__all__ = ["CppProgram", "CppRule", "Function", "Loop", "Token", "rewritten"]

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<directive>^[ \t]*\#(?:[^\n\\]|\\.)*)
    |(?P<text>R"(?P<mark>[^()\s\\]{0,16})\(.*?\)(?P=mark)"|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)+')
    |(?P<number>\.?\d(?:[eEpP][+-]|[\w.']*[\w.])?[\w.]*)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign><<=|>>=|\.\.\.|->\*|::|->|\+\+|--|<<|[-+*/%&|^=!<>]=|&&|\|\||.)""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_CHANGES = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "++", "--"})
_NOT_FUNCTIONS = frozenset({"if", "for", "while", "switch", "catch", "return", "sizeof"})
_READING = frozenset({"size", "length", "empty", "at", "front", "back", "count", "find", "substr", "compare", "c_str"})


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text: `kind` is name, number, text or sign; `start` and `end` are characters of the program."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Function:
    """A function with a body; all places are indices of tokens.

    Args:
        name: of it.
        first: its first token, of the result's type.
        opening: `(` of its parameters; `closing` the `)`.
        body: `{`; `last` the matching `}`.
    """

    name: str
    first: int
    opening: int
    closing: int
    body: int
    last: int


@dataclass(frozen=True, slots=True)
class Loop:
    """A `for` with three parts; indices of tokens.

    Args:
        keyword: `for`.
        parts: (start, end) of each part between `(`, `;`, `;` and `)`, ends exclusive.
        body: first token of what is repeated; `last` its last, the `;` or the `}`.
    """

    keyword: int
    parts: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    body: int
    last: int


class CppProgram:
    """A program's tokens.

    Attributes:
        text: as it was given.
        tokens: all but white space, comments and directives.
        directives: those lines, e.g. `#include <vector>`.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        self.directives: list[Token] = []
        self._comments: list[tuple[int, int]] = []
        for found in _TOKEN.finditer(text):
            kind = found.lastgroup if found.lastgroup != "mark" else "text"
            token = Token(kind or "sign", found[0], found.start(), found.end())
            if kind == "space":
                if token.text.startswith("/"):
                    self._comments.append((token.start, token.end))
            else:
                (self.directives if kind == "directive" else self.tokens).append(token)
        self.words = [token.text for token in self.tokens]

    @cached_property
    def matching(self) -> dict[int, int]:
        """Of each bracket the other one; empty where they do not pair up."""
        found: dict[int, int] = {}
        stack: list[int] = []
        for place, word in enumerate(self.words):
            if word in _PAIRS:
                stack.append(place)
            elif word in _PAIRS.values():
                if not stack or _PAIRS[self.words[stack[-1]]] != word:
                    return {}
                found[place] = stack.pop()
                found[found[place]] = place
        return {} if stack else found

    @cached_property
    def plain(self) -> bool:
        """Whether tokens are what they seem: brackets pair up and no macro but guards and constants is defined."""
        macros = [line for line in self.directives if re.match(r"\s*#\s*define\s+\w+\(", line.text)]
        return bool(self.matching) and not macros

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name that occurs, in directives too."""
        return frozenset(re.findall(r"[A-Za-z_]\w*", self.text))

    def includes(self, header: str) -> bool:
        """Whether a header is there, alone or through the umbrella."""
        named = {match[1] for line in self.directives if (match := re.match(r"\s*#\s*include\s*<([^>]+)>", line.text))}
        return header in named or "bits/stdc++.h" in named

    def source(self, start: int, end: int) -> str:
        """Text from token `start` up to token `end`, exclusive."""
        return self.text[self.tokens[start].start : self.tokens[end - 1].end] if end > start else ""

    def edit(self, start: int, end: int, text: str) -> tuple[Edit, ...]:
        """Replace tokens `start` up to `end`, exclusive; nothing if a comment would get lost."""
        first, last = self.tokens[start].start, self.tokens[end - 1].end
        lost = any(first <= begin < last for begin, _ in self._comments)
        return () if lost else ((first, last, text),)

    def before(self, place: int, text: str) -> tuple[Edit, ...]:
        """Insert a line before the line of a token; nothing if code stands before it on that line."""
        start = self.tokens[place].start
        line = self.text.rfind("\n", 0, start) + 1
        indent = self.text[line:start]
        return () if indent.strip() else ((line, line, f"{indent}{text}\n"),)

    def after(self, place: int, text: str) -> tuple[Edit, ...]:
        """Insert a text behind a token."""
        end = self.tokens[place].end
        return ((end, end, text),)

    # What stands where

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """Free functions with a body, at the outermost level."""
        found, place, first = [], 0, 0
        while place < len(self.words):
            word = self.words[place]
            if word == "(" and place and self.tokens[place - 1].kind == "name" and place - 1 > first:
                closing = self.matching[place]
                if closing + 1 < len(self.words) and self.words[closing + 1] == "{":
                    name, last = self.words[place - 1], self.matching[closing + 1]
                    if name not in _NOT_FUNCTIONS:
                        found.append(Function(name, first, place, closing, closing + 1, last))
                    place = first = last + 1
                    continue
                place = closing
            elif word == "{":
                place = self.matching[place]
            elif word in {";", "}"}:
                first = place + 1
            place += 1
            if self.words[place - 1] == "}":
                first = place
        return tuple(found)

    def loops(self) -> Iterator[Loop]:
        """`for` loops with three parts."""
        for place, word in enumerate(self.words[:-1]):
            if word == "for" and self.words[place + 1] == "(":
                opening, closing = place + 1, self.matching[place + 1]
                marks = [mark for mark in range(opening + 1, closing) if self.words[mark] == ";"]
                if len(marks) == 2 and closing + 1 < len(self.words):
                    bounds = (opening, *marks, closing)
                    parts = tuple((bounds[n] + 1, bounds[n + 1]) for n in range(3))
                    body = closing + 1
                    last = self.statement_end(body)
                    if last is not None:
                        yield Loop(place, (parts[0], parts[1], parts[2]), body, last)

    def statement_end(self, place: int) -> int | None:
        """Last token of the statement that begins at a token: its `;` or `}`; None where it cannot be told."""
        word = self.words[place] if place < len(self.words) else ""
        if word == "{":
            return self.matching[place]
        if word in {"for", "while", "if"} and self.words[place + 1] == "(":
            end = self.statement_end(self.matching[place + 1] + 1)
            if word == "if" and end is not None and end + 1 < len(self.words) and self.words[end + 1] == "else":
                return self.statement_end(end + 2)
            return end
        while place < len(self.words) and self.words[place] != ";":
            if self.words[place] == "}":
                return None
            place = self.matching[place] + 1 if self.words[place] in _PAIRS else place + 1
        return place if place < len(self.words) else None

    def uses(self, name: str, start: int, end: int) -> list[int]:
        """Where a name occurs as a variable: not behind `.`, `->` or `::`."""
        return [
            place
            for place in range(start, end)
            if self.words[place] == name and self.words[place - 1] not in {".", "->", "::"}
        ]

    def changed(self, name: str, start: int, end: int) -> bool:
        """Whether a variable may be written to: anything but the readings that are known counts as writing."""
        return any(not self._reads(place) for place in self.uses(name, start, end))

    def declared_types(self, name: str, start: int, end: int) -> set[str]:
        """Words of the types that a name is declared with in a span, `std::` left out, e.g. `string`, `vector<int>`."""
        found = set()
        for place in self.uses(name, start, end):
            before = self._type_before(place)
            if before:
                found.add(before)
        return found

    def fresh(self, wish: str) -> str:
        """A name that occurs nowhere."""
        number = 1
        while (name := wish if number == 1 else f"{wish}_{number}") in self.names:
            number += 1
        return name

    def _reads(self, place: int) -> bool:
        before = self.words[place - 1]
        after = place + 1
        while self.words[after] == "[":
            after = self.matching[after] + 1
        word = self.words[after]
        if before in {"++", "--", "&", ">>"} or word in _CHANGES:
            return False
        if word == ".":
            return self.words[after + 1] in _READING and self.words[after + 2] == "("
        if after == place + 1 and before in {"(", ","} and word in {")", ","}:
            return False  # handed to a function, which may take it by reference
        return word not in {"->", "(", "<<"} or word == "<<"

    def _type_before(self, place: int) -> str:
        start = place
        while start and (
            self.tokens[start - 1].kind == "name" or self.words[start - 1] in {"::", "<", ">", ">>", ",", "&", "*"}
        ):
            if self.words[start - 1] == "," and "<" not in self.words[max(0, start - 12) : start]:
                break
            start -= 1
        words = [word for word in self.words[start:place] if word not in {"const", "std", "::", "static"}]
        return "".join(words) if words and words[0] not in {"return", "case", "else", "new", "&", "*", ","} else ""

    def line(self, place: int) -> int:
        """Number of the line of a token, from 1."""
        return (
            bisect.bisect_right([found.start() for found in re.finditer("\n", self.text)], self.tokens[place].start) + 1
        )


class CppRule(Protocol):
    """A rewrite of C++ programs; see `perfwise.improve.rewriting.Rule` for what the attributes say."""

    tier: ClassVar[str]
    before: ClassVar[str]
    after: ClassVar[str]
    silent: ClassVar[tuple[str, ...]]

    def sites(self, program: CppProgram) -> Iterator[Site]:
        """Where it applies. `Site.imports` are headers."""


def rewritten(program: CppProgram, sites: list[Site]) -> str | None:
    """The text with these sites rewritten and the headers they need; one that overlaps an earlier one is left out."""
    edits: list[Edit] = []
    headers: list[str] = []
    for site in sites:
        spans = [(start, end) for start, end, _ in edits]
        if not site.edits or any(a < end and start < b for a, b, _ in site.edits for start, end in spans):
            continue
        edits += site.edits
        headers += [name for name in site.imports if name not in headers and not program.includes(name)]
    text = program.text
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    text = "".join(f"#include <{name}>\n" for name in headers) + text
    return text if text != program.text else None
