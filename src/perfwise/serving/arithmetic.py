"""What one step of a transformer computes and moves on each GPU of a parallel plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from perfwise.catalog.devices import Device
from perfwise.catalog.models import Model
from perfwise.errors import InvalidOption

__all__ = ["BYTES", "Attention", "Collective", "Experts", "Formats", "Linear", "Passes", "Plan", "Work"]

Values = NDArray[np.float64]

BYTES: Mapping[str, float] = {"fp32": 4, "bf16": 2, "fp8": 1, "fp8_block": 1, "int8": 1, "int4": 0.53, "fp4": 0.5625}
"""Bytes of a number; 4-bit formats with the scales of their blocks. `fp8_block` is fp8 scaled block by block."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a replica is split over GPUs.

    Args:
        tensor: GPUs that share each layer's attention (and dense MLP).
        pipeline: groups of layers.
        data: copies of the attention, each with its own requests, in front of the same experts.
        expert: groups that the experts are dealt to; the rest of tensor * data splits each expert.
    """

    tensor: int = 1
    pipeline: int = 1
    data: int = 1
    expert: int = 1

    def __post_init__(self) -> None:
        if min(self.tensor, self.pipeline, self.data, self.expert) < 1:
            raise InvalidOption(f"a parallel size is at least 1; this plan came: {self}")
        if self.tensor * self.data % self.expert:
            raise InvalidOption(f"expert={self.expert} must divide tensor * data = {self.tensor * self.data}")

    @property
    def devices(self) -> int:
        """GPUs of a replica."""
        return self.tensor * self.pipeline * self.data

    @property
    def expert_tensor(self) -> int:
        """GPUs that share each expert."""
        return self.tensor * self.data // self.expert


@dataclass(frozen=True, slots=True)
class Formats:
    """Number formats: bf16, fp8, int8, int4 or fp4.

    Args:
        weight: of linear layers.
        expert: of routed experts; as `weight` where it is not given.
        kv: of keys and values in memory.
        attention_weight: of the attention's own projections; as `weight` where it is not given.
    """

    weight: str = "bf16"
    expert: str = ""
    kv: str = "bf16"
    attention_weight: str = ""

    def __post_init__(self) -> None:
        for name in (self.weight, self.expert or "bf16", self.kv, self.attention_weight or "bf16"):
            if name not in BYTES:
                raise InvalidOption(f"unknown number format {name!r}; known are {', '.join(BYTES)}")

    @property
    def of_expert(self) -> str:
        """Format of routed experts."""
        return self.expert or self.weight

    @property
    def of_attention(self) -> str:
        """Format of the attention's projections."""
        return self.attention_weight or self.weight


@dataclass(frozen=True, slots=True)
class Linear:
    """A matrix product with weights: (m, k) times (k, n).

    Args:
        name: what it is.
        k, n: inputs and outputs on one GPU.
        dtype: of the weights, and of the arithmetic where the GPU has it.
        count: layers that have it.
        sampled: only the positions that make a token pass it.
    """

    name: str
    k: int
    n: int
    dtype: str
    count: int
    sampled: bool = False

    def flops(self, m: Values) -> Values:
        """Of one layer."""
        return 2.0 * m * self.n * self.k

    def bytes(self, m: Values) -> Values:
        """Weights, inputs, outputs of one layer."""
        return self.n * self.k * BYTES[self.dtype] + 2.0 * m * (self.n + self.k)


@dataclass(frozen=True, slots=True)
class Experts:
    """Routed experts of a layer, as one GPU has them.

    Args:
        hidden, inner: widths; `inner` is of a whole expert.
        experts, active: in all, and for each token.
        tensor, groups: GPUs that share an expert, groups that the experts are dealt to.
        data: attention copies that send their tokens.
        dtype: of the weights.
        count: layers.
    """

    hidden: int
    inner: int
    experts: int
    active: int
    tensor: int
    groups: int
    data: int
    dtype: str
    count: int

    def touched(self, tokens: Values) -> Values:
        """Experts of this GPU that at least one of the tokens goes to, if routing is uniform."""
        own = self.experts / self.groups
        missed: Values = (1.0 - self.active / self.experts) ** (tokens * self.data)
        return own * (1.0 - missed)

    def flops(self, tokens: Values) -> Values:
        """Of one layer; `tokens` of one attention copy."""
        share = tokens * self.data * self.active / self.groups
        return 6.0 * share * self.hidden * self.inner / self.tensor

    def bytes(self, tokens: Values) -> Values:
        """Weights that are touched, inputs and outputs of one layer."""
        share = tokens * self.data * self.active / self.groups
        weights = 3.0 * self.hidden * self.inner / self.tensor * BYTES[self.dtype] * self.touched(tokens)
        return weights + 2.0 * share * (2 * self.hidden + 3 * self.inner / self.tensor)


