"""Step times from a profile of a whole model's layers."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from perfwise.catalog.devices import Device
from perfwise.catalog.models import Model
from perfwise.errors import InvalidOption
from perfwise.serving.arithmetic import Formats, Plan, Work
from perfwise.serving.contracts import ErrorBand
from perfwise.serving.profiles.layer_times import LayerTimes
from perfwise.serving.timers._compose import Datasheet, Host, compose
from perfwise.serving.timers._curves import BATCHES, CONTEXTS, QUERIES, TOKENS, Composed, Curves
from perfwise.serving.timers._ratios import Grid

__all__ = ["Profiled"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Profiled(Composed):
    """Layers as somebody profiled them, with exchanges between GPUs by their datasheet.

    Between and beyond the profiled batches, contexts and chunks attention goes by its ratio to the roofline.

    Args:
        times: of the layers, for this model on this device in this split.
        model, device: what was profiled.
        plan: its tensor-parallel size is the profile's.
        formats: of the numbers.
        host: launches and overhead; a profile taken eagerly has its launches in.
        errors: how far it was from measurements.

    Raises: InvalidOption where the plan is not the profile's.
    Source: Cho et al., LLMServingSim, IISWC 2024, arXiv:2408.05499, for taking layers from a profile.
    """

    times: LayerTimes
    model: Model
    device: Device
    plan: Plan = field(default_factory=Plan)
    formats: Formats = field(default_factory=Formats)
    host: Host = field(default_factory=Host)
    errors: ErrorBand | None = None

    def __post_init__(self) -> None:
        if self.plan.tensor != self.times.tensor:
            raise InvalidOption(f"the profile is of tensor={self.times.tensor}, the plan of tensor={self.plan.tensor}")

    @cached_property
    def work(self) -> Work:
        """The operators."""
        return Work(self.model, self.plan, self.formats)

    @cached_property
    def curves(self) -> Curves:
        """The composed curves."""
        prices = Datasheet(self.device)
        guessed = compose(self.work, prices, self.host, f"profiled layers: {self.times.source}", self.errors)
        tokens = np.arange(TOKENS + 1.0)
        exchanges = sum(
            (each.count * prices.collective(each, tokens)[0] for each in self.work.collectives), 0.0 * tokens
        )
        return replace(
            guessed,
            body=_line(self.times.body, tokens) + exchanges,
            head=_line(self.times.head, tokens),
            decode=self._decode(np.abs(guessed.decode)),
            prefill=self._prefill(np.abs(guessed.prefill)),
            known_tokens=float(self.times.body[:, 0].max()),
            known_members=float(self.times.decode[:, 0].max()),
        )

    def _decode(self, guessed: Array) -> Array:
        rows = self.times.decode[self.times.decode[:, 1] > 0]
        batch, context = np.meshgrid(BATCHES, CONTEXTS, indexing="ij")
        near = _surface(guessed, BATCHES, rows[:, 0], rows[:, 1])
        ratio, known = Grid.of(rows[:, :2], rows[:, 2] / near).at(batch, context)
        return np.where(known, 1.0, -1.0) * guessed * ratio

    def _prefill(self, guessed: Array) -> Array:
        """By chunk and keys that one of its tokens looks at on average; a batch of prompts as one of them."""
        rows = self.times.prefill
        keys = rows[:, 1] + (rows[:, 0] + 1) / 2
        near = _surface(guessed, QUERIES, rows[:, 0], keys)
        ratio, _ = Grid.of(np.column_stack([rows[:, 0], rows[:, 1] + 1]), rows[:, 2] / near).at(
            *_chunks(*np.meshgrid(QUERIES, CONTEXTS, indexing="ij"))
        )
        queries, wanted = np.meshgrid(QUERIES, CONTEXTS, indexing="ij")
        known = (queries <= rows[:, 0].max()) & (wanted <= keys.max())
        return np.where(known, 1.0, -1.0) * guessed * ratio


def _chunks(queries: Array, keys: Array) -> tuple[Array, Array]:
    """Length of a chunk and one more than what stands before it, for queries that look at so many keys each."""
    chunk = np.minimum(queries, np.maximum(2 * keys - 1, 1.0))
    return chunk, np.maximum(keys - (chunk + 1) / 2, 0.0) + 1


def _line(rows: Array, at: Array) -> Array:
    """Straight between the rows and, beyond the last, as steep as from the middle to there."""
    size, seconds = rows[:, 0], rows[:, 1]
    half = np.interp(size[-1] / 2, size, seconds)
    beyond = (seconds[-1] - half) / (size[-1] / 2) * np.maximum(at - size[-1], 0.0)
    found: Array = np.interp(at, size, seconds) + beyond
    return found


def _surface(surface: Array, axis: Array, x: Array, y: Array) -> Array:
    """The guessed surface at points, as between its knots."""
    places = np.meshgrid(axis, CONTEXTS, indexing="ij")
    points = np.column_stack([place.ravel() for place in places])
    return Grid.of(points, surface.ravel()).at(x, np.maximum(y, 1.0))[0]
