"""Contracts as programs: assertions on the parameters in a function of their own."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from perfwise.errors import InvalidTask
from perfwise.programs.contracts import KnownInputs

__all__ = ["Proposal", "contract_program"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a proposer of assertions is shown.

    Args:
        entry_point: the function whose arguments they are about.
        source: a program that defines it.
        examples: some known inputs, as argument tuples written out.
        kept: assertions that were kept so far.
    """

    entry_point: str
    source: str
    examples: tuple[str, ...]
    kept: tuple[str, ...]


def contract_program(known: KnownInputs, lines: Sequence[str]) -> str:
    """A program with a function `contract` of the entry point's parameters that makes the assertions.

    Raises: InvalidTask for lines that are no Python, or where the parameters are not known.
    """
    statements = []
    for line in lines:
        try:
            statements += ast.parse(line.strip()).body
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise InvalidTask(f"the contract cannot be read: {line!r} is not Python: {error}") from error
    body: list[ast.stmt] = [*statements, ast.parse("return True").body[0]]
    function = ast.FunctionDef("contract", _parameters(known), body, [], None)
    return ast.unparse(ast.fix_missing_locations(ast.Module([function], [])))


def _parameters(known: KnownInputs) -> ast.arguments:
    if not known.entry_point:
        return ast.arguments([], [ast.arg("text")], None, [], [], None, [])
    found = None
    try:
        for node in ast.walk(ast.parse(known.source)):
            if isinstance(node, ast.FunctionDef) and node.name in (known.entry_point, "reference"):
                found = node if found is None or node.name == known.entry_point else found
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found = None
    if found is None:
        raise InvalidTask(f"the contract names parameters, but no program defines {known.entry_point!r}")
    given = found.args
    return ast.arguments(
        [ast.arg(one.arg) for one in given.posonlyargs],
        [ast.arg(one.arg) for one in given.args],
        None if given.vararg is None else ast.arg(given.vararg.arg),
        [],
        [],
        None,
        [default if isinstance(default, ast.Constant) else ast.Constant(None) for default in given.defaults],
    )
