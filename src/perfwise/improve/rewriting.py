"""A Python program as rules see it: syntax tree with places, names and parents; and sites of rewrites put into effect.

Edits replace spans of the text, so everything outside them stays as it was typed, comments included.
"""

import ast
import bisect
import importlib
import io
import re
import tokenize
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeAlias, TypeVar

__all__ = ["Edit", "Function", "Program", "Rule", "Site", "applied", "parsed"]

N = TypeVar("N", bound=ast.AST)
Edit: TypeAlias = tuple[int, int, str]
Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

_DYNAMIC = frozenset({"exec", "eval", "globals", "locals", "vars", "__builtins__", "compile", "setattr", "delattr"})
_OPEN_MODULES = frozenset(
    {"typing", "math", "collections", "itertools", "functools", "heapq", "re", "string", "bisect"}
)


@dataclass(frozen=True, slots=True)
class Site:
    """A place where a rule applies.

    Args:
        edits: (start, end, text) in characters of the program, not overlapping.
        reason: what is done there and why that is allowed, for people.
        imports: what the new text needs, as `module` or `module.name`.
    """

    edits: tuple[Edit, ...]
    reason: str
    imports: tuple[str, ...] = ()


class Rule(Protocol):
    """A rewrite of Python programs. Whether it pays is the meter's business; whether it is allowed is the rule's.

    The docstring says what it does, `Precondition:` and `Source:`.

    Attributes:
        tier: `A` provable from the text; `B` needs a fact about types or ranges that the text only suggests; `C` is
            checked by running only.
        before: a small program on which it fires.
        after: what that becomes.
        silent: small programs that look alike and must be left alone.
    """

    tier: str
    before: str
    after: str
    silent: tuple[str, ...]

    def sites(self, program: "Program") -> Iterable[Site]:
        """Where it applies."""


