"""The `perfwise` fixture: measures functions for one test and holds them to the test's limits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from perfwise.errors import InvalidOption
from perfwise.pytest_plugin.baselines import Baselines
from perfwise.pytest_plugin.measuring import Measurement, Pair, measured
from perfwise.pytest_plugin.recording import Record, Tolerance, standing

__all__ = ["Bounds", "Measuring", "bounds_of"]

_BUDGET = 1e11  # instructions, some ten seconds: an endless loop ends
_ANYTHING = object()


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a test's marker asks.

    Args:
        max_wasm_instructions: the most that a measured call may spend; None: no bound.
        max_ratio: the most that it may spend over its baseline, or in `compare` over the second function.
        baseline: a function to measure on the same arguments, or instructions; None: the baseline file's.
    """

    max_wasm_instructions: float | None = None
    max_ratio: float | None = None
    baseline: Callable[..., object] | float | None = None


def bounds_of(arguments: tuple[object, ...], options: Mapping[str, object]) -> Bounds:
    """A marker's bounds. Raises: InvalidOption for what it does not take."""
    unknown = sorted(set(options) - set(Bounds.__dataclass_fields__))
    if arguments or unknown:
        raise InvalidOption(
            f"the marker perfwise takes no {', '.join(unknown) or 'positional arguments'};"
            f" it takes {', '.join(Bounds.__dataclass_fields__)}"
        )
    for name in ("max_wasm_instructions", "max_ratio"):
        value = options.get(name)
        if value is not None and not (_is_number(value) and value > 0):  # type: ignore[operator]
            raise InvalidOption(f"the marker perfwise got {name}={value!r}; wanted a number above 0")
    baseline = options.get("baseline")
    if baseline is not None and not callable(baseline) and not _is_number(baseline):
        raise InvalidOption(
            f"the marker perfwise got baseline={baseline!r}; wanted a function or a number of instructions"
        )
    return Bounds(**options)  # type: ignore[arg-type]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class _Asked:
    """How a function is called."""

    arguments: tuple[object, ...]
    budget: float
    seed: int

    def of(self, function: Callable[..., object], name: str | None = None) -> Measurement:
        shown = name or str(getattr(function, "__name__", type(function).__name__))
        return measured(function, self.arguments, shown, budget=self.budget, seed=self.seed)


@dataclass(slots=True)
class Measuring:
    """Measures functions deterministically in the sandbox; a test gets one as the fixture `perfwise`.

    Args:
        test: its node id.
        bounds: of its marker.
        baselines: of the session; None where there are none to hold against.
        tolerance: to the baselines.
        gate: whether a dearer measurement fails the test.
        updating: whether the baselines are being made anew, so that none is missed.
    """

    test: str
    bounds: Bounds = field(default_factory=Bounds)
    baselines: Baselines | None = None
    tolerance: Tolerance = field(default_factory=Tolerance)
    gate: bool = False
    updating: bool = False
    records: list[Record] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def measure(
        self,
        function: Callable[..., object],
        *arguments: object,
        expected: object = _ANYTHING,
        name: str | None = None,
        budget: float = _BUDGET,
        seed: int = 0,
    ) -> Measurement:
        """Call `function(*arguments)` once in a fresh sandbox and count its instructions.

        The test fails at its end if the call gave no answer or not the expected one, or broke a bound of the marker or
        the gate.

        Args:
            function: written in Python, with source; docs/pytest.md says what travels with it.
            arguments: plain data.
            expected: what it must answer; without it any answer will do.
            name: in the baselines and the table; the function's name without it.
            budget: the most instructions the call may spend.
            seed: what `random` starts from in the sandbox.
        Raises: InvalidCandidate if the function or an argument cannot travel.
        """
        asked = _Asked(arguments, budget, seed)
        result = self._judged(asked.of(function, name), expected)
        self._hold(result, self._baseline(result, asked))
        self._record(result)
        return result

    def compare(
        self,
        first: Callable[..., object],
        second: Callable[..., object],
        *arguments: object,
        budget: float = _BUDGET,
        seed: int = 0,
    ) -> Pair:
        """Measure both on the same arguments; the first must answer what the second does.

        The marker's `max_ratio` bounds instructions of the first over those of the second. See `measure`.
        """
        asked = _Asked(arguments, budget, seed)
        against = self._judged(asked.of(second), _ANYTHING)
        expected = against.value if against.failure is None else _ANYTHING
        result = self._judged(asked.of(first), expected)
        self._hold(result, against.wasm_instructions)
        self._record(result)
        self._record(against)
        return Pair(result, against)

    def _judged(self, result: Measurement, expected: object) -> Measurement:
        if result.failure is None and expected is not _ANYTHING and result.value != expected:
            failure = f"answered {_short(result.value)}, expected {_short(expected)}"
            result = replace(result, quality=0.0, failure=failure)
        if result.failure is not None:
            self.broken.append(f"{result.name}: {result.failure}")
        return result

    def _baseline(self, result: Measurement, asked: _Asked) -> int | None:
        """What the marker's ratio is to."""
        given = self.bounds.baseline
        if given is None:
            return self._known(self._key(result.name))
        if not callable(given):
            return int(given)
        other = asked.of(given)
        if other.failure is not None:
            self.broken.append(f"the baseline {other.name}: {other.failure}")
        elif result.failure is None and other.value != result.value:
            answers = f"answered {_short(result.value)}, its baseline {other.name} {_short(other.value)}"
            self.broken.append(f"{result.name}: {answers}")
        return other.wasm_instructions

    def _hold(self, result: Measurement, baseline: int | None) -> None:
        bounds, spent = self.bounds, result.wasm_instructions
        if result.failure is not None:
            return  # said already; what it cost means nothing
        most = bounds.max_wasm_instructions
        if most is not None and spent > most:
            self.broken.append(f"{result.name}: {spent:,} instructions, {most:,} are allowed (max_wasm_instructions)")
        if bounds.max_ratio is None:
            return
        if baseline is not None and spent > bounds.max_ratio * max(baseline, 1):
            ratio = f"{spent / max(baseline, 1):.3f} times {baseline:,}; {bounds.max_ratio:g} is allowed (max_ratio)"
            self.broken.append(f"{result.name}: {spent:,} instructions are {ratio}")
        if baseline is None and not self.updating:
            advice = "give the marker a baseline=, or make the file's: pytest --perfwise-update"
            self.broken.append(f"{result.name}: max_ratio has no baseline to hold against; {advice}")

    def _record(self, result: Measurement) -> None:
        name, spent = self._key(result.name), result.wasm_instructions
        known = self._known(name)
        stands = standing(spent, result.quality, known, self.tolerance)
        self.records.append(Record(self.test, name, spent, result.quality, known, stands))
        if self.gate and stands == "dearer" and known is not None:
            allowed = f"x{spent / max(known, 1):.3f}, allowed are {self.tolerance.bound(known):,}"
            advice = "if this is wanted: pytest --perfwise-update"
            self.broken.append(f"{name}: {spent:,} instructions, baseline {known:,}: {allowed}; {advice}")

    def _known(self, key: str) -> int | None:
        return None if self.baselines is None else self.baselines.cost(self.test, key)

    def _key(self, name: str) -> str:
        """The name, told apart from earlier measurements of the same name in this test."""
        taken = sum(1 for record in self.records if record.name.partition(" #")[0] == name)
        return f"{name} #{taken + 1}" if taken else name


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:200] + "..."
