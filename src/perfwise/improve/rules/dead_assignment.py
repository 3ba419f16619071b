"""a name that nothing reads: without the assignment."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from perfwise.improve.rewriting import Program, Site
from perfwise.improve.rules._facts import loads, pure

__all__ = ["DeadAssignment"]


@dataclass(frozen=True)
class DeadAssignment:
    """Leave out an assignment whose value is never read.

    Precondition: the value has no effect and the function reads the name nowhere; that it raises nothing is checked by
    running.

    Source: Ruff F841; catalogue pattern 32.
    """

    tier: ClassVar[str] = "B"
    before: ClassVar[str] = "def f(xs):\n    n = len(xs)\n    return xs[0]\n"
    after: ClassVar[str] = "def f(xs):\n    return xs[0]\n"
    silent: ClassVar[tuple[str, ...]] = (
        "def f(xs):\n    n = len(xs)\n    return n\n",
        "def f(xs):\n    n = print(xs)\n    return xs\n",
    )

    def sites(self, program: Program) -> Iterator[Site]:
        """Assignments in functions to a name that is read nowhere in the program."""
        read = loads(program.tree)
        for block in program.blocks():
            for statement in block:
                if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1 and len(block) > 1):
                    continue
                target = statement.targets[0]
                if isinstance(target, ast.Name) and target.id not in read and pure(program, statement.value):
                    declared = any(
                        target.id in each.names
                        for each in program.walk(ast.AST)
                        if isinstance(each, ast.Global | ast.Nonlocal)
                    )
                    if program.function(statement) is not None and program.alone(statement) and not declared:
                        start, end = program.line_start(statement), program.tail(program.span(statement)[1]) + 1
                        if not program.comments(start, end):
                            yield Site(((start, end, ""),), "nothing reads the name")
