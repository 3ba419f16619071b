"""if c: return True else: return False: return c."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import kind

__all__ = ["BooleanReturn"]


@dataclass(frozen=True)
class BooleanReturn:
    """Return a condition instead of choosing between True and False by it.

    Precondition: the condition is a comparison, a negation or a call of a builtin that gives a truth value.

    Source: Ruff SIM103, SIM210.
    """

    tier: ClassVar[str] = "A"
    before: ClassVar[str] = "def f(x):\n    if x > 3:\n        return True\n    else:\n        return False\n"
    after: ClassVar[str] = "def f(x):\n    return x > 3\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(x):\n    if x:\n        return True\n    else:\n        return False\n",
        "def f(x):\n    if x > 3:\n        return True\n    return 0\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Ifs and conditionals that give True or False."""
        for block in program.blocks():
            for place, statement in enumerate(block):
                if not (
                    isinstance(statement, ast.If)
                    and len(statement.body) == 1
                    and kind(program, statement.test) == "bool"
                ):
                    continue
                rest = statement.orelse or block[place + 1 : place + 2]
                if len(rest) == 1 and isinstance(rest[0], ast.Return) and isinstance(statement.body[0], ast.Return):
                    pair = ast.unparse(statement.body[0]), ast.unparse(rest[0])
                    whole = [statement] if statement.orelse else [statement, rest[0]]
                    if pair == ("return True", "return False"):
                        yield Site(
                            program.restate(whole, [f"return {program.source(statement.test)}"]),
                            "the condition is the answer",
                        )
                    elif pair == ("return False", "return True"):
                        lines = [f"return not {program.operand(statement.test)}"]
                        yield Site(program.restate(whole, lines), "the negated condition is the answer")
        for node in program.walk(ast.IfExp):
            if kind(program, node.test) == "bool" and (ast.unparse(node.body), ast.unparse(node.orelse)) == (
                "True",
                "False",
            ):
                yield Site(program.replace(node, f"({program.source(node.test)})"), "the condition is the answer")
