"""Curves of a whole model out of the price of each operator."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from perfwise.catalog.devices import Device
from perfwise.serving.arithmetic import BYTES, Attention, Collective, Experts, Linear, Passes, Work
from perfwise.serving.contracts import ErrorBand
from perfwise.serving.timers._curves import BATCHES, CONTEXTS, QUERIES, TOKENS, Curves

__all__ = ["Datasheet", "Host", "Price", "Prices", "compose"]

Array = NDArray[np.float64]
Price: TypeAlias = tuple[Array, NDArray[np.bool_]]

_TOKEN_KNOTS = np.concatenate([np.arange(1.0, 32.0), np.round(2.0 ** np.arange(5, 14.01, 0.25))])


class Prices(Protocol):
    """What one layer's operator costs on one GPU: seconds, and where they rest on a measurement around."""

    def linear(self, operator: Linear, m: Array) -> Price:
        """So many rows times weights."""

    def experts(self, operator: Experts, tokens: Array) -> Price:
        """Routed experts on the tokens of one attention copy."""

    def decode(self, operator: Attention, batch: Array, context: Array) -> Price:
        """One new token of each sequence."""

    def prefill(self, operator: Attention, queries: Array, keys: Array) -> Price:
        """Prompt tokens, each looking at `keys` on average."""

    def collective(self, operator: Collective, tokens: Array) -> Price:
        """An exchange of the activations of so many tokens."""

    def passes(self, operator: Passes, tokens: Array) -> Price:
        """Small kernels."""


@dataclass(frozen=True, slots=True)
class Host:
    """What the host costs.

    Args:
        launch_s: of one kernel.
        graph_s: replaying a recorded step.
        graph_members: the largest batch that is recorded; 0 for none.
        overhead_s: of a step, beside what overlaps with the GPU.
    """

    launch_s: float = 4e-6
    graph_s: float = 2e-4
    graph_members: int = 512
    overhead_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Datasheet:
    """The roofline: the longer of computing and moving, each at a share of its peak, plus a launch.

    Args:
        device: peaks.
        compute: share of the peak rate that large matrix products reach.
        attention: the same for attention.
        bandwidth: share of the memory's bandwidth, likewise of a link's.
        kernel_s: shortest time of a kernel on the GPU.
        exchange_s: shortest time of a step of an exchange inside a node.

    Source: Williams et al., CACM 2009; shares as in the device files of ai-dynamo/aiconfigurator at 095f58a.
    """

    device: Device
    compute: float = 0.7
    attention: float = 0.5
    bandwidth: float = 0.8
    kernel_s: float = 2e-6
    exchange_s: float = 4e-6

    def linear(self, operator: Linear, m: Array) -> Price:
        """Weights, inputs, outputs; a matrix product of a few rows still computes whole tiles of 16."""
        return self._known(self.product(np.float64(operator.k), np.float64(operator.n), m, operator.dtype))

    def product(self, k: Array | np.float64, n: Array | np.float64, m: Array, dtype: str) -> Array:
        """Seconds of (m, k) times (k, n); arrays of one shape."""
        flops = 2.0 * np.maximum(m, 16.0) * k * n / (self.compute * self.device.peak_flops_per_s(dtype))
        moved = self._moved_s(k * n * BYTES[dtype] + 2.0 * m * (k + n))
        return np.maximum(flops, moved) + self.kernel_s

    def experts(self, operator: Experts, tokens: Array) -> Price:
        """Touched weights; three kernels."""
        flops = operator.flops(tokens) / (self.compute * self.device.peak_flops_per_s(operator.dtype))
        return self._known(np.maximum(flops, self._moved_s(operator.bytes(tokens))) + 3 * self.kernel_s)

    def decode(self, operator: Attention, batch: Array, context: Array) -> Price:
        """Keys and values are read once for each group of heads."""
        flops = operator.decode_flops(batch, context) / (self.attention * self.device.peak_flops_per_s("bf16"))
        moved = self._moved_s(operator.decode_bytes(batch, context))
        return self._known(np.maximum(flops, moved) + 2 * self.kernel_s)

    def prefill(self, operator: Attention, queries: Array, keys: Array) -> Price:
        """Query-key pairs under the causal mask."""
        flops = operator.prefill_flops(queries, keys) / (self.attention * self.device.peak_flops_per_s("bf16"))
        return self._known(np.maximum(flops, self._moved_s(operator.prefill_bytes(queries, keys))) + self.kernel_s)

    def collective(self, operator: Collective, tokens: Array) -> Price:
        """A ring inside a node for long messages, one step for short ones; between nodes at the slower link."""
        device, gpus = self.device, operator.gpus
        inside = gpus <= device.link_gpus
        link = device.link_bytes_per_s if inside else device.node_bytes_per_s
        turns = 2.0 * (gpus - 1) / gpus if operator.kind == "all_reduce" else 1.0
        sent = operator.bytes_per_token * tokens * turns / (self.bandwidth * link)
        return self._known(sent + self.exchange_s * (1.0 if inside else 4.0))

    def passes(self, operator: Passes, tokens: Array) -> Price:
        """Read and write at the memory's bandwidth."""
        return self._known(self._moved_s(operator.bytes_per_token * tokens) + operator.kernels * self.kernel_s)

    def _moved_s(self, moved: Array) -> Array:
        return moved / (self.bandwidth * self.device.memory_bytes_per_s)

    @staticmethod
    def _known(seconds: Array) -> Price:
        return seconds, np.ones(seconds.shape, dtype=bool)


