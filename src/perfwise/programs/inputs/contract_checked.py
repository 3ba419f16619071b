"""Inputs under a contract: assertions that every allowed input satisfies."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from perfwise.core.family import Family
from perfwise.errors import InvalidTask
from perfwise.programs import plain
from perfwise.programs.contracts import FoundInput, KnownInputs, Trial
from perfwise.programs.inputs._contracts import Proposal, contract_program
from perfwise.programs.inputs._expressions import literal

__all__ = ["ContractChecked"]

Proposer = Callable[[Proposal], Sequence[str]]


@dataclass(frozen=True)
class ContractChecked:
    """Make inputs by another method and keep those that satisfy assertions on the arguments.

    Assertions that a user writes must hold for every known input; one that does not is an error. Assertions may also be
    proposed by a callable, such as a language model: of these, one is kept only if every known input still passes with
    it in place, and the others are dropped without a word.

    Args:
        assertions: Python statements on the parameters, such as `assert n >= 0`.
        proposer: gives further assertions for what is known of the task; None: nobody proposes.
        rounds: how often the proposer is asked.
        wanted: proposed assertions that are enough.
        method: that makes the inputs.

    Source: Peng et al., "COFFE: A Code Efficiency Benchmark for Code Generation", FSE 2025, arXiv:2502.02827 (STGen).
    Differs: the contract stands in a function of its own beside the program, not in the program.
    """

    assertions: tuple[str, ...] = ()
    proposer: Proposer | None = None
    rounds: int = 5
    wanted: int = 4
    method: str = "typed_random"

    def make(self, known: KnownInputs, trial: Trial, count: int, seed: int) -> tuple[FoundInput, ...]:
        """At most `count` inputs that satisfy the contract. See `InputMethod.make`.

        Raises: InvalidTask naming the assertion and the input where one that the user wrote rejects a known input.
        """
        lines = self.contract(known, trial)
        inner = Family("perfwise.programs.inputs").get(self.method)()
        made: tuple[FoundInput, ...] = inner.make(
            known, trial.under(contract_program(known, lines)) if lines else trial, count, seed
        )
        return made

    def contract(self, known: KnownInputs, trial: Trial) -> tuple[str, ...]:
        """The user's assertions, and those of the proposer that every known input passes."""
        for line in self.assertions:
            broken = _first_rejected(known, trial, line)
            if broken is not None:
                raise InvalidTask(
                    f"the contract contradicts the task's own inputs: {line!r} does not hold for {broken}; "
                    "mend the assertion, or the input"
                )
        return (*self.assertions, *self._proposed(known, trial))

    def _proposed(self, known: KnownInputs, trial: Trial) -> tuple[str, ...]:
        kept: list[str] = []
        for _ in range(self.rounds if self.proposer else 0):
            if len(kept) >= self.wanted or self.proposer is None:
                break
            shown = [text for data in known.examples[:5] if (text := literal(plain.loads(data)))]
            for line in self.proposer(Proposal(known.entry_point, known.source, tuple(shown), tuple(kept))):
                fresh = line.strip() not in kept and _is_assertion(line)
                if fresh and _first_rejected(known, trial, line) is None:
                    kept.append(line.strip())
        return tuple(kept[: self.wanted])


def _is_assertion(line: str) -> bool:
    try:
        body = ast.parse(line.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return bool(body) and all(isinstance(each, ast.Assert) for each in body)


def _first_rejected(known: KnownInputs, trial: Trial, line: str) -> str | None:
    """The first known input that the assertion rejects, as text; None if there is none."""
    held = trial.under(contract_program(known, [line])).allows(known.examples)
    rejected = next((data for data, holds in zip(known.examples, held, strict=True) if not holds), None)
    if rejected is None:
        return None
    return literal(plain.loads(rejected)) or f"an input of {len(rejected):,} bytes"
