"""Inputs of growing size, up to the dearest that every program survives."""

import math
from dataclasses import dataclass

from perfwise.errors import InvalidOption
from perfwise.programs.contracts import FoundInput, KnownInputs, Trial
from perfwise.programs.inputs._plans import Plan, accepted, plans
from perfwise.programs.inputs._separation import telling
from perfwise.programs.inputs._shapes import argument_shapes

__all__ = ["ScaleAndSearch"]

_SELECT_EVERY = 3  # rounds; then only the better half of the plans goes on growing
_SMALLEST_STEP = 1.1  # a plan that can grow no further than this is done


@dataclass(frozen=True)
class ScaleAndSearch:
    """Grow inputs by doubling a size, along many plans at once, and keep what tells the programs apart best.

    A plan fixes how each argument is made (random, sorted, all alike, a prime, an example repeated, ...); its size
    doubles until the task's contract, a program's failure or the budget of one input stops it, and then goes on in ever
    smaller steps. Every third round the
    plans that separate worst are given up, so that most of the budget goes to the best. Where the task brings
    `generate(size, seed)`, that is one of the plans.

    Args:
        tried_plans: how many plans begin.
        first_size: where the doubling begins.
        rounds: how often the sizes grow at most.

    Source: Liu et al., "Evaluating Language Models for Efficient Code Generation", COLM 2024, arXiv:2408.06450 (SaS:
        scale = 2^1 .. 2^26, the largest survivable input).
    Differs: generators come from the arguments' shapes or the task instead of a language model; inputs must be survived
        by all right programs, and separation is searched for rather than cost alone.
    """

    tried_plans: int = 32
    first_size: int = 4
    rounds: int = 64

    def __post_init__(self) -> None:
        if min(self.tried_plans, self.first_size, self.rounds) < 1:
            raise InvalidOption("tried_plans, first_size and rounds must be at least 1")

    def make(self, known: KnownInputs, trial: Trial, count: int, seed: int) -> tuple[FoundInput, ...]:
        """At most `count` inputs, one a plan, the most telling first. See `InputMethod.make`."""
        shapes = argument_shapes(known)
        climbs = [
            _Climb(one, self.first_size) for one in plans(shapes, self.tried_plans, seed, generates=known.generates)
        ]
        alive = climbs
        for number in range(self.rounds):
            if not alive or trial.exhausted:
                break
            _grow(alive, trial)
            alive = [climb for climb in alive if climb.factor > _SMALLEST_STEP]
            if number % _SELECT_EVERY == _SELECT_EVERY - 1:
                alive = sorted(alive, key=_how_telling, reverse=True)[: max(count, len(alive) // 2)]
        best = sorted(climbs, key=_how_telling, reverse=True)
        distinct = {climb.best.expression: climb.best for climb in best if climb.best is not None}
        return tuple(distinct.values())[:count]


@dataclass
class _Climb:
    """A plan on its way up.

    Args:
        plan: how the input is made.
        size: to try next.
        factor: how much larger than the last size that went well.
        best: the most telling input so far.
    """

    plan: Plan
    size: float
    factor: float = 2.0
    best: FoundInput | None = None

    def went_well(self, made: FoundInput) -> None:
        if self.best is None or telling(made.costs) >= telling(self.best.costs):
            self.best = made
        self.size *= self.factor

    def went_too_far(self) -> None:
        """Take a smaller step from the last size that went well; where none did, there is nothing to grow."""
        last = self.size / self.factor
        self.factor = 1.0 if self.best is None else math.sqrt(self.factor)
        self.size = last * self.factor


def _grow(climbs: list[_Climb], trial: Trial) -> None:
    sized = [climb.plan.at(math.ceil(climb.size)) for climb in climbs]
    kept = {(one.expression, one.seed): one for one, _ in accepted(trial, sized)}
    for climb, made in zip(climbs, sized, strict=True):
        if (made.expression, made.seed) in kept:
            climb.went_well(kept[made.expression, made.seed])
        else:
            climb.went_too_far()


def _how_telling(climb: _Climb) -> tuple[float, float]:
    return telling(climb.best.costs) if climb.best is not None else (-1.0, 0.0)