def compose(work: Work, prices: Prices, host: Host, about: str, errors: ErrorBand | None = None) -> Curves:
    """Curves of a model: every operator's price, times how many layers have it.

    Args:
        work: operators.
        prices: of each.
        host: what the host adds.
        about: source, for people.
        errors: how far such curves were from measurements.
    """
    tokens = _TOKEN_KNOTS
    body, known = np.zeros_like(tokens), np.ones(tokens.size, dtype=bool)
    head = np.zeros_like(tokens)
    for linear in work.linears:
        seconds, measured = prices.linear(linear, tokens)
        if linear.sampled:
            head += linear.count * seconds
        else:
            body, known = body + linear.count * seconds, known & measured
    others = [(each.count, prices.passes(each, tokens)) for each in work.passes]
    others += [(each.count, prices.collective(each, tokens)) for each in work.collectives]
    if work.experts:
        others.append((work.experts.count, prices.experts(work.experts, tokens)))
    for count, (seconds, measured) in others:
        body, known = body + count * seconds, known & measured
    batch, context = np.meshgrid(BATCHES, CONTEXTS, indexing="ij")
    queries, keys = np.meshgrid(QUERIES, CONTEXTS, indexing="ij")
    decode = _marked([(each.count, prices.decode(each, batch, context)) for each in work.attentions])
    prefill = _marked([(each.count, prices.prefill(each, queries, keys)) for each in work.attentions if each.count])
    kernels = _kernels(work)
    model = work.model
    pairs = sum(2.0 * each.heads * (each.head_dim + each.value_dim) * each.count for each in work.attentions)
    return Curves(
        body=_dense(body),
        head=_dense(head),
        send=_dense(_send(work, prices, tokens)),
        decode=decode,
        prefill=prefill,
        about=about,
        gpus=work.plan.devices,
        stages=work.plan.pipeline,
        launches_s=kernels * host.launch_s,
        graph_s=host.graph_s,
        graph_members=host.graph_members,
        overhead_s=host.overhead_s,
        flops_per_token=2.0 * (model.active_parameters - model.vocab * model.hidden),
        flops_per_sampled=2.0 * model.vocab * model.hidden,
        flops_per_pair=pairs * work.plan.tensor,
        known_tokens=float(tokens[known][-1]) if known.any() else 0.0,
        errors=errors,
    )


def _marked(priced: list[tuple[int, Price]]) -> Array:
    """Sum over kinds of layers; negative where a price rests on no measurement around."""
    total = np.sum([count * seconds for count, (seconds, _) in priced], axis=0)
    known = np.all([measured for _, (_, measured) in priced], axis=0)
    return np.where(known, total, -total)


def _dense(at_knots: Array) -> Array:
    """(TOKENS + 1,), straight between the knots."""
    filled: Array = np.interp(np.arange(TOKENS + 1.0), _TOKEN_KNOTS, at_knots)
    return filled


def _send(work: Work, prices: Prices, tokens: Array) -> Array:
    if work.plan.pipeline == 1:
        return np.zeros_like(tokens)
    return prices.collective(Collective("send", 2, 2.0 * work.model.hidden, 1), tokens)[0]


def _kernels(work: Work) -> int:
    """Launches of a step when no graph is replayed."""
    found = sum(each.count for each in work.linears) + sum(each.count * each.kernels for each in work.passes)
    found += sum(each.count for each in work.collectives) + sum(2 * each.count for each in work.attentions)
    return found + (3 * work.experts.count if work.experts else 0)
