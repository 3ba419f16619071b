"""Inputs that Hypothesis finds, with the cost as its target."""

import math
from dataclasses import dataclass
from typing import Any

from perfwise.errors import InvalidOption, MissingExtra
from perfwise.programs.contracts import FoundInput, KnownInputs, Trial
from perfwise.programs.inputs._expressions import literal
from perfwise.programs.inputs._plans import accepted
from perfwise.programs.inputs._separation import telling
from perfwise.programs.inputs._shapes import (
    Either,
    Fixed,
    Literal,
    Mapping,
    Real,
    Several,
    Shape,
    Text,
    Whole,
    argument_shapes,
)

__all__ = ["PropertyBased"]


@dataclass(frozen=True)
class PropertyBased:
    """Let Hypothesis search its strategies for the arguments' shapes, with the spread and the cost as targets.

    It varies one input at a time and keeps what raised a target, so it finds structure (an element that repeats, a
    bracket that never closes) rather than size; what is long when written out is left out. Needs the extra `inputs`.

    Args:
        examples: how many inputs it may try.

    Source: MacIver et al., "Hypothesis: A new approach to property-based testing", JOSS 2019; targets as in Löscher and
        Sagonas, "Targeted Property-Based Testing", ISSTA 2017.
    """

    examples: int = 100

    def __post_init__(self) -> None:
        if self.examples < 1:
            raise InvalidOption(f"the number of examples must be at least 1, not {self.examples}")

    def make(self, known: KnownInputs, trial: Trial, count: int, seed: int) -> tuple[FoundInput, ...]:
        """At most `count` inputs, the most telling first. See `InputMethod.make`. Raises: MissingExtra too."""
        try:
            import hypothesis
            from hypothesis import strategies
        except ImportError as cause:
            raise MissingExtra("inputs by Hypothesis need it: pip install 'perfwise[inputs]'") from cause
        shapes = argument_shapes(known)
        found: dict[bytes, FoundInput] = {}

        def attempt(arguments: Any) -> None:
            text = None if trial.exhausted else literal(arguments)
            if text is None:
                return
            for one, tried in accepted(trial, [FoundInput(text, 0)]):
                found.setdefault(tried.arguments or b"", one)
                spread, cost = telling(one.costs)
                hypothesis.target(spread, label="spread")
                hypothesis.target(math.log(cost + 1), label="cost")

        quiet = list(hypothesis.HealthCheck)
        settings = hypothesis.settings(
            max_examples=self.examples,
            deadline=None,
            database=None,
            suppress_health_check=quiet,
            phases=[hypothesis.Phase.generate, hypothesis.Phase.target],
        )
        strategy = strategies.tuples(*(_strategy(shape, strategies) for shape in shapes))
        hypothesis.seed(seed)(settings(hypothesis.given(strategy)(attempt)))()
        new = [one for data, one in found.items() if data not in known.examples]
        return tuple(sorted(new, key=lambda one: telling(one.costs), reverse=True)[:count])


def _strategy(shape: Shape, st: Any) -> Any:
    """What Hypothesis draws values of a shape from."""
    if isinstance(shape, (Several, Fixed, Mapping, Either)):
        return _of_parts(shape, st)
    match shape:
        case Whole(low, high):
            return st.integers(low, max(high, low + 1))
        case Real(low, high):
            return st.floats(low, high, allow_nan=False) if low < high else st.just(low)
        case Text(letters=letters, binary=binary):
            texts = st.text(st.sampled_from(letters or "a"), max_size=60)
            return texts.map(lambda text: text.encode("latin-1")) if binary else texts
        case Literal(value):
            return st.just(value)
    return st.booleans()


def _of_parts(shape: Several | Fixed | Mapping | Either, st: Any) -> Any:
    match shape:
        case Fixed(parts):
            return st.tuples(*(_strategy(part, st) for part in parts))
        case Mapping(key, value):
            return st.dictionaries(_strategy(key, st), _strategy(value, st), max_size=20)
        case Either(options):
            return st.one_of(*(_strategy(option, st) for option in options)) if options else st.integers(0, 9)
    return _several(shape, st)


def _several(shape: Several, st: Any) -> Any:
    lists = st.lists(_strategy(shape.element, st), max_size=40, unique_by=repr if shape.distinct else None)
    made = lists.map(lambda value: sorted(value, key=_sortable)) if shape.ascending else lists
    return {"tuple": made.map(tuple), "set": made.map(set), "frozenset": made.map(frozenset)}.get(shape.kind, made)


def _sortable(value: Any) -> Any:
    return value if isinstance(value, (int, float, str)) else repr(value)
