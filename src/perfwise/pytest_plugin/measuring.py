"""What one call of a function costs, and what it answers, in the sandbox."""

from collections.abc import Callable
from dataclasses import dataclass

from perfwise.errors import InvalidCandidate, InvalidOption
from perfwise.kit.visible import visible
from perfwise.programs.contracts import Call, Limits, Run
from perfwise.programs.meters.wasm import WasmMeter
from perfwise.pytest_plugin.passing import decoded, encoded
from perfwise.pytest_plugin.travelling import program_of

__all__ = ["MEMORY_BYTES", "Measurement", "MeterInUse", "Pair", "measured", "meter_in_use"]

MEMORY_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Measurement:
    """What came of one measured call.

    Args:
        name: of what was measured.
        wasm_instructions: that the call spent: the same on every run and machine.
        quality: 1.0 if it answered (as expected, where that was said), else 0.0.
        failure: why the quality is 0.0; None if it is 1.0.
        value: the answer, None if there is none.
    """

    name: str
    wasm_instructions: int
    quality: float
    failure: str | None = None
    value: object = None

    @property
    def answer(self) -> object:
        """What the function returned, as plain data; `...` stands for what is not. Raises: InvalidCandidate if none."""
        if self.failure is not None and self.value is None:
            raise InvalidCandidate(f"{self.name} gave no answer: {self.failure}", code="no-answer")
        return self.value


@dataclass(frozen=True, slots=True)
class Pair:
    """Two functions measured on the same arguments.

    Args:
        first: the one in question.
        second: what it is held against.
    """

    first: Measurement
    second: Measurement

    @property
    def ratio(self) -> float:
        """Instructions of the first over those of the second; below 1 the first is cheaper."""
        return self.first.wasm_instructions / max(self.second.wasm_instructions, 1)


@dataclass(frozen=True, slots=True)
class MeterInUse:
    """What decides the numbers.

    Args:
        name: of the meter.
        identity: everything that decides its numbers.
        interpreter: what runs the functions.
    """

    name: str
    identity: str
    interpreter: str


def meter_in_use() -> MeterInUse:
    """The meter of every measurement here."""
    meter = WasmMeter()
    return MeterInUse(meter.name, meter.identity(), meter.interpreter())


def measured(
    function: Callable[..., object], arguments: tuple[object, ...], name: str, *, budget: float, seed: int
) -> Measurement:
    """Call a function once in a fresh sandbox.

    Args:
        function: written in Python; see `perfwise.pytest_plugin.travelling` for what can travel with it.
        arguments: plain data.
        name: for the measurement.
        budget: the most instructions it may spend.
        seed: what `random` starts from.
    Raises: InvalidCandidate if the function or an argument cannot travel; InvalidOption on a budget below 1.
    """
    if not budget >= 1:
        raise InvalidOption(f"a budget of {budget} instructions for {name}; wanted a number of at least 1")
    program = program_of(function)
    inputs = [encoded(arguments, f"an argument of {name}")]
    limits = Limits(budget, None, MEMORY_BYTES)
    return _measurement(name, WasmMeter().measure(program.source, program.entry_point, inputs, limits, seed))


def _measurement(name: str, run: Run) -> Measurement:
    call = run.calls[0] if run.calls else Call(None)
    spent = round(call.cost or 0.0)
    if call.answer is not None:
        return Measurement(name, spent, 1.0, value=decoded(call.answer))
    if call.raised is not None:
        return Measurement(name, spent, 0.0, visible(f"raised {call.raised[0]}: {call.raised[1]}"))
    return Measurement(name, spent, 0.0, visible(str(run.failure or call.stopped)))
