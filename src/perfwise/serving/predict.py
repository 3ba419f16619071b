"""TTFT and TPOT of one configuration in the steady state, with the band that measurements leave."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from perfwise.catalog.devices import Device
from perfwise.catalog.models import Model
from perfwise.errors import InvalidOption
from perfwise.serving.kriging import Kriging, Level
from perfwise.serving.steady_state import Configuration, Refused, Terms, terms

__all__ = ["Correction", "Measurement", "Prediction", "predict"]

Array = NDArray[np.float64]
Labels = NDArray[np.str_]

_BACKENDS = ("vllm", "sglang", "trtllm")  # engines that were measured


@dataclass(frozen=True, slots=True)
class Prediction:
    """What is expected of a configuration, or why nothing is.

    Args:
        configuration: what was asked.
        ttft_s, tpot_s: expected; NaN where refused.
        ttft_band_s, tpot_band_s: in 8 cases of 10 a measurement lies between.
        source: what it rests on, for people; says `roofline` where operators were not measured on this device.
        refused: stable reason, empty where there is a prediction.
    """

    configuration: Configuration | None
    ttft_s: float
    tpot_s: float
    ttft_band_s: tuple[float, float]
    tpot_band_s: tuple[float, float]
    source: str
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What somebody measured of a configuration; equal `group`: the same configuration and load."""

    configuration: Configuration
    ttft_s: float
    tpot_s: float
    group: int


@dataclass(frozen=True, slots=True)
class Correction:
    """From the terms of a configuration to its times.

    Args:
        ttft_weights, tpot_weights: of the terms, by `mode/campaign/backend/model system precision`; see `Terms`.
        ttft, tpot: what measurements nearby add; None where there are none.
        about: which measurements, for people.
        bands: measured / predicted in 8 of 10 cases, for each target, where there is no kriging.

    Source: the weights are a non-negative robust fit of log times; for the rest see `Kriging`.
    """

    ttft_weights: Mapping[str, Array]
    tpot_weights: Mapping[str, Array]
    ttft: Kriging | None
    tpot: Kriging | None
    about: str
    bands: Mapping[str, Sequence[float]]

    @classmethod
    def none(cls) -> Self:
        """First principles alone.

        Of ten requests of a client one belongs to the first wave. The host takes a few milliseconds for each.
        """
        constants = _constants()["uncalibrated"]
        ttft = {name: np.array(found["ttft"]) for name, found in constants.items()}
        tpot = {name: np.array(found["tpot"]) for name, found in constants.items()}
        return cls(ttft, tpot, None, None, "nothing", _constants()["uncalibrated_band"])

    @classmethod
    @cache
    def shipped(cls) -> Self:
        """Fitted to the measurements that `steady_state.toml` names; the weights alone where no .npz lies beside it."""
        constants = _constants()
        fitted = constants["fitted"]
        ttft = {name: np.array(found["ttft"]) for name, found in fitted.items()}
        tpot = {name: np.array(found["tpot"]) for name, found in fitted.items()}
        about, near = constants["fitted_about"]["text"], _file("steady_state.npz")
        if not near.is_file():
            return cls(ttft, tpot, None, None, about, constants["fitted_band"])
        with near.open("rb") as file, np.load(file, allow_pickle=False) as found:
            labels = found["names"][found["labels"]]
            numbers, parts = found["numbers"].astype(np.float64), {}
            for target in ("ttft", "tpot"):
                weights, misses = (found[f"{target}_{part}"].astype(np.float64) for part in ("weights", "misses"))
                parts[target] = Kriging(_levels(target), labels, numbers, weights, misses)
        return cls(ttft, tpot, parts["ttft"], parts["tpot"], about, constants["fitted_band"])

    @classmethod
    def fit(cls, measurements: Sequence[Measurement], about: str) -> Self:
        """Learn from measurements; what cannot be predicted at all is left out.

        Raises: InvalidOption for fewer than 10 that can.
        """
        known = [(each, found) for each in measurements if (found := _terms(each.configuration)) is not None]
        if len(known) < 10:
            raise InvalidOption(f"{len(known)} usable measurements came; a correction needs at least 10")
        labels = np.array([_labels(each.configuration) for each, _ in known])
        numbers = np.array([_numbers(each.configuration, found) for each, found in known])
        groups = np.array([each.group for each, _ in known], dtype=np.float64)
        keys = [_key(each.configuration) for each, _ in known]
        weights, kriging = {}, {}
        for target in ("ttft", "tpot"):
            parts = np.array([getattr(found, f"for_{target}") for _, found in known])
            times = np.array([getattr(each, f"{target}_s") for each, _ in known])
            weights[target] = _fit_weights(keys, parts, times, target)
            chosen = np.array([_chosen(weights[target], key) for key in keys])
            residuals = np.log(times / (parts * chosen).sum(axis=1))
            kriging[target] = Kriging.fit(_levels(target), labels, numbers, residuals, groups, _noise(target))
        bands = _constants()["uncalibrated_band"]
        return cls(weights["ttft"], weights["tpot"], kriging["ttft"], kriging["tpot"], about, bands)

    def apply(self, configurations: Sequence[Configuration], found: Sequence[Terms]) -> list[Prediction]:
        """Times and bands of configurations, given the terms of each."""
        keys = [_key(each) for each in configurations]
        labels = np.array([_labels(each) for each in configurations])
        numbers = np.array([_numbers(each, parts) for each, parts in zip(configurations, found, strict=True)])
        answers = {}
        for target, weights in (("ttft", self.ttft_weights), ("tpot", self.tpot_weights)):
            parts = np.array([getattr(each, f"for_{target}") for each in found])
            times = (parts * np.array([_chosen(weights, key) for key in keys])).sum(axis=1)
            kriging: Kriging | None = getattr(self, target)
            shift, low, high = kriging.at(labels, numbers) if kriging else _flat(len(keys), self.bands[target])
            times = times * np.exp(shift)
            answers[target] = times, times * np.exp(low), times * np.exp(high)
        return [
            Prediction(
                configuration=each,
                ttft_s=float(answers["ttft"][0][place]),
                tpot_s=float(answers["tpot"][0][place]),
                ttft_band_s=(float(answers["ttft"][1][place]), float(answers["ttft"][2][place])),
                tpot_band_s=(float(answers["tpot"][1][place]), float(answers["tpot"][2][place])),
                source=self._source(found[place]),
            )
            for place, each in enumerate(configurations)
        ]

    def _source(self, found: Terms) -> str:
        operators = "measured operators" if found.measured else "roofline with measured shares of the peaks"
        return f"{operators}; corrected by: {self.about}"


