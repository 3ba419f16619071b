"""Fit a timer to measured loads, with the simulator inside the fit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from perfwise.serving.calibration import Calibration, Errors, Hull, Knobs, PhaseErrors, Residual
from perfwise.serving.contracts import ErrorBand
from perfwise.serving.observation import Observation
from perfwise.serving.replay import Replayed, System, replay

__all__ = ["FEWEST_POINTS", "band_of", "calibrate"]

Array = NDArray[np.float64]

FEWEST_POINTS = 10
"""Fewer held-out points of a phase than these tell no band."""

_NOISE = 0.03  # of a measured mean, relative; residuals far beyond it pull less
_ROUNDS = 12
_SLOW = 2.0  # e^2: Python that launches a kernel takes 30 us rather than 4
_SETTLED = 2e-3  # of the loss, relative


@dataclass(frozen=True, slots=True)
class _Unknown:
    """One number that is fitted.

    Args:
        knob: field of `Knobs`.
        unit: what one step of 1 is: a factor of e, or so many seconds.
        trust: how far from the timer's own it is without measurements, in those units; one standard deviation.
        probe: how far it is moved to see what it does; a simulation jumps where a request just misses a step, so that
            what lies nearer tells little.
    """

    knob: str
    unit: float
    trust: float
    probe: float

    @property
    def is_factor(self) -> bool:
        """Whether it is a logarithm, so that it may be negative."""
        return not self.knob.endswith("_s")


_UNKNOWNS = (
    _Unknown("decode_step", 1.0, 0.3, 0.03),
    _Unknown("prefill_step", 1.0, 0.3, 0.05),
    _Unknown("launch", 1.0, 1.0, 0.1),
    _Unknown("overhead_s", 1e-3, 5.0, 0.3),
    _Unknown("member_s", 1e-3, 0.5, 0.05),
    _Unknown("prompt_s", 1e-3, 10.0, 1.0),
)
_LEAST = np.array([-2.0 if each.is_factor else 0.0 for each in _UNKNOWNS])
_MOST = np.array([3.0 if each.is_factor else 100.0 for each in _UNKNOWNS])


def calibrate(
    observations: Sequence[Observation],
    systems: Sequence[System],
    *,
    engine: str = "",
    source: str = "measurements",
    notes: Sequence[str] = (),
) -> Calibration:
    """Fit factors of steps with and without prompts and the host's times to mean latencies.

    The residuals are log(measured / simulated) of every TTFT and TPOT, with a loss that outliers pull little. What the
    measurements say nothing of stays near the timer's own. Errors are estimated on each group with what the other
    groups alone would have given: one Gauss-Newton step from the whole fit, then a simulation.

    Args:
        observations: at least one.
        systems: what served each of them.
        engine: kept in the calibration.
        source: kept, too.
        notes: likewise.
    Raises: as `simulate`, for a load that the system cannot serve.
    """
    fit = _Fit(observations, systems)
    start = fit.own()
    before, _ = fit.residuals(start)
    found = min((fit.solved(each) for each in fit.starts()), key=fit.loss)
    after, replayed = fit.residuals(found)
    held_out = fit.held_out(found)
    band, doubts = band_of(held_out[::2], held_out[1::2], len(set(fit.groups)), source)
    return Calibration(
        settings=tuple(dict.fromkeys(system.setting for system in systems)),
        engine=engine,
        source=source,
        knobs=_knobs(found),
        before=_errors(before),
        after=_errors(after),
        held_out=_errors(held_out) if np.isfinite(held_out).any() else None,
        hull=_hull(observations, replayed),
        band=band,
        notes=(*notes, *doubts),
        residuals=_residuals(observations, before, after, held_out),
    )


class _Fit:
    """Observations, what served them, and residuals for the unknowns' values."""

    def __init__(self, observations: Sequence[Observation], systems: Sequence[System]) -> None:
        assert len(observations) == len(systems) > 0
        self.observations, self.systems = observations, systems
        self.groups = [each.grouped for each in observations]
        self._seen: dict[tuple[int, bytes], Replayed] = {}

    def own(self) -> Array:
        """What the timer itself has."""
        curves = [system.curves for system in self.systems]
        seconds = {"overhead_s", "member_s", "prompt_s"}
        means = {name: float(np.mean([getattr(each, name) for each in curves])) for name in seconds}
        start = [means[each.knob] / each.unit if each.knob in seconds else 0.0 for each in _UNKNOWNS]
        self._start = np.clip(np.array(start), _LEAST, _MOST)
        return self._start

    def residuals(self, values: Array, only: Sequence[int] | None = None) -> tuple[Array, list[Replayed]]:
        """(2 n,) TTFT and TPOT in turn, NaN where nothing was measured; and the simulated means."""
        places = range(len(self.observations)) if only is None else only
        replayed = [self._replayed(place, values) for place in places]
        logs = []
        for place, found in zip(places, replayed, strict=True):
            measured = self.observations[place]
            logs += [np.log(measured.ttft_s / found.ttft_s), np.log(measured.tpot_s / found.tpot_s)]
        return np.array(logs), replayed

    def weighted(self, values: Array) -> Array:
        """Residuals in units of the noise, then how far the unknowns are from the timer's own; NaN is 0."""
        logs, _ = self.residuals(values)
        pulls = (values - self._start) / [each.trust for each in _UNKNOWNS]
        return np.concatenate([np.nan_to_num(logs) / _NOISE, pulls])

    def weighted_slopes(self, values: Array) -> Array:
        """(2 n + unknowns, unknowns): how `weighted` changes."""
        here = self.weighted(values)
        columns = []
        for place, unknown in enumerate(_UNKNOWNS):
            moved = values.copy()
            moved[place] += unknown.probe
            columns.append((self.weighted(moved) - here) / unknown.probe)
        return np.array(columns).T

    def starts(self) -> list[Array]:
        """The timer's own, and the same with a host that is slow enough to show, if it shows at all."""
        slow = self._start.copy()
        slow[[each.knob for each in _UNKNOWNS].index("launch")] += _SLOW
        here, there = (np.nan_to_num(self.residuals(each)[0]) for each in (self._start, slow))
        return [self._start] if np.allclose(here, there) else [self._start, slow]

    def loss(self, values: Array) -> float:
        """Soft absolute values of `weighted`, summed."""
        return float(2.0 * (np.sqrt(1.0 + self.weighted(values) ** 2) - 1.0).sum())

    def stepped(self, values: Array) -> Array:
        """One step of Gauss and Newton, halved until it helps; where it hardly does, one unknown moved alone."""
        loss = self.loss(values)
        step = _step(values, self.weighted(values), self.weighted_slopes(values))
        tried = (values + step * share for share in (1.0, 0.5, 0.25, 0.1))
        better = next((each for each in tried if self.loss(each) < loss), values)
        if loss - self.loss(better) < _SETTLED * loss:
            better = min((*self._around(values), better), key=self.loss)
        return better

    def solved(self, values: Array) -> Array:
        """Steps until the loss has settled."""
        for _ in range(_ROUNDS):
            before, values = self.loss(values), self.stepped(values)
            if before - self.loss(values) < _SETTLED * before:
                break
        return values

    def _around(self, values: Array) -> list[Array]:
        """One unknown a little more or less: finds on where a simulation's jumps mislead the slopes."""
        moves = [
            sign * each.probe * row
            for each, row in zip(_UNKNOWNS, np.eye(len(values)), strict=True)
            for sign in (1, -1)
        ]
        return [np.clip(values + move, _LEAST, _MOST) for move in moves]

    def held_out(self, values: Array) -> Array:
        """(2 n,) residuals of each group with what the others alone give; NaN for a single group."""
        count = len(self.observations)
        found = np.full(2 * count, np.nan)
        groups = list(dict.fromkeys(self.groups))
        if len(groups) < 2:
            return found
        here, slopes = self.weighted(values), self.weighted_slopes(values)
        for group in groups:
            out = [place for place, each in enumerate(self.groups) if each == group]
            rows = np.ones(len(here), dtype=bool)
            rows[[2 * place for place in out] + [2 * place + 1 for place in out]] = False
            step = _step(values, here[rows], slopes[rows])
            logs, _ = self.residuals(values + step, out)
            for position, place in enumerate(out):
                found[2 * place : 2 * place + 2] = logs[2 * position : 2 * position + 2]
        return found

    def _replayed(self, place: int, values: Array) -> Replayed:
        key = place, values.tobytes()
        if key not in self._seen:
            system = self.systems[place]
            self._seen[key] = replay(self.observations[place], system, _knobs(values).applied(system.curves))
        return self._seen[key]


