"""Fit a timer to the measured times of single steps."""

from collections.abc import Sequence
from dataclasses import replace

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

_MOST_STEPS = 20_000  # enough for four numbers; more are thinned evenly
_MOST_FOLDS = 20
_NOISE = 0.02  # of a step, relative
_LEAST = 1e-3  # of a factor in a logarithm
_TRUST = np.array([1.0, 1.0, 1.0, 2e-2])  # of three factors' logarithms and the overhead in seconds


def calibrate_steps(
    times: StepTimes, system: System, *, engine: str = "", source: str = "measurements", notes: Sequence[str] = ()
) -> Calibration:
    """Fit t = max(a1 linear + a2 decode + a3 prefill, launches) + a0, none of them negative, to measured steps.

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
    parts, host_s = _parts(system.curves, steps)
    own = np.array([1.0, 1.0, 1.0, system.curves.overhead_s])
    found = _fitted(parts, host_s, seconds, own)
    names, which = np.unique(groups, return_inverse=True)
    held_out = _held_out(parts, host_s, seconds, own, which.ravel() % _MOST_FOLDS)
    prompts = steps.prefills > 0
    band, doubts = band_of(held_out[prompts], held_out[~prompts], len(names), source)
    linear, decode, prefill, overhead_s = (float(value) for value in found)
    doubts += [f"no step {what} a prompt was measured" for what, any_ in _missing(prompts) if not any_]
    if len(chosen) < len(times.seconds):
        doubts.append(f"{len(chosen):,} of {len(times.seconds):,} steps were taken, evenly")
    return Calibration(
        settings=(system.setting,),
        engine=engine,
        source=source,
        knobs=Knobs(linear, decode, prefill, overhead_s=overhead_s, member_s=0.0, prompt_s=0.0),
        before=_errors(np.log(seconds / _model(own, parts, host_s)), prompts),
        after=_errors(np.log(seconds / _model(found, parts, host_s)), prompts),
        held_out=_errors(held_out, prompts) if np.isfinite(held_out).any() else None,
        hull=Hull((0.0, 0.0), (0.0, 0.0), _span(steps.members), _span(steps.tokens)),
        band=band,
        notes=(*notes, *doubts),
    )


def _missing(prompts: NDArray[np.bool_]) -> tuple[tuple[str, bool], ...]:
    return ("with", bool(prompts.any())), ("without", bool((~prompts).any()))


def _parts(curves: Curves, steps: "np.recarray[tuple[int], np.dtype[np.void]]") -> tuple[Array, Array]:
    """(steps, 3) seconds of linear work, decode attention and prefill attention; (steps,) of the host's launches."""
    bare = replace(curves, launches_s=0.0, graph_s=0.0, overhead_s=0.0, member_s=0.0, prompt_s=0.0)
    none = {name: 0.0 * getattr(curves, name) for name in ("body", "head", "send", "decode", "prefill")}
    alone = [
        replace(bare, decode=none["decode"], prefill=none["prefill"]),
        replace(bare, **{**none, "decode": curves.decode}),
        replace(bare, **{**none, "prefill": curves.prefill}),
        replace(bare, launches_s=curves.launches_s, graph_s=curves.graph_s, **none),
    ]
    seconds = np.array([_timed(each, steps) for each in alone]).T
    return seconds[:, :3], seconds[:, 3]


def _timed(curves: Curves, steps: "np.recarray[tuple[int], np.dtype[np.void]]") -> Array:
    """Seconds of each step through all stages."""
    state, asked = curves.state(), steps.copy().view(np.recarray)
    for step in asked:
        curves.time(step, state)
    found: Array = (curves.stages - 1) * asked.stage_s + asked.last_stage_s
    return found


def _model(values: Array, parts: Array, host_s: Array) -> Array:
    found: Array = np.maximum(parts @ values[:3], host_s) + values[3]
    return np.maximum(found, 1e-9)


def _fitted(parts: Array, host_s: Array, seconds: Array, own: Array) -> Array:
    def residuals(values: Array) -> Array:
        logs = np.log(seconds / _model(values, parts, host_s)) / _NOISE
        pulls = [*np.log(np.maximum(values[:3], _LEAST)), values[3] - own[3]]
        return np.concatenate([logs, pulls / _TRUST])

    start = own + np.array([0.0, 0.0, 0.0, 1e-4])  # inside the bounds
    scale = np.array([1.0, 1.0, 1.0, 1e-3])
    found: Array = least_squares(residuals, start, bounds=(0.0, np.inf), loss="soft_l1", x_scale=scale).x
    return found


def _held_out(parts: Array, host_s: Array, seconds: Array, own: Array, fold: NDArray[np.int64]) -> Array:
    """(steps,) logarithms of measured / fitted, each fold under the fit to the others; NaN for a single one."""
    found = np.full(len(seconds), np.nan)
    folds = np.unique(fold)
    for each in folds if len(folds) > 1 else ():
        out = fold == each
        values = _fitted(parts[~out], host_s[~out], seconds[~out], own)
        found[out] = np.log(seconds[out] / _model(values, parts[out], host_s[out]))
    return found


def _errors(logs: Array, prompts: NDArray[np.bool_]) -> Errors:
    return Errors(PhaseErrors.of(logs[prompts]), PhaseErrors.of(logs[~prompts]))


def _span(values: NDArray[np.int64]) -> tuple[float, float]:
    return float(values.min()), float(values.max())
