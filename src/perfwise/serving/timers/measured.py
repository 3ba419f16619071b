"""Step times from measured operators, put together for a model, and carried over to devices that nobody measured."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from perfwise.catalog.devices import Device
from perfwise.catalog.models import Model
from perfwise.serving.arithmetic import Attention, Collective, Experts, Formats, Linear, Passes, Plan, Work
from perfwise.serving.contracts import ErrorBand
from perfwise.serving.profiles.operator_times import OperatorTimes
from perfwise.serving.timers._compose import Datasheet, Host, Price, compose
from perfwise.serving.timers._curves import Composed, Curves
from perfwise.serving.timers._ratios import Grid, nearest

__all__ = ["Measured"]

Array = NDArray[np.float64]

_STANDS_FOR: Mapping[str, tuple[str, ...]] = {
    "bf16": ("bf16",),
    "fp8": ("fp8", "fp8_block", "bf16"),
    "fp8_block": ("fp8_block", "fp8", "bf16"),
    "int8": ("int8", "fp8", "bf16"),
    "int4": ("int4", "fp4", "bf16"),
    "fp4": ("fp4", "fp8", "bf16"),
}
"""Formats whose measurements serve for a format, the first that there is."""


_EIGHT_BITS = ("fp8", "fp8_block")


@dataclass(frozen=True, eq=False)
class Measured(Composed):
    """Every operator at its measured time, between and beyond the measured shapes by its distance from the ideal.

    Of each measurement the ratio to the ideal time on the measured device is kept, and multiplied by the ideal time of
    the wanted shape on the wanted device. On the measured device and at measured shapes this is the measurement; on
    another device it assumes that kernels there reach the same share of their peaks, and the source says `roofline`.

    Args:
        times: measured operators.
        model: of the catalog, or one's own.
        device: where it shall run.
        plan: tensor, pipeline, expert and attention-data parallel sizes.
        formats: of weights, experts, keys and values.
        host: launches and overhead.
        errors: how far it was from measurements.

    Raises: InvalidOption for a plan that the model cannot be split by.
    Source: the operator sum as in Agrawal et al., Vidur, arXiv:2405.05465; ratios between shapes are ours.
    """

    times: OperatorTimes
    model: Model
    device: Device
    plan: Plan = field(default_factory=Plan)
    formats: Formats = field(default_factory=Formats)
    host: Host = field(default_factory=Host)
    errors: ErrorBand | None = None

    @cached_property
    def work(self) -> Work:
        """The operators."""
        return Work(self.model, self.plan, self.formats)

    @cached_property
    def curves(self) -> Curves:
        """The composed curves."""
        about = f"measured operators: {self.times.source}"
        if self.times.device != self.device.name:
            about = f"roofline of {self.device.name} with the shares of the peaks in {about}"
        return compose(self.work, _Prices(self.times, self.device), self.host, about, self.errors)


class _Prices:
    """Prices of operators: ideal on the wanted device, times the measured ratio."""

    def __init__(self, times: OperatorTimes, device: Device) -> None:
        self._times = times
        self._wanted = Datasheet(device, compute=1.0, attention=1.0, bandwidth=1.0)
        self._ideal = Datasheet(Device.named(times.device), compute=1.0, attention=1.0, bandwidth=1.0)
        self._real = Datasheet(device)

    def linear(self, operator: Linear, m: Array) -> Price:
        """Between the widths that were measured; m rows."""
        priced = [self._product(name, operator, m) for name in self._kernels(operator.dtype)]
        if not priced:
            return _guessed(self._real.linear(operator, m))
        fastest = np.argmin([seconds for seconds, _ in priced], axis=0)
        seconds = np.choose(fastest, [seconds for seconds, _ in priced])
        return seconds, np.choose(fastest, [known for _, known in priced])

    def _kernels(self, dtype: str) -> list[str]:
        """Measured kernels that an engine may choose from; 8-bit weights have several, with the same bytes to read."""
        there = self._times.variants("linear")
        if dtype in _EIGHT_BITS:
            found = [name for name in there if name.partition("@")[0] in _EIGHT_BITS]
            if found:
                return found
        first = self._variant("linear", dtype)
        return [first] if first else []

    def _product(self, name: str, operator: Linear, m: Array) -> Price:
        kernel = name.partition("@")[0]
        grid = self._grid(f"linear/{name}", (operator.k, operator.n), kernel)
        ratio, known = grid.at(np.full_like(m, operator.k), np.full_like(m, operator.n), m)
        return self._wanted.linear(operator, m)[0] * ratio, known

    def experts(self, operator: Experts, tokens: Array) -> Price:
        """Of the measured models with experts the nearest in shape and split."""
        dtype = self._variant("experts", operator.dtype)
        if dtype is None:
            return _guessed(self._real.experts(operator, tokens))
        rows = self._times.tables[f"experts/{dtype}"]
        shape = (operator.hidden, operator.inner, operator.experts, operator.active)
        measured, rows = nearest(rows, shape)
        split, rows = nearest(rows, (operator.tensor, operator.groups))
        hidden, inner, experts, active = (int(width) for width in measured)
        near = replace(operator, hidden=hidden, inner=inner, experts=experts, active=active, data=1)
        near = replace(near, tensor=int(split[0]), groups=int(split[1]))
        ideal = self._ideal.experts(near, rows[:, 0])[0]
        ratio, known = Grid.of(rows[:, :1], rows[:, 1] / ideal).at(tokens * operator.data)
        same = replace(near, data=operator.data) == operator
        return self._wanted.experts(operator, tokens)[0] * ratio, known & same

    def decode(self, operator: Attention, batch: Array, context: Array) -> Price:
        """Of the measured numbers of heads the nearest."""
        return self._attention("decode", operator, batch, context)

    def prefill(self, operator: Attention, queries: Array, keys: Array) -> Price:
        """As whole prompts of the length that has so many keys on average; a chunk as a prompt of as many pairs."""
        whole = np.maximum(2.0 * keys - 1.0, 1.0)
        batch = np.maximum(queries / whole, 1.0)
        prompt = np.where(queries >= whole, whole, np.sqrt(2.0 * queries * keys))
        return self._attention("prefill", operator, batch, prompt, (queries, keys))

    def collective(self, operator: Collective, tokens: Array) -> Price:
        """By number of GPUs and bytes; beyond one node's GPUs the ratio of the most that were measured."""
        table = self._times.tables.get(operator.kind)
        if table is None:
            return _guessed(self._real.collective(operator, tokens))
        (found,), rows = nearest(table, (min(operator.gpus, table[:, 0].max()),))
        gpus = int(found)
        ideal = self._ideal.collective(Collective(operator.kind, gpus, 1.0, 1), rows[:, 0])[0]
        ratio, known = Grid.of(rows[:, :1], rows[:, 1] / ideal).at(operator.bytes_per_token * tokens)
        return self._wanted.collective(operator, tokens)[0] * ratio, known & (operator.gpus == gpus)

    def passes(self, operator: Passes, tokens: Array) -> Price:
        """Not measured: the roofline's."""
        return self._real.passes(operator, tokens)

    def _variant(self, kind: str, dtype: str) -> str | None:
        there = self._times.variants(kind)
        return next((name for name in _STANDS_FOR[dtype] if name in there), None)

    def _grid(self, name: str, widths: tuple[int, int], dtype: str) -> Grid:
        """Ratios of matrix products around these widths."""
        rows = self._times.tables[name]
        for column, width in enumerate(widths):
            axis = np.unique(rows[:, column])
            place = np.searchsorted(axis, width)
            around = axis[max(place - 2, 0) : place + 2]
            rows = rows[(rows[:, column] >= around[0]) & (rows[:, column] <= around[-1])]
        ideal = self._ideal.product(rows[:, 0], rows[:, 1], rows[:, 2], dtype)
        return Grid.of(rows[:, :3], rows[:, 3] / ideal)

    def _attention(
        self, kind: str, operator: Attention, batch: Array, length: Array, asked: tuple[Array, Array] | None = None
    ) -> Price:
        asked = asked or (batch, length)
        found = self._attention_rows(kind, operator)
        if found is None:
            return _guessed(self._priced(self._real, kind, operator, *asked))
        heads, kv_heads, rows, exact = found
        near = _like(operator, heads, kv_heads)
        if kind == "decode":
            ideal = self._priced(self._ideal, kind, near, rows[:, 0], rows[:, 1])[0]
        else:
            ideal = self._priced(self._ideal, kind, near, rows[:, 0] * rows[:, 1], (rows[:, 1] + 1) / 2)[0]
        ratio, known = Grid.of(rows[:, :2], rows[:, 2] / ideal).at(batch, length)
        return self._priced(self._wanted, kind, operator, *asked)[0] * ratio, known & exact

    @staticmethod
    def _priced(prices: Datasheet, kind: str, operator: Attention, first: Array, second: Array) -> Price:
        return prices.decode(operator, first, second) if kind == "decode" else prices.prefill(operator, first, second)

    def _attention_rows(self, kind: str, operator: Attention) -> tuple[int, int, Array, bool] | None:
        """Heads, heads of keys and values, (rows, 3) of batch, length and seconds, and whether all that is exact."""
        formats = (operator.dtype, "bf16") if operator.dtype != "fp32" else ()
        for dtype in formats:
            if operator.latent and (rows := self._times.tables.get(f"latent_{kind}/{dtype}")) is not None:
                (heads,), chosen = nearest(rows, (operator.heads,))
                return int(heads), 1, chosen, heads == operator.heads
            for width in (operator.head_dim, 128):
                for window in (operator.window, 0):
                    rows = self._times.tables.get(f"{kind}/{dtype}/{width}/{window}")
                    if rows is not None and not operator.latent:
                        return self._by_heads(rows, operator, (width, window) == (operator.head_dim, operator.window))
        return None

    @staticmethod
    def _by_heads(rows: Array, operator: Attention, exact: bool) -> tuple[int, int, Array, bool]:
        wanted = (operator.heads, operator.kv_heads)
        found, chosen = nearest(rows, wanted, (1.0, 2.0))
        heads, kv_heads = (int(number) for number in found)
        return heads, kv_heads, chosen, exact and (heads, kv_heads) == wanted


def _like(operator: Attention, heads: int, kv_heads: int) -> Attention:
    """The same kind of layer with the heads of a measurement."""
    per_token = operator.kv_bytes_per_token * kv_heads / operator.kv_heads
    return replace(operator, heads=heads, kv_heads=kv_heads, kv_bytes_per_token=per_token, sequence_bytes=0.0)


def _guessed(price: Price) -> Price:
    return price[0], np.zeros_like(price[1])
