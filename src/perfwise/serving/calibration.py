"""`Calibration`: what measurements of a running system say of a timer, kept as a file and applied to timers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from perfwise.errors import Fault, InvalidInput, InvalidOption
from perfwise.kit.wholefiles import write_text
from perfwise.serving.contracts import ErrorBand, Timer
from perfwise.serving.timers._curves import Composed, Curves

__all__ = ["Calibration", "Errors", "Hull", "Knobs", "PhaseErrors", "Residual", "Setting", "curves_of"]

_FORMAT, _VERSION = "perfwise calibration", 1
_OTHER_PLAN, _OTHER_SYSTEM = 2.0, 3.0  # how much wider a band is, in logarithms, where nobody measured


@dataclass(frozen=True, slots=True)
class Setting:
    """A model on a device under a parallel plan, by names: what measurements are of."""

    model: str
    device: str
    plan: str


@dataclass(frozen=True, slots=True)
class Knobs:
    """What a calibration changes in a timer's curves; by default nothing.

    Args:
        decode_attention, prefill_attention: factors of these parts of a step on the GPU.
        decode_step, prefill_step: factors of all that steps without and with prompts do on the GPU.
        launch: factor of the host's time to launch a step's kernels one by one.
        overhead_s: of the host in every step, overlapped by nothing; None: the timer's own.
        member_s, prompt_s: more of it for each sequence, and in a step with prompts; None: the timer's own.
    """

    decode_attention: float = 1.0
    prefill_attention: float = 1.0
    decode_step: float = 1.0
    prefill_step: float = 1.0
    launch: float = 1.0
    overhead_s: float | None = None
    member_s: float | None = None
    prompt_s: float | None = None

    def applied(self, curves: Curves) -> Curves:
        """The curves with all that."""
        seconds = {name: getattr(self, name) for name in ("overhead_s", "member_s", "prompt_s")}
        return replace(
            curves,
            decode=curves.decode * self.decode_attention,
            prefill=curves.prefill * self.prefill_attention,
            decode_factor=curves.decode_factor * self.decode_step,
            prefill_factor=curves.prefill_factor * self.prefill_step,
            launches_s=curves.launches_s * self.launch,
            **{name: value for name, value in seconds.items() if value is not None},
        )


@dataclass(frozen=True, slots=True)
class PhaseErrors:
    """How far predictions of one phase were off: |predicted / measured - 1| over so many points."""

    points: int
    median: float
    p90: float

    @classmethod
    def of(cls, logs: "np.ndarray[Any, np.dtype[np.float64]]") -> "PhaseErrors | None":
        """From logarithms of measured / predicted; None without any."""
        known = np.abs(np.exp(-logs[np.isfinite(logs)]) - 1.0)
        if not len(known):
            return None
        return cls(len(known), float(np.median(known)), float(np.percentile(known, 90)))


@dataclass(frozen=True, slots=True)
class Errors:
    """By phase: TTFT or steps with prompts, and TPOT or steps without."""

    ttft: PhaseErrors | None
    tpot: PhaseErrors | None


@dataclass(frozen=True, slots=True)
class Residual:
    """Measured / predicted of one load, by the timer itself, by the fit, and by the fit to the other groups.

    None where nothing was measured, or left out.
    """

    name: str
    ttft: tuple[float | None, float | None, float | None]
    tpot: tuple[float | None, float | None, float | None]


@dataclass(frozen=True, slots=True)
class Hull:
    """Least and greatest of what the measurements cover.

    Args:
        prompt, output: tokens of a request; (0, 0) where only steps were measured.
        running: sequences in a step.
        tokens: tokens of a step.
    """

    prompt: tuple[float, float]
    output: tuple[float, float]
    running: tuple[float, float]
    tokens: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Calibration:
    """A timer's correction out of measurements, and how far it can be trusted.

    Args:
        settings: what was measured.
        engine: what served, e.g. `vllm 0.19.0`; empty: unknown.
        source: whose measurements.
        knobs: the correction.
        before: errors without it.
        after: errors with it, on what it was fitted to.
        held_out: errors on groups that it was not fitted to; None for a single group.
        hull: what the measurements cover.
        band: measured / predicted in 8 of 10 held-out points; None for fewer than 10 in either phase.
        notes: what it cannot say.
        residuals: of each load; empty where steps were measured.
    """

    settings: tuple[Setting, ...]
    engine: str
    source: str
    knobs: Knobs
    before: Errors
    after: Errors
    held_out: Errors | None
    hull: Hull
    band: ErrorBand | None
    notes: tuple[str, ...] = ()
    residuals: tuple[Residual, ...] = ()

    def apply(self, timer: Timer, setting: Setting | None = None) -> Curves:
        """The timer corrected, with the band of this calibration.

        Steps outside the hull count as extrapolated. For a plan, or a model or device, that was not measured the band
        is wider, and says so.

        Raises: InvalidOption for a timer that is not made of curves, e.g. of frozen tables.
        """
        curves = curves_of(timer)
        return replace(
            self.knobs.applied(curves),
            about=f"{curves.about}; calibrated with {self.source}",
            known_tokens=min(curves.known_tokens, self.hull.tokens[1]),
            known_members=min(curves.known_members, self.hull.running[1]),
            errors=self.band_for(setting),
        )

    def band_for(self, setting: Setting | None = None) -> ErrorBand | None:
        """The band, wider where the setting was not measured; None: one that was."""
        if self.band is None or setting is None or setting in self.settings:
            return self.band
        same = any((setting.model, setting.device) == (each.model, each.device) for each in self.settings)
        power = _OTHER_PLAN if same else _OTHER_SYSTEM
        what = "another plan" if same else "another model or device"
        band = self.band
        return ErrorBand(
            band.ttft_low**power,
            band.ttft_high**power,
            band.tpot_low**power,
            band.tpot_high**power,
            f"{band.source}; measured on {what}, so the band is {power:g} times as wide",
        )

    def save(self, path: Path | str) -> None:
        """Write a JSON file that `load` reads. Raises: InvalidOption if it cannot be written."""
        document = {"format": _FORMAT, "version": _VERSION, **asdict(self)}
        write_text(Path(path), json.dumps(document, indent=2, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read what `save` wrote. Raises: InvalidInput for anything else."""
        try:
            found = json.loads(Path(path).read_text(encoding="utf-8"))
            if found.get("format") != _FORMAT or found.get("version") != _VERSION:
                wanted = f"wanted the format {_FORMAT!r}, version {_VERSION}"
                raise ValueError(f"{wanted}; it has {found.get('format')!r}, {found.get('version')!r}")
            return cls._of(found)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as cause:
            fault = Fault(str(path), "not-a-calibration", f"this is no file of `perfwise serving calibrate`: {cause}")
            raise InvalidInput([fault]) from cause

    @classmethod
    def _of(cls, found: Mapping[str, Any]) -> Self:
        return cls(
            settings=tuple(Setting(**each) for each in found["settings"]),
            engine=str(found["engine"]),
            source=str(found["source"]),
            knobs=Knobs(**found["knobs"]),
            before=_errors(found["before"]),
            after=_errors(found["after"]),
            held_out=_errors(found["held_out"]) if found["held_out"] else None,
            hull=Hull(**{each.name: _pair(found["hull"][each.name]) for each in fields(Hull)}),
            band=ErrorBand(**found["band"]) if found["band"] else None,
            notes=tuple(found["notes"]),
            residuals=tuple(
                Residual(str(each["name"]), tuple(each["ttft"]), tuple(each["tpot"])) for each in found["residuals"]
            ),
        )


def curves_of(timer: Timer) -> Curves:
    """The curves that a timer is made of. Raises: InvalidOption where it is not made of any."""
    if isinstance(timer, Curves):
        return timer
    if isinstance(timer, Composed):
        return timer.curves
    raise InvalidOption(f"step times by {timer.source} cannot be calibrated; use --model and --device in their place")


def _errors(found: Mapping[str, Any]) -> Errors:
    phases = {name: PhaseErrors(**found[name]) if found[name] else None for name in ("ttft", "tpot")}
    return Errors(**phases)


def _pair(found: Sequence[float]) -> tuple[float, float]:
    low, high = found
    return float(low), float(high)