def predict(
    configurations: Sequence[Configuration | Refused], correction: Correction | None = None
) -> list[Prediction]:
    """TTFT and TPOT of each configuration; what is refused says why.

    Args:
        configurations: what is asked, or why a row could not be read as one.
        correction: fitted to measurements; the shipped one if none is given.
    """
    correction = correction or Correction.shipped()
    answers: list[Prediction | None] = [None] * len(configurations)
    asked: list[tuple[int, Configuration, Terms]] = []
    for place, each in enumerate(configurations):
        try:
            if isinstance(each, Refused):
                raise each
            _check(each)
            asked.append((place, each, terms(each)))
        except Refused as refusal:
            configuration = None if isinstance(each, Refused) else each
            none, why = np.nan, (refusal.message, refusal.reason)
            answers[place] = Prediction(configuration, none, none, (none, none), (none, none), *why)
    if asked:
        found = correction.apply([each for _, each, _ in asked], [parts for _, _, parts in asked])
        for (place, _, _), answer in zip(asked, found, strict=True):
            answers[place] = answer
    return [answer for answer in answers if answer is not None]


def _check(configuration: Configuration) -> None:
    """Refuse what the catalog does not know and what is no load."""
    for kind, named, name in (
        ("model", Model.named, configuration.model),
        ("system", Device.named, configuration.system),
    ):
        try:
            named(name)
        except InvalidOption as cause:
            raise Refused(f"unknown-{kind}", cause.args[0]) from cause
    if configuration.backend not in _BACKENDS:
        known = ", ".join(_BACKENDS)
        raise Refused("unknown-backend", f"nothing is known of the engine {configuration.backend!r}; known are {known}")
    if configuration.prompt < 1 or configuration.output < 1 or not configuration.concurrency >= 1:
        raise Refused("no-load", "prompt, output and concurrency must be at least 1")