@dataclass(frozen=True, slots=True)
class Attention:
    """Scores and values of one kind of layer on one GPU.

    Args:
        heads, kv_heads: on this GPU.
        head_dim: width of a query and key; `value_dim` of a value.
        kv_bytes_per_token: of one layer on this GPU.
        dtype: of keys and values.
        window: tokens looked back at, 0 for all.
        count: layers.
        latent: keys and values are kept in latent form: a decode attends with `latent` wide queries; 0 if not.
        sequence_bytes: moved for each sequence at each step whatever its length (the state of linear attention).
    """

    heads: int
    kv_heads: int
    head_dim: int
    value_dim: int
    kv_bytes_per_token: float
    dtype: str
    count: int
    window: int = 0
    latent: int = 0
    sequence_bytes: float = 0.0

    def seen(self, context: Values) -> Values:
        """Keys that a query looks at."""
        return np.minimum(context, self.window) if self.window else context

    def decode_flops(self, batch: Values, context: Values) -> Values:
        """Of one layer and one new token for each of `batch` sequences."""
        width = 2 * self.latent if self.latent else self.head_dim + self.value_dim
        return 2.0 * self.heads * width * batch * self.seen(context)

    def decode_bytes(self, batch: Values, context: Values) -> Values:
        """Keys and values of one layer that a decode reads, and states that it reads and writes."""
        return batch * (self.seen(context) * self.kv_bytes_per_token + self.sequence_bytes)

    def prefill_flops(self, queries: Values, keys: Values) -> Values:
        """Of one layer: `queries` in all, each looking at `keys` on average."""
        return 2.0 * self.heads * (self.head_dim + self.value_dim) * queries * self.seen(keys)

    def prefill_bytes(self, queries: Values, keys: Values) -> Values:
        """Queries, outputs, and keys and values once."""
        activations = 2.0 * queries * self.heads * (self.head_dim + self.value_dim)
        return activations + self.kv_bytes_per_token * np.maximum(queries, self.seen(keys))


@dataclass(frozen=True, slots=True)
class Collective:
    """An exchange between GPUs.

    Args:
        kind: all_reduce, all_to_all or send.
        gpus: that take part.
        bytes_per_token: of the message on one GPU.
        count: how often in a step.
    """

    kind: str
    gpus: int
    bytes_per_token: float
    count: int


@dataclass(frozen=True, slots=True)
class Passes:
    """Small kernels that read and write activations: norms, rotary embedding, activation functions, routing.

    Args:
        bytes_per_token: of one layer.
        kernels: in one layer.
        count: layers.
    """

    bytes_per_token: float
    kernels: int
    count: int


