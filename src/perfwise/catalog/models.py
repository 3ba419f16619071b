"""Language models: the shapes that decide what a step costs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from perfwise.catalog import entries
from perfwise.errors import Fault, InvalidInput

__all__ = ["Model"]


@dataclass(frozen=True, slots=True)
class Model:
    """A decoder-only transformer.

    Attention is grouped-query unless `kv_rank` is set (multi-head latent attention). `linear_layers` of the layers have
    linear attention with a state of fixed size; `window_layers` look back at most `window` tokens.

    Args:
        name: short.
        layers: in all.
        hidden: width between layers.
        heads, kv_heads, head_dim: of attention; query heads, heads of keys and values, width of each.
        ffn: inner width of a dense gated MLP.
        vocab: tokens known.
        tied: whether the head shares the embedding's weights.
        gated: three matrices in an MLP instead of two.
        query_gate: attention has an output gate as wide as its queries.
        experts, active_experts, shared_experts: of a mixture-of-experts layer; routed, routed to, always used.
        expert_ffn: inner width of one expert.
        dense_layers: how many layers have a dense MLP in place of experts (all if there are no experts).
        kv_rank, query_rank, rope_dim, nope_dim, value_dim: of latent attention.
        window, window_layers: of sliding windows.
        sparse_keys: keys that a query attends to at most, chosen by an indexer; 0 is all.
        linear_layers, linear_key_dim, linear_value_dim, linear_head_dim: of linear attention, dims over all heads.
        source: where the numbers come from.
    """

    name: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int
    vocab: int
    tied: bool = False
    gated: bool = True
    query_gate: bool = False
    experts: int = 0
    active_experts: int = 0
    shared_experts: int = 0
    expert_ffn: int = 0
    dense_layers: int = 0
    kv_rank: int = 0
    query_rank: int = 0
    rope_dim: int = 0
    nope_dim: int = 0
    value_dim: int = 0
    window: int = 0
    window_layers: int = 0
    sparse_keys: int = 0
    linear_layers: int = 0
    linear_key_dim: int = 0
    linear_value_dim: int = 0
    linear_head_dim: int = 0
    source: str = ""

    @classmethod
    def named(cls, name: str) -> Self:
        """The shipped entry, by short name or by its name on Hugging Face. Raises: InvalidOption if there is none."""
        file, entry = entries.find("models", name, "ids")
        return cls(name=file, **{key: value for key, value in entry.items() if key != "ids"})

    @staticmethod
    def names() -> list[str]:
        """All shipped entries."""
        return entries.names("models")

    @classmethod
    def from_config(cls, path: Path | str) -> Self:
        """Read a Hugging Face `config.json`. Raises: InvalidInput for what is none, with all that is missing."""
        where = Path(path)
        try:
            config = json.loads(where.read_text(encoding="utf-8"))
        except (OSError, ValueError) as cause:
            raise InvalidInput([Fault(str(path), "not-a-config", f"wanted a model's config.json: {cause}")]) from cause
        if not isinstance(config, dict):
            raise InvalidInput([Fault(str(path), "not-a-config", "wanted a JSON object")])
        config = config.get("text_config", config)
        faults = [
            Fault(str(path), "missing-shape", f"lacks `{key}`, or it is not a positive whole number")
            for key in _NEEDED
            if not isinstance(config.get(key), int) or config[key] < 1
        ]
        if faults:
            raise InvalidInput(faults)
        name = str(config.get("_name_or_path") or where.parent.name or where.stem)
        return cls(name=name, source=str(path), **_shapes(config), **_experts(config), **_variants(config))

    @property
    def mlp_layers(self) -> int:
        """Layers with a dense MLP."""
        return self.dense_layers if self.experts else self.layers

    @property
    def expert_layers(self) -> int:
        """Layers with routed experts."""
        return self.layers - self.mlp_layers

    @property
    def attention_layers(self) -> int:
        """Layers whose attention reads keys and values of all or a window of the context."""
        return self.layers - self.linear_layers

    @property
    def kv_elements_per_token(self) -> int:
        """Numbers kept for each token: keys and values of all layers, or their latent form."""
        if self.kv_rank:
            return self.attention_layers * (self.kv_rank + self.rope_dim)
        return self.attention_layers * 2 * self.kv_heads * self.head_dim

    @property
    def attention_parameters(self) -> int:
        """Weights of one layer's attention."""
        if not self.kv_rank:
            queries = self.heads * self.head_dim
            return self.hidden * (queries * (2 if self.query_gate else 1) + 2 * self.kv_heads * self.head_dim) + (
                queries * self.hidden
            )
        query = self.heads * (self.nope_dim + self.rope_dim)
        down = self.hidden * (self.query_rank + self.kv_rank + self.rope_dim)
        up = self.query_rank * query + self.kv_rank * self.heads * (self.nope_dim + self.value_dim)
        return down + up + self.heads * self.value_dim * self.hidden

    @property
    def linear_attention_parameters(self) -> int:
        """Weights of one layer's linear attention: queries, keys, values and gate in, values out."""
        return self.hidden * (2 * self.linear_key_dim + 3 * self.linear_value_dim)

    @property
    def parameters(self) -> int:
        """All weights that matter for memory: attention, MLPs, experts, embedding and head."""
        return self._parameters(self.experts)

    @property
    def active_parameters(self) -> int:
        """Weights that one token passes, with the head and without the look-up of its embedding."""
        return self._parameters(self.active_experts) - self.vocab * self.hidden * (0 if self.tied else 1)

    def _parameters(self, experts: int) -> int:
        matrices = 3 if self.gated else 2
        expert = matrices * self.hidden * self.expert_ffn
        return (
            self.attention_layers * self.attention_parameters
            + self.linear_layers * self.linear_attention_parameters
            + self.mlp_layers * matrices * self.hidden * self.ffn
            + self.expert_layers * ((experts + self.shared_experts) * expert + self.hidden * self.experts)
            + self.vocab * self.hidden * (1 if self.tied else 2)
        )


