"""LLMServingSim: layers of vLLM as its profiler measures them, for one model, device and tensor-parallel size."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perfwise.catalog.models import Model
from perfwise.serving.profiles._columns import numbers, texts
from perfwise.serving.profiles.layer_times import LayerTimes

__all__ = ["LLMServingSim"]

Array = NDArray[np.float64]

_ONCE = ("embedding", "final_layernorm")
_TWICE = ("layernorm",)


@dataclass(frozen=True, slots=True)
class LLMServingSim:
    """Read a folder such as `RTX4090/meta-llama/Llama-3.1-8B/bf16/tp1`.

    Microseconds of one layer; profiled eagerly, so gaps between kernels that a recorded graph closes are in. Routed
    experts are read where the tokens would touch as many experts as uniform routing does.

    Args:
        folder: dense, attention, per_sequence and perhaps moe, as `.csv` or `.csv.gz`.
        model: whose layers they are.

    Source: casys-kaist/LLMServingSim at 5daddb2, MIT.
    Differs: prompts and decodes of one step are priced apart, where the profile has them together too.
    """

    folder: Path
    model: Model

    def read(self) -> LayerTimes:
        """All layers. Raises: InvalidInput naming what is wrong."""
        layers = self.model.layers
        chunk, before, sequences, context, took_us = numbers(
            self._file("attention"), "prefill_chunk", "kv_prefill", "n_decode", "kv_decode", "time_us"
        )
        seconds = took_us * 1e-6 * layers
        decode = np.column_stack([sequences, context, seconds])[(chunk == 0) & (sequences > 0)]
        prefill = np.column_stack([chunk, before, seconds])[(chunk > 0) & (sequences == 0)]
        head = self._summed("per_sequence", "sequences", {})
        body = self._summed("dense", "tokens", dict.fromkeys(_ONCE, 1.0) | dict.fromkeys(_TWICE, 2.0 * layers), layers)
        if self.model.experts:
            body[:, 1] += self._experts(body[:, 0]) * layers
        tensor = int(self.folder.name.removeprefix("tp"))
        source = "/".join(("LLMServingSim 5daddb2", *self.folder.parts[-5:]))
        return LayerTimes(source, tensor, body, head, decode, prefill)

    def _file(self, name: str) -> Path:
        zipped = self.folder / f"{name}.csv.gz"
        return zipped if zipped.exists() else self.folder / f"{name}.csv"

    def _summed(self, name: str, by: str, times: dict[str, float], otherwise: float = 1.0) -> Array:
        """Sum over the operators at each size, each so often."""
        path = self._file(name)
        (operators,) = texts(path, "layer")
        size, took_us = numbers(path, by, "time_us")
        often = np.array([times.get(operator, otherwise) for operator in operators])
        sizes, which = np.unique(size, return_inverse=True)
        seconds = np.zeros(sizes.size)
        np.add.at(seconds, which.ravel(), often * took_us * 1e-6)
        return np.column_stack([sizes, seconds])

    def _experts(self, tokens: Array) -> Array:
        """Seconds of one layer's experts, straight between the measured numbers of touched experts."""
        count, touched, took_us = numbers(self._file("moe"), "tokens", "activated_experts", "time_us")
        wanted = self.model.experts * (1 - (1 - self.model.active_experts / self.model.experts) ** tokens)
        sizes = np.unique(count)
        at_sizes = np.empty((sizes.size, tokens.size))
        for place, size in enumerate(sizes):
            order = np.argsort(touched[count == size])
            at_sizes[place] = np.interp(wanted, touched[count == size][order], took_us[count == size][order])
        found = [np.interp(size, sizes, at_sizes[:, place]) for place, size in enumerate(tokens)]
        return np.array(found) * 1e-6
