"""Random inputs of the arguments' types."""

import random
from dataclasses import dataclass

from perfwise.errors import InvalidOption
from perfwise.programs.contracts import FoundInput, KnownInputs, Trial
from perfwise.programs.inputs._plans import Plan, accepted
from perfwise.programs.inputs._separation import telling
from perfwise.programs.inputs._shapes import argument_shapes

__all__ = ["TypedRandom"]

_ROUNDS = 4  # of proposals; what is refused is made up for in the next one


@dataclass(frozen=True)
class TypedRandom:
    """Draw each argument at random: its type from the examples or the annotations, its values from what was seen.

    Numbers lie between the least and the greatest that the examples show, texts are made of their characters; what is
    sorted or without twins in all of them stays so. The sizes of containers are spread evenly over their logarithm.

    Args:
        largest: the most elements of a container.

    Source: Pacheco et al., "Feedback-Directed Random Test Generation", ICSE 2007 (random inputs kept where they run).
    Differs: values of types rather than sequences of calls; the feedback is the contract and the right programs.
    """

    largest: int = 1000

    def __post_init__(self) -> None:
        if self.largest < 1:
            raise InvalidOption(f"the most elements of a container must be at least 1, not {self.largest}")

    def make(self, known: KnownInputs, trial: Trial, count: int, seed: int) -> tuple[FoundInput, ...]:
        """At most `count` random inputs, the most telling first. See `InputMethod.make`."""
        shapes = argument_shapes(known)
        draw = random.Random(seed)  # noqa: S311 - a seeded draw is what is wanted
        found: dict[str, FoundInput] = {}
        for _ in range(_ROUNDS if shapes else 1):
            if len(found) >= count or trial.exhausted:
                break
            plans = [Plan(shapes, ("random",) * len(shapes), draw.randrange(1 << 32)) for _ in range(2 * count)]
            proposed = [plan.at(round(self.largest ** draw.random())) for plan in plans]
            found |= {one.expression + str(one.seed): one for one, _ in accepted(trial, proposed)}
        kept = list(found.values())[:count]
        return tuple(sorted(kept, key=lambda one: telling(one.costs), reverse=True))