def _terms(configuration: Configuration) -> Terms | None:
    try:
        _check(configuration)
        return terms(configuration)
    except Refused:
        return None


def _key(configuration: Configuration) -> str:
    each, cell = configuration, ""
    if each.mode == "agg":  # workers of their own differ too much for so few measurements
        cell = f"{Model.named(each.model).name} {each.system} {each.precision}"
    return f"{each.mode}/{each.campaign}/{each.backend}/{cell}"


def _chosen(weights: Mapping[str, Array], key: str) -> Array:
    """Weights of the key, or of the campaign and engine, or of the engine, or of the mode."""
    return next(weights[name] for name in _coarser(key) if name in weights)


def _coarser(key: str) -> tuple[str, ...]:
    mode, campaign, backend, _ = key.split("/")
    return key, f"{mode}/{campaign}/{backend}", f"{mode}//{backend}", f"{mode}//"


def _labels(configuration: Configuration) -> list[str]:
    """What two measurements may have in common, coarse to fine; a column for each level of the kriging."""
    each, mode = configuration, configuration.mode
    family = Model.named(each.model).name
    cell = f"{mode}|{family}|{each.backend}|{each.system}|{each.precision}|{each.campaign}"
    split = f"{cell}|{_split(each.plan)}|{_split(each.prefill_plan)}|{each.prefill_workers}|{each.decode_workers}"
    return [
        "",
        f"{mode}|{each.backend}|{each.campaign}",
        f"{mode}|{family}",
        f"{mode}|{each.system}",
        f"{mode}|{family}|{each.precision}",
        cell,
        f"{mode}|{family}|{each.backend}|{each.precision}|{each.version}",
        split,
        f"{split}|{each.version}",
    ]


def _split(plan: Any) -> str:
    return f"{plan.tensor},{plan.data},{plan.expert}" if plan else ""


def _numbers(configuration: Configuration, found: Terms) -> Array:
    """Logarithms of sequences, prompt, answer and GPUs; lengths vary what is missed less than the load does."""
    return np.array(
        [
            np.log(found.offered),
            0.6 * np.log(configuration.prompt),
            0.6 * np.log(configuration.output),
            np.log(configuration.devices),
        ]
    )


def _fit_weights(keys: Sequence[str], parts: Array, times: Array, target: str) -> dict[str, Array]:
    """Non-negative weights by key, and for whole modes and engines where a key is rare or unknown."""
    start = np.array(_constants()["start"][target])
    groups: dict[str, list[int]] = {}
    for place, key in enumerate(keys):
        for name in dict.fromkeys(_coarser(key)):
            groups.setdefault(name, []).append(place)
    for mode in ("agg", "disagg"):
        groups.setdefault(f"{mode}//", list(range(len(keys))))
    return {
        name: _nonnegative(parts[places], times[places], start)
        for name, places in groups.items()
        if len(places) >= 15 or name.endswith("//")
    }


def _nonnegative(parts: Array, times: Array, start: Array) -> Array:
    """Weights whose sum of parts is near the times in logarithms; few measurements leave them near `start`."""

    def misses(logs: Array) -> Array:
        return np.concatenate([np.log(parts @ np.exp(logs)) - np.log(times), 0.05 * (logs - np.log(start))])

    found: Array = np.exp(least_squares(misses, np.log(start), loss="cauchy", f_scale=0.2).x)
    return found


def _flat(count: int, band: Sequence[float]) -> tuple[Array, Array, Array]:
    low, high = band
    return np.zeros(count), np.full(count, np.log(low)), np.full(count, np.log(high))


def _levels(target: str) -> tuple[Level, ...]:
    described = _constants()["kriging"][target]
    return tuple(Level(*pair) for pair in zip(described["deviations"], described["lengths"], strict=True))


def _noise(target: str) -> float:
    return float(_constants()["kriging"][target]["noise"])


def _file(name: str) -> Any:
    return resources.files("perfwise.serving.profiles") / "shipped" / name


@cache
def _constants() -> dict[str, Any]:
    return tomllib.loads(_file("steady_state.toml").read_text(encoding="utf-8"))