def _step(values: Array, here: Array, slopes: Array) -> Array:
    """What least squares add to the values, each residual with the weight that the loss gives it."""
    weights = (1.0 + here**2) ** -0.25
    low, high = np.minimum(-1e-9, _LEAST - values), np.maximum(1e-9, _MOST - values)
    found: Array = lsq_linear(slopes * weights[:, None], -here * weights, (low, high)).x
    return found


def band_of(ttft: Array, tpot: Array, groups: int, source: str) -> tuple[ErrorBand | None, list[str]]:
    """The band of held-out logarithms of measured / predicted, and what must be said of it.

    Args:
        ttft: logarithms; NaN does not count.
        tpot: likewise.
        groups: how many there were to leave out.
        source: for people.
    Returns: None with the reason if a phase has fewer points than `FEWEST_POINTS`.
    """
    ttft, tpot = ttft[np.isfinite(ttft)], tpot[np.isfinite(tpot)]
    fewest = min(len(ttft), len(tpot))
    if fewest < FEWEST_POINTS or groups < 3:
        reason = f"{len(ttft)} TTFT and {len(tpot)} TPOT of {groups} group(s) were measured apart from the fit"
        return None, [f"no error band: {reason}; it takes at least {FEWEST_POINTS} of each in 3 groups"]
    edges = [np.exp(np.quantile(logs, (0.1, 0.9), method="weibull")) for logs in (ttft, tpot)]
    (ttft_low, ttft_high), (tpot_low, tpot_high) = ([float(edge) for edge in pair] for pair in edges)
    about = f"{fewest} measurements of {source}, each predicted from the other groups"
    return ErrorBand(ttft_low, ttft_high, tpot_low, tpot_high, about), []


