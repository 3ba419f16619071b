"""Inputs near the examples."""

from dataclasses import dataclass

from perfwise.errors import InvalidOption
from perfwise.programs import plain
from perfwise.programs.contracts import FoundInput, KnownInputs, Trial
from perfwise.programs.inputs._expressions import literal
from perfwise.programs.inputs._plans import accepted
from perfwise.programs.inputs._separation import telling
from perfwise.programs.variation import mutated

__all__ = ["Mutation"]


@dataclass(frozen=True)
class Mutation:
    """Change examples a little, keep what tells programs apart best, and change that again.

    The changes are those of `perfwise.programs.variation.mutated`. An input that is long when written out is left out.

    Args:
        rounds: how often the best so far are changed again.

    Source: Miller et al., "An Empirical Study of the Reliability of UNIX Utilities", CACM 1990, and AFL's mutation of
        a corpus; cost as the guide as in Lemieux et al., "PerfFuzz", ISSTA 2018.
    """

    rounds: int = 4

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise InvalidOption(f"mutation needs at least 1 round, not {self.rounds}")

    def make(self, known: KnownInputs, trial: Trial, count: int, seed: int) -> tuple[FoundInput, ...]:
        """At most `count` inputs that no example is, the most telling first. See `InputMethod.make`."""
        corpus = list(known.examples)
        found: dict[bytes, FoundInput] = {}
        for number in range(self.rounds):
            if trial.exhausted:
                break
            fresh = [one for one in mutated(corpus, 4 * count, seed + number) if one not in known.examples]
            written = [text for one in fresh if (text := literal(plain.loads(one))) is not None]
            kept = accepted(trial, [FoundInput(text, 0) for text in written])
            found |= {tried.arguments or b"": one for one, tried in kept}
            best = sorted(found, key=lambda data: telling(found[data].costs), reverse=True)[:count]
            found = {data: found[data] for data in best}
            corpus = [*known.examples, *best]
        return tuple(found.values())
