"""Fit a timer to the measured times of single steps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from perfwise.serving.calibrating import band_of
from perfwise.serving.calibration import Calibration, Errors, Hull, Knobs, PhaseErrors
from perfwise.serving.observation import StepTimes
from perfwise.serving.replay import System
from perfwise.serving.timers._curves import Curves

__all__ = ["calibrate_steps"]

Array = NDArray[np.float64]

_MOST_STEPS = 20_000  # enough for a few numbers; more are thinned evenly
_MOST_FOLDS = 20
_NOISE = 0.02  # of a step, relative
_KNOBS = ("decode_step", "prefill_step", "decode_attention", "prefill_attention", "launch")
_LEAST = 1e-3  # of a factor in a logarithm
_TRUST = np.array([1.0, 1.0, 1.0, 1.0, 2.0, 2e-2])  # of the factors' logarithms, and of the overhead in seconds


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """Of each step, by the timer's own numbers.

    Args:
        gpu_s: (steps, 3) of linear work, decode attention, prefill attention.
        launches_s, graph_s: (steps,) of the host, kernel by kernel or as a graph.
        prompts: (steps,) whether it has prompts.
        seconds: (steps,) as measured.
    """

    gpu_s: Array
    launches_s: Array
    graph_s: Array
    prompts: NDArray[np.bool_]
    seconds: Array

    def only(self, chosen: NDArray[np.bool_]) -> "_Parts":
        """Some of the steps."""
        gpu_s, launches_s, graph_s = (each[chosen] for each in (self.gpu_s, self.launches_s, self.graph_s))
        return _Parts(gpu_s, launches_s, graph_s, self.prompts[chosen], self.seconds[chosen])

    def logs(self, values: Array) -> Array:
        """(steps,) logarithms of measured / fitted."""
        whole = np.where(self.prompts, values[1], values[0])
        gpu_s = whole * (self.gpu_s @ np.array([1.0, values[2], values[3]]))
        fitted_s = np.maximum(np.maximum(gpu_s, values[4] * self.launches_s), self.graph_s) + values[5]
        found: Array = np.log(self.seconds / np.maximum(fitted_s, 1e-9))
        return found


def calibrate_steps(
    times: StepTimes, system: System, *, engine: str = "", source: str = "measurements", notes: Sequence[str] = ()
) -> Calibration:
    """Fit t = max(a1 (linear + a2 decode + a3 prefill), a4 launches) + a0, none of them negative, to measured steps.

    a1 is another one for steps with prompts than for steps without, whose linear work is bound by memory. Without a2,
    a3 and a4 this is the sum that facts of single steps are usually fitted by.

    Residuals are log(measured / fitted), with a loss that outliers pull little; a factor that no step tells of stays
    near 1. Errors are those of each group under the fit to the others.

    Args:
        times: steps.
        system: what ran them; its cluster and policies do not matter.
        engine: kept in the calibration.
        source: kept, too.
        notes: likewise.
    """
    chosen = np.unique(np.linspace(0, len(times.seconds) - 1, _MOST_STEPS).round().astype(int))
    steps, seconds = times.steps[chosen].view(np.recarray), times.seconds[chosen]
    groups = np.array(times.groups)[chosen]
    parts = _parts(system.curves, steps, seconds)
    own = np.array([*np.ones(len(_KNOBS)), system.curves.overhead_s])
    found = _fitted(parts, own)
    names, which = np.unique(groups, return_inverse=True)
    held_out = _held_out(parts, own, which.ravel() % _MOST_FOLDS)
    prompts = parts.prompts
    band, doubts = band_of(held_out[prompts], held_out[~prompts], len(names), source)
    doubts += [f"no step {what} a prompt was measured" for what, any_ in _missing(prompts) if not any_]
    if len(chosen) < len(times.seconds):
        doubts.append(f"{len(chosen):,} of {len(times.seconds):,} steps were taken, evenly")
    factors = {name: float(value) for name, value in zip(_KNOBS, found[:-1], strict=True)}
    return Calibration(
        settings=(system.setting,),
        engine=engine,
        source=source,
        knobs=Knobs(**factors, overhead_s=float(found[-1]), member_s=0.0, prompt_s=0.0),
        before=_errors(parts.logs(own), prompts),
        after=_errors(parts.logs(found), prompts),
        held_out=_errors(held_out, prompts) if np.isfinite(held_out).any() else None,
        hull=Hull((0.0, 0.0), (0.0, 0.0), _span(steps.members), _span(steps.tokens)),
        band=band,
        notes=(*notes, *doubts),
    )


def _missing(prompts: NDArray[np.bool_]) -> tuple[tuple[str, bool], ...]:
    return ("with", bool(prompts.any())), ("without", bool((~prompts).any()))


def _parts(curves: Curves, steps: "np.recarray[tuple[int], np.dtype[np.void]]", seconds: Array) -> _Parts:
    """What the timer says of each step, taken apart."""
    bare = replace(curves, launches_s=0.0, graph_s=0.0, overhead_s=0.0, member_s=0.0, prompt_s=0.0)
    none = {name: 0.0 * getattr(curves, name) for name in ("body", "head", "send", "decode", "prefill")}
    gpu = [
        replace(bare, decode=none["decode"], prefill=none["prefill"]),
        replace(bare, **{**none, "decode": curves.decode}),
        replace(bare, **{**none, "prefill": curves.prefill}),
    ]
    host = [replace(bare, launches_s=curves.launches_s, **none), replace(bare, graph_s=curves.graph_s, **none)]
    launches_s, graph_s = (_timed(each, steps) for each in host)
    return _Parts(np.array([_timed(each, steps) for each in gpu]).T, launches_s, graph_s, steps.prefills > 0, seconds)


def _timed(curves: Curves, steps: "np.recarray[tuple[int], np.dtype[np.void]]") -> Array:
    """Seconds of each step through all stages."""
    state, asked = curves.state(), steps.copy().view(np.recarray)
    for step in asked:
        curves.time(step, state)
    found: Array = (curves.stages - 1) * asked.stage_s + asked.last_stage_s
    return found


def _fitted(parts: _Parts, own: Array) -> Array:
    def residuals(values: Array) -> Array:
        pulls = [*np.log(np.maximum(values[:-1], _LEAST)), values[-1] - own[-1]]
        return np.concatenate([parts.logs(values) / _NOISE, pulls / _TRUST])

    scale = np.array([*np.ones(len(_KNOBS)), 1e-3])
    starts = [own + 1e-4, own * np.array([1, 1, 1, 1, 8, 1]) + 1e-4]  # inside the bounds; the second with a slow host
    tried = [least_squares(residuals, each, bounds=(0.0, np.inf), loss="soft_l1", x_scale=scale) for each in starts]
    found: Array = min(tried, key=lambda each: float(each.cost)).x
    return found


def _held_out(parts: _Parts, own: Array, fold: NDArray[np.int64]) -> Array:
    """(steps,) logarithms of measured / fitted, each fold under the fit to the others; NaN for a single one."""
    found = np.full(len(fold), np.nan)
    folds = np.unique(fold)
    for each in folds if len(folds) > 1 else ():
        out = fold == each
        found[out] = parts.only(out).logs(_fitted(parts.only(~out), own))
    return found


def _errors(logs: Array, prompts: NDArray[np.bool_]) -> Errors:
    return Errors(PhaseErrors.of(logs[prompts]), PhaseErrors.of(logs[~prompts]))


def _span(values: NDArray[np.int64]) -> tuple[float, float]:
    return float(values.min()), float(values.max())
