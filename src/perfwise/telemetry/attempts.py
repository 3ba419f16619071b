"""What the engines of series and of incidents have in common: CPU seconds, provenance, how a method is named."""

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from typing import TypeVar

import perfwise
from perfwise.core.json import Json
from perfwise.core.outcome import Provenance

__all__ = ["CpuClock", "described", "provenance"]

R = TypeVar("R")


@dataclass(frozen=True)
class CpuClock:
    """CPU seconds of this process.

    Args:
        repetitions: of the work; the least time counts.
    """

    repetitions: int = 1

    def timed(self, work: Callable[[], R]) -> tuple[R, float]:
        """What the work gives, and its seconds."""
        least = float("inf")
        for _ in range(max(1, self.repetitions)):
            begun = time.process_time()
            result = work()
            least = min(least, time.process_time() - begun)
        return result, least


def provenance(engine: str, version: str) -> Provenance:
    """Of outcomes whose cost is CPU time of this machine."""
    return Provenance(
        engine=engine,
        engine_version=version,
        meter="cpu_time",
        meter_identity="process CPU seconds",
        interpreter=f"CPython {platform.python_version()}",
        machine=f"{platform.machine()} {platform.system()}",
        versions=(("perfwise", perfwise.__version__),),
    )


def described(method: object) -> dict[str, Json]:
    """A method and its parameters as plain data."""
    parameters: dict[str, Json] = {}
    if is_dataclass(method):
        parameters = {each.name: _plain(getattr(method, each.name)) for each in fields(method) if each.compare}
    return {"method": type(method).__name__, **parameters}


def _plain(value: object) -> Json:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return described(value) if is_dataclass(value) else repr(value)