@dataclass(frozen=True)
class Work:
    """All operators of a step on the GPU that has most of them.

    Counts are over all layers; a pipeline stage has its share.

    Args:
        model, plan, formats: what is computed, split how, in which numbers.

    Raises: InvalidOption for a plan that the model cannot be split by.
    Source: facts of the architectures; counts as in Kaplan et al., arXiv:2001.08361, and DeepSeek-AI, arXiv:2412.19437.
    """

    model: Model
    plan: Plan
    formats: Formats

    def __post_init__(self) -> None:
        if self.model.heads % self.plan.tensor and self.plan.tensor % self.model.heads:
            raise InvalidOption(f"{self.plan.tensor} GPUs cannot share {self.model.heads} heads of {self.model.name}")
        if self.plan.pipeline > self.model.layers:
            raise InvalidOption(
                f"{self.model.name} has {self.model.layers} layers, fewer than {self.plan.pipeline} stages"
            )

    @cached_property
    def linears(self) -> tuple[Linear, ...]:
        """Matrix products."""
        model, tensor, weight = self.model, self.plan.tensor, self.formats.weight
        inner = (2 if model.gated else 1) * model.ffn
        found = [
            *self._projections(),
            Linear("mlp_up", model.hidden, _share(inner, tensor), weight, model.mlp_layers),
            Linear("mlp_down", _share(model.ffn, tensor), model.hidden, weight, model.mlp_layers),
            Linear("router", model.hidden, model.experts, "bf16", model.expert_layers),
            Linear("head", model.hidden, _share(model.vocab, tensor), "bf16", 1, sampled=True),
        ]
        if model.shared_experts:
            shared = model.shared_experts * model.expert_ffn
            found.append(Linear("shared_up", model.hidden, _share(2 * shared, tensor), weight, model.expert_layers))
            found.append(Linear("shared_down", _share(shared, tensor), model.hidden, weight, model.expert_layers))
        return tuple(each for each in found if each.count and each.n)

    def _projections(self) -> list[Linear]:
        model, tensor, dtype, layers = (
            self.model,
            self.plan.tensor,
            self.formats.of_attention,
            self.model.attention_layers,
        )
        heads = _share(model.heads, tensor)
        if model.kv_rank:
            down = model.query_rank + model.kv_rank + model.rope_dim
            return [
                Linear("latent_down", model.hidden, down, dtype, layers),
                Linear("query_up", model.query_rank, heads * (model.nope_dim + model.rope_dim), dtype, layers),
                Linear("value_up", model.kv_rank, heads * (model.nope_dim + model.value_dim), "bf16", layers),
                Linear("attn_out", heads * model.value_dim, model.hidden, dtype, layers),
            ]
        queries = heads * model.head_dim
        pairs = 2 * max(1, _share(model.kv_heads, tensor)) * model.head_dim
        found = [
            Linear("attn_in", model.hidden, queries * (2 if model.query_gate else 1) + pairs, dtype, layers),
            Linear("attn_out", queries, model.hidden, dtype, layers),
        ]
        if model.linear_layers:
            into = 2 * model.linear_key_dim + 2 * model.linear_value_dim
            found.append(Linear("linear_in", model.hidden, _share(into, tensor), dtype, model.linear_layers))
            out = _share(model.linear_value_dim, tensor)
            found.append(Linear("linear_out", out, model.hidden, dtype, model.linear_layers))
        return found

    @cached_property
    def experts(self) -> Experts | None:
        """Routed experts, if the model has any."""
        model, plan = self.model, self.plan
        if not model.experts:
            return None
        return Experts(
            hidden=model.hidden,
            inner=model.expert_ffn,
            experts=model.experts,
            active=model.active_experts,
            tensor=plan.expert_tensor,
            groups=plan.expert,
            data=plan.data,
            dtype=self.formats.of_expert,
            count=model.expert_layers,
        )

    @cached_property
    def attentions(self) -> tuple[Attention, ...]:
        """Attention by kind of layer."""
        model, kv = self.model, BYTES[self.formats.kv]
        heads = _share(model.heads, self.plan.tensor)
        if model.kv_rank:
            width = model.kv_rank + model.rope_dim
            latent = Attention(
                heads=heads,
                kv_heads=1,
                head_dim=model.nope_dim + model.rope_dim,
                value_dim=model.value_dim,
                kv_bytes_per_token=width * kv,
                dtype=self.formats.kv,
                count=model.layers,
                window=model.sparse_keys,
                latent=width,
            )
            return (latent,)
        kv_heads = max(1, _share(model.kv_heads, self.plan.tensor))
        shape = {"heads": heads, "kv_heads": kv_heads, "head_dim": model.head_dim, "value_dim": model.head_dim}
        per_token = 2 * kv_heads * model.head_dim * kv
        whole = model.attention_layers - model.window_layers
        found = [Attention(**shape, kv_bytes_per_token=per_token, dtype=self.formats.kv, count=whole)]
        if model.window_layers:
            windowed = Attention(
                **shape,
                kv_bytes_per_token=per_token,
                dtype=self.formats.kv,
                count=model.window_layers,
                window=model.window,
            )
            found.append(windowed)
        if model.linear_layers:
            found.append(self._recurrence())
        return tuple(found)

    def _recurrence(self) -> Attention:
        """Linear attention: each head has a float32 state of (key width, value width), read and written by a token."""
        model, tensor = self.model, self.plan.tensor
        heads = max(1, _share(model.linear_value_dim // model.linear_head_dim, tensor))
        state_bytes = 2 * heads * model.linear_head_dim**2 * BYTES["fp32"]
        return Attention(
            heads=heads,
            kv_heads=heads,
            head_dim=model.linear_head_dim,
            value_dim=model.linear_head_dim,
            kv_bytes_per_token=0.0,
            dtype="fp32",
            count=model.linear_layers,
            window=64,  # prefill works in chunks of so many tokens
            sequence_bytes=state_bytes,
        )

    @cached_property
    def collectives(self) -> tuple[Collective, ...]:
        """Exchanges: sums after attention and MLP, tokens to and from experts."""
        model, plan = self.model, self.plan
        row, found = 2.0 * model.hidden, []
        if plan.tensor > 1:
            found.append(Collective("all_reduce", plan.tensor, row, model.layers + model.mlp_layers))
        if model.experts and plan.data > 1:
            gpus = plan.tensor * plan.data
            sent = row * model.active_experts * (1 - 1 / plan.expert) if plan.expert > 1 else row * plan.data
            found.append(Collective("all_to_all", gpus, sent, 2 * model.expert_layers))
        elif model.experts and plan.tensor > 1:
            found.append(Collective("all_reduce", plan.tensor, row, model.expert_layers))
        return tuple(found)

    @cached_property
    def passes(self) -> tuple[Passes, ...]:
        """Small kernels: two norms with residual, rotary embedding, write of keys and values, activation, routing."""
        model, tensor = self.model, self.plan.tensor
        norm = 2.0 * 2 * 4 * model.hidden
        rotary = 2.0 * 2 * (_share(model.heads, tensor) + 2 * max(1, _share(model.kv_heads, tensor))) * model.head_dim
        active = 2.0 * 3 * _share(model.ffn, tensor)
        found = [Passes(norm + rotary, 4, model.layers), Passes(active, 1, model.mlp_layers)]
        if model.experts:
            routed = 2.0 * (3 * model.active_experts + 4) * model.hidden
            found.append(Passes(routed, 4, model.expert_layers))
        return tuple(each for each in found if each.count)

    @property
    def weight_bytes(self) -> float:
        """Of the GPU that has most, over all stages divided by their number."""
        linear = sum(each.n * each.k * BYTES[each.dtype] * each.count for each in self.linears)
        embedding = 0.0 if self.model.tied else 2.0 * self.model.vocab * self.model.hidden / self.plan.tensor
        experts = 0.0
        if self.experts:
            own = self.experts.experts / self.experts.groups
            one = 3.0 * self.model.hidden * self.model.expert_ffn / self.experts.tensor
            experts = own * one * BYTES[self.experts.dtype] * self.experts.count
        return (linear + embedding + experts) / self.plan.pipeline

    @property
    def kv_bytes_per_token(self) -> float:
        """Keys and values of one token on one GPU."""
        return sum(each.kv_bytes_per_token * each.count for each in self.attentions) / self.plan.pipeline

    @property
    def sequence_bytes(self) -> float:
        """State of one sequence on one GPU, whatever its length."""
        return sum(each.sequence_bytes / 2 * each.count for each in self.attentions) / self.plan.pipeline

    def kv_tokens(self, device: Device, utilisation: float = 0.9, reserved_bytes: float = 4e9) -> float:
        """Tokens that fit beside the weights; negative where the weights alone do not fit.

        Args:
            device: whose memory is filled.
            utilisation: share of it that the engine takes.
            reserved_bytes: activations and buffers of the collectives.
        """
        free = device.memory_bytes * utilisation - self.weight_bytes - reserved_bytes
        return free / self.kv_bytes_per_token if self.kv_bytes_per_token else float("inf")

    def flops(self, tokens: float, sampled: float, pairs: float) -> float:
        """Of a step on all GPUs: active weights twice for each token, and attention over pairs of query and key."""
        model = self.model
        body = model.active_parameters - model.vocab * model.hidden
        attention = sum(2.0 * each.heads * (each.head_dim + each.value_dim) * each.count for each in self.attentions)
        return 2.0 * (body * tokens + model.vocab * model.hidden * sampled) + attention * self.plan.tensor * pairs


def _share(width: int, parts: int) -> int:
    """The largest share when a width is dealt to parts."""
    return -(-width // parts)