class Program:
    """A parsed program.

    Attributes:
        text: as it was given.
        tree: its syntax.
    """

    def __init__(self, text: str, tree: ast.Module) -> None:
        self.text, self.tree = text, tree
        self._lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))
        self._parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}

    # Places

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Start and end of a node in characters."""
        end_line, end_col = node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]
        return self._offset(node.lineno, node.col_offset), self._offset(end_line, end_col)  # type: ignore[attr-defined]

    def _offset(self, line: int, column: int) -> int:
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        column = column if text.isascii() else len(text.encode()[:column].decode())
        return self._starts[line - 1] + column

    def source(self, node: ast.AST) -> str:
        """Text of a node on one line: as typed where it is on one, else as the parser would write it."""
        start, end = self.span(node)
        text = self.text[start:end]
        return ast.unparse(node) if "\n" in text else text

    def operand(self, node: ast.expr) -> str:
        """Text of an expression that can stand as an operand: in parentheses where it needs them."""
        text = self.source(node)
        tight = (
            ast.Name,
            ast.Constant,
            ast.Call,
            ast.Attribute,
            ast.Subscript,
            ast.List,
            ast.Dict,
            ast.Set,
            ast.ListComp,
        )
        return text if isinstance(node, tight) else f"({text})"

    def iterable(self, node: ast.expr) -> str:
        """Text of an expression that can stand behind `in` of a comprehension."""
        return (
            f"({self.source(node)})" if isinstance(node, ast.IfExp | ast.Lambda | ast.NamedExpr) else self.source(node)
        )

    def line_start(self, statement: ast.stmt) -> int:
        """Where the statement's first line begins."""
        return self._starts[statement.lineno - 1]

    def indent(self, statement: ast.stmt) -> str:
        """White space before a statement."""
        line = self._lines[statement.lineno - 1]
        return line[: len(line) - len(line.lstrip())]

    def alone(self, statement: ast.stmt) -> bool:
        """Whether nothing else stands on the statement's lines, but a comment."""
        start, end = self.span(statement)
        before = self.text[self.line_start(statement) : start]
        after = self.text[end : self._starts[min(statement.end_lineno or 0, len(self._lines))]]
        return not before.strip() and (not after.strip() or after.lstrip().startswith("#"))

    def comments(self, start: int, end: int) -> list[str]:
        """Comments inside a span."""
        return [text for place, text in self._comments if start <= place < end]

    @cached_property
    def _comments(self) -> list[tuple[int, str]]:
        found = []
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type == tokenize.COMMENT:
                found.append((self._starts[token.start[0] - 1] + token.start[1], token.string))
        return found

    def tail(self, place: int) -> int:
        """End of the line of a place, so that a comment behind a statement is taken in."""
        line = bisect.bisect_right(self._starts, place) - 1
        end = self._starts[min(line + 1, len(self._starts) - 1)]
        return end - 1 if self.text[end - 1 : end] == "\n" and end - 1 >= place else end

    # Walks

    def walk(self, kind: type[N], inside: ast.AST | None = None) -> Iterator[N]:
        """Nodes of a kind, the outer first."""
        for node in ast.walk(inside or self.tree):
            if isinstance(node, kind):
                yield node

    def parent(self, node: ast.AST) -> ast.AST | None:
        """What a node stands in."""
        return self._parents.get(node)

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node stands in, from near to far."""
        up = self.parent(node)
        while up is not None:
            yield up
            up = self.parent(up)

    def function(self, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None:
        """The innermost function that a node is in."""
        for up in self.above(node):
            if isinstance(up, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                return up
        return None

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """The innermost statement that a node is in."""
        if isinstance(node, ast.stmt):
            return node
        return next((up for up in self.above(node) if isinstance(up, ast.stmt)), None)

    def siblings(self, statement: ast.stmt) -> list[ast.stmt]:
        """The block that a statement is in."""
        up = self.parent(statement)
        for _, value in ast.iter_fields(up) if up is not None else ():
            if isinstance(value, list) and any(each is statement for each in value):
                return value
        return []

    def blocks(self) -> Iterator[list[ast.stmt]]:
        """Every list of statements."""
        for node in ast.walk(self.tree):
            for name in ("body", "orelse", "finalbody"):
                block = getattr(node, name, None)
                if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                    yield block

    # Names

    @cached_property
    def bound(self) -> frozenset[str]:
        """Every name that the program binds anywhere."""
        return frozenset(_bound(self.tree))

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name and attribute that occurs."""
        return frozenset(re.findall(r"[^\W\d]\w*", self.text))

    @cached_property
    def dynamic(self) -> bool:
        """Whether it looks at its own names or text, so that nothing can be told from the text."""
        loads = {node.id for node in self.walk(ast.Name)}
        return bool(loads & _DYNAMIC) or "*" in self.bound or "_getframe" in self.names or "inspect" in self.bound

    def builtin(self, node: ast.AST, *names: str) -> bool:
        """Whether a node is the builtin of one of these names, which nothing in the program rebinds."""
        return isinstance(node, ast.Name) and node.id in names and node.id not in self.bound

    def calls(self, node: ast.AST | None, *names: str) -> bool:
        """Whether a node is a call of one of these builtins with positional arguments only."""
        return (
            isinstance(node, ast.Call)
            and self.builtin(node.func, *names)
            and not node.keywords
            and not any(isinstance(each, ast.Starred) for each in node.args)
        )

    def imported(self, node: ast.AST, module: str, name: str) -> bool:
        """Whether a node is `name` of a module, by whichever import, and nothing rebinds it."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return node.attr == name and self._imports.get(node.value.id) == module
        return isinstance(node, ast.Name) and self._imports.get(node.id) == f"{module}.{name}"

    @cached_property
    def _imports(self) -> dict[str, str]:
        """What a name stands for where it is bound by imports alone."""
        found: dict[str, set[str]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    found.setdefault(alias.asname or alias.name.partition(".")[0], set()).add(alias.name)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    for name in _star(node.module) if alias.name == "*" else [alias.name]:
                        bound = name if alias.name == "*" else alias.asname or name
                        found.setdefault(bound, set()).add(f"{node.module}.{name}")
        otherwise = frozenset(_bound(self.tree, imports=False))
        return {name: next(iter(all_)) for name, all_ in found.items() if len(all_) == 1 and name not in otherwise}

    def fresh(self, *wishes: str) -> str:
        """A name that occurs nowhere."""
        for wish in wishes:
            if wish not in self.names:
                return wish
        number = 2
        while f"{wishes[0]}_{number}" in self.names:
            number += 1
        return f"{wishes[0]}_{number}"

    # Edits

    def replace(self, node: ast.AST, text: str) -> tuple[Edit, ...]:
        """One edit, or none if a comment would get lost."""
        start, end = self.span(node)
        return () if self.comments(start, end) else ((start, end, text),)

    def restate(self, statements: Sequence[ast.stmt], lines: Sequence[str]) -> tuple[Edit, ...]:
        """Replace adjacent statements by lines, indented as the first; comments go above. None if that cannot be."""
        first, last = statements[0], statements[-1]
        if not (self.alone(first) and self.alone(last)):
            return ()
        indent = self.indent(first)
        start, end = self.span(first)[0], self.tail(self.span(last)[1])
        kept = [*self.comments(start, end), *lines]
        return ((start, end, f"\n{indent}".join(kept)),)

    def before(self, statement: ast.stmt, lines: Sequence[str]) -> tuple[Edit, ...]:
        """Insert lines before a statement. None if that cannot be."""
        if not self.alone(statement) or getattr(statement, "decorator_list", None):
            return ()
        place, indent = self.line_start(statement), self.indent(statement)
        return ((place, place, "".join(f"{indent}{line}\n" for line in lines)),)


def parsed(text: str) -> Program | None:
    """A program; None if the text is not Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Program(text, ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def applied(program: Program, sites: Iterable[Site]) -> str | None:
    """The text with these sites rewritten; a site that overlaps an earlier one is left out. None if nothing changes."""
    edits: list[Edit] = []
    imports: list[str] = []
    for site in sites:
        if not site.edits or any(_overlap(a, b) for a in site.edits for b in edits):
            continue
        if not all(_importable(program, name) for name in site.imports):
            continue
        edits += site.edits
        imports += [name for name in site.imports if name not in imports]
    if not edits:
        return None
    text = program.text
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    text = _with_imports(text, program, imports)
    return text if text != program.text and parsed(text) is not None else None


def _overlap(a: Edit, b: Edit) -> bool:
    if a[0] == a[1] or b[0] == b[1]:  # an insertion: only two at one place, or inside a span, meet
        return a[:2] == b[:2] or (a[0] < b[0] < a[1]) or (b[0] < a[0] < b[1])
    return a[0] < b[1] and b[0] < a[1]


def _name_of(import_: str) -> str:
    return import_.rpartition(".")[2]


def _importable(program: Program, import_: str) -> bool:
    """Whether the import's name is free, or stands for the same already, at the top."""
    name = _name_of(import_)
    return name not in program.names or program._imports.get(name) == import_ or name not in _used(program)


def _used(program: Program) -> frozenset[str]:
    return program.bound | {node.id for node in program.walk(ast.Name)}


def _with_imports(text: str, program: Program, imports: Sequence[str]) -> str:
    missing = [each for each in imports if not _at_top(program, each)]
    if not missing:
        return text
    lines = []
    for each in missing:
        module, _, name = each.rpartition(".")
        lines.append(f"from {module} import {name}\n" if module else f"import {name}\n")
    made = parsed(text)
    place = 0 if made is None else _import_place(made)
    if place and not text[:place].endswith("\n"):
        return text
    return text[:place] + "".join(lines) + text[place:]


def _at_top(program: Program, import_: str) -> bool:
    for node in program.tree.body:
        if isinstance(node, ast.Import) and any(each.name == import_ and not each.asname for each in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and node.module == import_.rpartition(".")[0] and not node.level:
            names = {alias.name for alias in node.names if not alias.asname}
            if _name_of(import_) in names or ("*" in names and _name_of(import_) in _star(node.module)):
                return True
    return False


def _import_place(program: Program) -> int:
    """Behind the docstring and the imports from `__future__`."""
    place = 0
    for node in program.tree.body:
        text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        if not (text or (isinstance(node, ast.ImportFrom) and node.module == "__future__")):
            break
        place = program._starts[node.end_lineno or 0]
    return place


def _bound(tree: ast.AST, *, imports: bool = True) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name
        elif isinstance(node, ast.MatchMapping) and node.rest:
            yield node.rest
        elif isinstance(node, ast.Global | ast.Nonlocal):
            yield from node.names
        elif imports and isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imported(node)


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    for alias in node.names:
        if alias.name == "*":
            yield from _star(getattr(node, "module", None) or "")
        else:
            yield alias.asname or alias.name.partition(".")[0]


def _star(module: str) -> list[str]:
    """Names that `from module import *` binds; `*` where that is not known."""
    if module not in _OPEN_MODULES:
        return ["*"]
    loaded = importlib.import_module(module)
    return list(getattr(loaded, "__all__", None) or [name for name in dir(loaded) if not name.startswith("_")])