def _knobs(values: Array) -> Knobs:
    found = {
        each.knob: float(np.exp(value)) if each.is_factor else float(value * each.unit)
        for each, value in zip(_UNKNOWNS, values, strict=True)
    }
    return Knobs(**found)


def _residuals(observations: Sequence[Observation], *logs: Array) -> tuple[Residual, ...]:
    """Of the fits in turn."""
    ratios = [[float(np.exp(value)) if np.isfinite(value) else None for value in each] for each in logs]
    return tuple(
        Residual(
            observation.name,
            _three([each[2 * place] for each in ratios]),
            _three([each[2 * place + 1] for each in ratios]),
        )
        for place, observation in enumerate(observations)
    )


def _three(values: list[float | None]) -> tuple[float | None, float | None, float | None]:
    first, second, third = values
    return first, second, third


def _errors(logs: Array) -> Errors:
    return Errors(PhaseErrors.of(logs[::2]), PhaseErrors.of(logs[1::2]))


def _hull(observations: Sequence[Observation], replayed: Sequence[Replayed]) -> Hull:
    prompts = np.concatenate([each.trace.prompt for each in observations])
    outputs = np.concatenate([each.trace.output for each in observations])
    running, tokens = ([getattr(each, name) for each in replayed] for name in ("running", "tokens"))
    return Hull(
        (float(prompts.min()), float(prompts.max())),
        (float(outputs.min()), float(outputs.max())),
        (1.0, max(running)),
        (1.0, max(tokens)),
    )
