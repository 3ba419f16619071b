"""What users measured of a system that they run: loads with their latencies, or single steps with their times."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from perfwise.errors import InvalidInput
from perfwise.kit.textfiles import Faults
from perfwise.serving.contracts import STEP
from perfwise.serving.trace import Floats, Trace

__all__ = ["SETTINGS", "Measurements", "Observation", "StepTimes"]

SETTINGS = ("tensor", "batching", "blocks")
"""What a row of measurements may say of its own system: GPUs of a layer, batching method, blocks of a replica."""


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """One load that a system served, and its mean latencies.

    Args:
        name: for people.
        trace: what was sent. Where `clients` is above 0 its times do not count.
        ttft_s, tpot_s: means, NaN where unknown.
        clients: so many that each send the next request when their last one is answered; 0: the trace's own times.
        leading, trailing: requests at the beginning and at the end that the means leave out.
        over_tokens: `tpot_s` is all time after first tokens over all output tokens, as counters of a server have it;
            else the mean over requests of (completion - first token) / (output - 1).
        group: observations of one group are left out together when errors are estimated; "": a group of its own.
        settings: of `SETTINGS`, what differs from the command's own.
    """

    name: str
    trace: Trace
    ttft_s: float
    tpot_s: float
    clients: int = 0
    leading: int = 0
    trailing: int = 0
    over_tokens: bool = False
    group: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def grouped(self) -> str:
        """The group, or the name where there is none."""
        return self.group or self.name


@dataclass(frozen=True, slots=True, eq=False)
class StepTimes:
    """Single steps and how long they took.

    Args:
        steps: (n,) rows of STEP with tokens, members, decodes, decode_context, longest_decode, prefills,
            prefill_tokens, prefill_pairs and sampled.
        seconds: (n,) above 0.
        groups: (n,) steps of one group are left out together.
    """

    steps: np.recarray[Any, Any]
    seconds: Floats
    groups: tuple[str, ...]

    def __post_init__(self) -> None:
        assert self.steps.dtype == np.dtype(STEP)
        assert len(self.steps) == len(self.seconds) == len(self.groups)


@dataclass(frozen=True, slots=True, eq=False)
class Measurements:
    """All that was read from a user's files.

    Args:
        source: files, for people.
        observations: loads.
        steps: single steps; None without any.
        notes: what a reader left out, for people.
    Raises: InvalidInput with the code `no-measurements` if there is nothing, `not-a-time` for times that are not above
        0.
    """

    source: str
    observations: tuple[Observation, ...] = ()
    steps: StepTimes | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        faults = Faults()
        if not self.observations and self.steps is None:
            faults.add(self.source, "no-measurements", "there is no load with a TTFT or TPOT in it, and no step's time")
        for each in self.observations:
            for name, seconds in (("TTFT", each.ttft_s), ("TPOT", each.tpot_s)):
                if not (np.isnan(seconds) or (seconds > 0 and np.isfinite(seconds))):
                    faults.add(each.name, "not-a-time", f"a mean {name} must be above 0 s, not {seconds}")
            if np.isnan(each.ttft_s) and np.isnan(each.tpot_s):
                faults.add(each.name, "not-a-time", "it has neither a TTFT nor a TPOT")
        faults.check()

    @classmethod
    def joined(cls, parts: "list[Measurements]") -> "Measurements":
        """Several as one. Raises: InvalidInput if some have loads and others have steps."""
        steps = [part.steps for part in parts if part.steps is not None]
        observations = tuple(each for part in parts for each in part.observations)
        source = ", ".join(part.source for part in parts)
        if steps and observations:
            faults = Faults()
            faults.add(source, "mixed-measurements", "some files hold steps and others loads; calibrate with one kind")
            raise InvalidInput(faults.found)
        notes = tuple(note for part in parts for note in part.notes)
        if not steps:
            return cls(source, observations, None, notes)
        rows = np.concatenate([part.steps for part in steps]).view(np.recarray)
        seconds = np.concatenate([part.seconds for part in steps])
        groups = tuple(group for part in steps for group in part.groups)
        return cls(source, (), StepTimes(rows, seconds, groups), notes)
