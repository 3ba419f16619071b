"""Python text as names and trees, without running it: what parses, and what it binds at its top level."""

import ast
import warnings
from functools import lru_cache

__all__ = ["NAMED", "bound_names", "defines", "imported_name", "parse", "parsed"]

NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
"""Statements that carry a name of their own."""


@lru_cache(maxsize=64)  # a reader asks for the same text several times in a row
def parsed(source: str) -> ast.Module | None:
    """The syntax tree, or None where the text is not Python (of this interpreter's version)."""
    try:
        return parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def parse(source: str) -> ast.Module:
    """The syntax tree, without warnings. Raises: what `ast.parse` raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a model's odd escapes are no business of the reader of its answers
        return ast.parse(source)


def defines(source: str, name: str) -> bool:
    """Whether a program binds the name at its top level."""
    tree = parsed(source)
    return tree is not None and any(name in bound_names(statement) for statement in tree.body)


def bound_names(statement: ast.stmt) -> set[str]:
    """Names that a top-level statement binds."""
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return set(map(imported_name, names))
        case ast.Assign(targets=targets):
            return {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()


def imported_name(alias: ast.alias) -> str:
    """The name that an import binds."""
    return alias.asname or alias.name.partition(".")[0]