_NEEDED = ("num_hidden_layers", "hidden_size", "num_attention_heads", "vocab_size")


def _shapes(config: Mapping[str, Any]) -> dict[str, Any]:
    heads = config["num_attention_heads"]
    return {
        "layers": config["num_hidden_layers"],
        "hidden": config["hidden_size"],
        "heads": heads,
        "kv_heads": config.get("num_key_value_heads") or heads,
        "head_dim": config.get("head_dim") or config["hidden_size"] // heads,
        "ffn": config.get("mlp_intermediate_size") or config.get("intermediate_size") or 4 * config["hidden_size"],
        "vocab": config["vocab_size"],
        "tied": bool(config.get("tie_word_embeddings", False)),
        "gated": str(config.get("hidden_act", "silu")) in ("silu", "swish", "gelu_pytorch_tanh"),
        "query_gate": bool(config.get("attn_output_gate", False)),
    }


def _experts(config: Mapping[str, Any]) -> dict[str, Any]:
    experts = next(
        (config[key] for key in ("n_routed_experts", "num_local_experts", "num_experts") if config.get(key)), 0
    )
    if not experts:
        return {}
    inner = config.get("moe_intermediate_size") or config["intermediate_size"]
    shared = config.get("n_shared_experts") or (config.get("shared_expert_intermediate_size") or 0) // inner
    return {
        "experts": experts,
        "active_experts": config.get("num_experts_per_tok") or config.get("experts_per_token") or 1,
        "shared_experts": shared,
        "expert_ffn": inner,
        "dense_layers": config.get("first_k_dense_replace", 0) or len(config.get("mlp_only_layers") or []),
    }


def _variants(config: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if config.get("kv_lora_rank"):
        found |= {
            "kv_rank": config["kv_lora_rank"],
            "query_rank": config.get("q_lora_rank") or 0,
            "rope_dim": config.get("qk_rope_head_dim", 0),
            "nope_dim": config.get("qk_nope_head_dim", 0),
            "value_dim": config.get("v_head_dim", 0),
            "sparse_keys": config.get("index_topk", 0),
        }
    kinds = config.get("layer_types") or []
    if "sliding_attention" in kinds and config.get("sliding_window"):
        found |= {"window": config["sliding_window"], "window_layers": kinds.count("sliding_attention")}
    if "linear_attention" in kinds:
        width = config.get("linear_key_head_dim", 0)
        found |= {
            "linear_layers": kinds.count("linear_attention"),
            "linear_head_dim": width,
            "linear_key_dim": config.get("linear_num_key_heads", 0) * width,
            "linear_value_dim": config.get("linear_num_value_heads", 0) * config.get("linear_value_head_dim", 0),
        }
    return found
