"""Plans: a style for each argument, that can be written out at any size."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from perfwise.programs.contracts import FoundInput, Trial, Tried
from perfwise.programs.inputs._expressions import expression, is_sizeable, styles_of
from perfwise.programs.inputs._shapes import Shape

__all__ = ["Plan", "accepted", "plans"]

_LARGE = 1 << 32  # a seed that is drawn is below this


@dataclass(frozen=True, slots=True, eq=False)  # each is itself: shapes may hold lists, which have no hash
class Plan:
    """How the arguments of an input are made, whatever their size.

    Args:
        shapes: of the arguments.
        styles: one an argument; all empty where `generate` of the task makes them.
        seed: of what is drawn, here and in the input.
    """

    shapes: tuple[Shape, ...]
    styles: tuple[str, ...]
    seed: int

    def at(self, size: int) -> FoundInput:
        """The input of about that size."""
        if not self.styles:
            return FoundInput(f"generate({size}, {self.seed})", self.seed)
        draw = random.Random(self.seed)  # noqa: S311 - a seeded draw is what is wanted
        parts = [expression(shape, size, style, draw) for shape, style in zip(self.shapes, self.styles, strict=True)]
        return FoundInput(f"({', '.join(parts)}{',' if len(parts) == 1 else ''})", self.seed)


def plans(shapes: tuple[Shape, ...], count: int, seed: int, *, generates: bool = False) -> list[Plan]:
    """Up to `count` different plans: the task's own generator first, then each style of each argument, then mixtures.

    At least one argument of a plan grows with the size, where there is any that can.
    """
    draw = random.Random(seed)  # noqa: S311 - a seeded draw is what is wanted
    made: dict[tuple[str, ...], Plan] = {}
    if generates:
        made[()] = Plan(shapes, (), draw.randrange(_LARGE))
    for styles in _combinations(shapes, draw, 8 * count):
        if len(made) >= count:
            break
        if styles not in made:
            made[styles] = Plan(shapes, styles, draw.randrange(_LARGE))
    return list(made.values())


def _combinations(shapes: Sequence[Shape], draw: random.Random, tries: int) -> Iterator[tuple[str, ...]]:
    if not shapes:
        return
    tables = [styles_of(shape) for shape in shapes]
    grows = [is_sizeable(shape) for shape in shapes]
    for place in range(max(map(len, tables))):  # the argument's styles in step: each of them is in some plan
        yield tuple(table[place % len(table)] for table in tables)
    for _ in range(tries):
        styles = tuple(draw.choice(table) for table in tables)
        if any(growing and style != "example" for growing, style in zip(grows, styles, strict=True)) or not any(grows):
            yield styles


def accepted(trial: Trial, inputs: Sequence[FoundInput]) -> list[tuple[FoundInput, Tried]]:
    """The inputs that the trial takes, each once, with their costs."""
    found: dict[bytes, tuple[FoundInput, Tried]] = {}
    for one, tried in zip(inputs, trial.run(inputs), strict=True):
        if not tried.refused and tried.arguments is not None:
            kept = FoundInput(one.expression, one.seed, tried.costs)
            found.setdefault(tried.arguments, (kept, tried))
    return list(found.values())
