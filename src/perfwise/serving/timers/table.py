"""Step times looked up in dense tables of measured operators, rounded and added as Vidur does."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from perfwise.errors import Fault, InvalidInput, InvalidOption
from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import TIME, ErrorBand, Hook, State

__all__ = ["Table"]

Array = NDArray[np.float64]

OPERATORS = (
    "attn_pre_proj",
    "attn_post_proj",
    "attn_rope",
    "attn_kv_cache_save",
    "input_layernorm",
    "mlp_up_proj",
    "mlp_down_proj",
    "mlp_act",
    "post_attention_layernorm",
    "add",
    "all_reduce",
    "send_recv",
)
"""What is looked up by tokens, in the order of the token tables in the state."""

# Where the state has what: constants, the shapes of the tables, then the tables themselves.
_LAYERS, _FACTOR, _CPU_MS, _TENSOR, _SKEW_MS, _STAGES = 0, 1, 2, 3, 4, 5
_TOKENS, _BATCHES, _KV_COLUMNS, _KV_ROWS, _CHUNKS, _DECODE, _PREFILL, _BY_TOKENS = 6, 7, 8, 9, 10, 11, 12, 13

_ALL_REDUCE_MS = 0.02  # Vidur's launch of one all-reduce, beside what its profile measured


@compilable()
def _decode_ms(step: Any, state: State) -> tuple[float, bool]:
    """One layer's decode attention, and whether it lies outside the table."""
    batch, steps = step.decodes, (step.decode_context // step.decodes + 63) // 64
    row, column = min(batch, int(state[_BATCHES]) - 1), min(steps, int(state[_KV_COLUMNS]) - 1)
    found = state[int(state[_DECODE]) + row * int(state[_KV_COLUMNS]) + column]
    if batch > 1:
        found = found * (1.0 + state[_FACTOR])
    if row == batch and column == steps:
        return found, False
    return found * ((batch * steps) / (row * max(column, 1))), True  # bound by the keys and values that are read


@compilable()
def _prefill_ms(step: Any, state: State) -> tuple[float, bool]:
    """One layer's prefill attention, and whether it lies outside the table."""
    steps, chunk = step.prefill_context_64 // 64, int(np.rint(np.sqrt(float(step.prefill_squares))))
    row, column = min(steps, int(state[_KV_ROWS]) - 1), min(chunk, int(state[_CHUNKS]) - 1)
    found = state[int(state[_PREFILL]) + row * int(state[_CHUNKS]) + column]
    if step.prefills > 1:
        found = found * (1.0 + state[_FACTOR])
    if row == steps and column == chunk:
        return found, False
    wanted, known = chunk * (64.0 * steps + 0.5 * chunk), column * (64.0 * row + 0.5 * column)
    return found * (wanted / known), True  # bound by the pairs of a query and a key


@compilable(TIME)
def _time(step: Any, state: State) -> None:
    decode, prefill, outside = 0.0, 0.0, False
    if step.decodes > 0:
        decode, outside = _decode_ms(step, state)
    if step.prefills > 0:
        prefill, beyond = _prefill_ms(step, state)
        outside = outside or beyond
    width, at = int(state[_TOKENS]), int(state[_BY_TOKENS])
    tokens = step.tokens
    rounded = (tokens + 7) // 8 * 8
    stretch = 1.0
    if rounded >= width:  # linear in the tokens from the last row on
        stretch, rounded, tokens, outside = tokens / (width - 1.0), width - 1, width - 1, True
    reduced = 0.0
    if state[_TENSOR] > 1.0:
        reduced = state[at + 10 * width + rounded] * stretch + _ALL_REDUCE_MS + state[_SKEW_MS]
    at += rounded
    # Vidur's order of additions: equal to the last bit only so.
    attention = state[at] * stretch + state[at + width] * stretch + state[at + 2 * width] * stretch
    attention = attention + state[at - rounded + 3 * width + tokens] * stretch + decode + prefill
    attention = attention + reduced + state[at + 4 * width] * stretch
    mlp = state[at + 5 * width] * stretch + state[at + 6 * width] * stretch + state[at + 7 * width] * stretch
    mlp = mlp + reduced + state[at + 8 * width] * stretch
    block = attention + mlp + state[at + 9 * width] * stretch
    cpu_s = state[_CPU_MS] * 1e-3
    step.last_stage_s = (block * state[_LAYERS] + 0.0) * 1e-3 + cpu_s
    step.stage_s = step.last_stage_s
    if state[_STAGES] > 1.0:
        step.stage_s = (block * state[_LAYERS] + state[at + 11 * width] * stretch) * 1e-3 + cpu_s
    step.extrapolated = 1 if outside else 0


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Look up every operator of a layer by the tokens, the decode batch and context, the prefill context and chunk.

    A step's tokens are rounded up to 8 (not so for the write of keys and values), contexts up to 64. Decode attention
    is asked for (members, mean context), prefill attention for (sum of contexts, root of the sum of squared chunks). A
    key beyond the table is extrapolated from its last row - linear operators by tokens, decode attention by the context
    read, prefill attention by query-key pairs - and the step says so.

    Args:
        by_tokens: (12, tokens + 1) ms per layer in the order of `OPERATORS`; column 0 is unused.
        decode: (batch + 1, context / 64 + 1) ms per layer.
        prefill: (context / 64 + 1, chunk + 1) ms per layer.
        layers: of the model.
        gqa_factor: surcharge on the attention of more than one member; 0 where every query head has its own key head.
        tensor_parallel: GPUs that share each layer; more than 1 adds two all-reduces a layer.
        pipeline_stages: groups of layers; must divide `layers`. More than 1 adds a transfer after each but the last.
        cpu_overhead_ms: added to each stage.
        skew_ms: added to each all-reduce, times tensor_parallel ** 1.25.
        about: where the numbers come from, for people.
        band: how far it was from measurements; None where nobody compared.

    Raises: InvalidOption for parallel sizes that do not fit.
    Source: Agrawal et al., Vidur, MLSys 2024, arXiv:2405.05465, and microsoft/vidur at 7d47513.
    Differs: beyond its tables Vidur ends in an error.
    """

    time: ClassVar[Hook] = staticmethod(_time)

    by_tokens: Array
    decode: Array
    prefill: Array
    layers: int = 32
    gqa_factor: float = 0.1
    tensor_parallel: int = 1
    pipeline_stages: int = 1
    cpu_overhead_ms: float = 0.0
    skew_ms: float = 0.0
    about: str = "tables"
    band: ErrorBand | None = None

    def __post_init__(self) -> None:
        if self.tensor_parallel < 1 or self.pipeline_stages < 1 or self.layers % self.pipeline_stages:
            raise InvalidOption(
                f"tensor_parallel={self.tensor_parallel} and pipeline_stages={self.pipeline_stages} must be at least 1 "
                f"and the stages must divide the {self.layers} layers"
            )

    @classmethod
    def from_npz(cls, path: Path | str, *, attention: Path | str | None = None, **options: Any) -> Self:
        """Read frozen Vidur tables: one sum of the linear operators, or one array for each.

        Args:
            path: has `linear_ms_per_layer_by_tokens` and `kv_save_ms_by_tokens`, or `<operator>_ms_by_tokens` each.
            attention: has `decode_ms_by_batch_kv64` and `prefill_ms_by_kv64_chunk`; without it they are looked for in
                `path`, then in the file beside it that is named like it without `per_operator_`.
            **options: the other arguments of `Table`.

        Raises:
            InvalidInput: for files that lack tables or hold what cannot be times.
            InvalidOption: for more than one GPU without `all_reduce_ms_by_tokens` or `send_recv_ms_by_tokens`.
        """
        arrays, faults = _load(Path(path)), []
        _check_parallel(arrays, options)
        beside = Path(path).with_name(Path(path).name.replace("per_operator_", ""))
        behind = Path(attention) if attention else beside
        if "decode_ms_by_batch_kv64" not in arrays and behind != Path(path) and (attention or behind.exists()):
            found = _load(behind)
            arrays |= {name: found[name] for name in _ATTENTION if name in found}
        if "linear_ms_per_layer_by_tokens" in arrays:
            wanted = {"attn_pre_proj": "linear_ms_per_layer_by_tokens", "attn_kv_cache_save": "kv_save_ms_by_tokens"}
        else:
            wanted = {operator: f"{operator}_ms_by_tokens" for operator in OPERATORS[:10]}
        shapes = dict.fromkeys(wanted.values(), 1) | dict.fromkeys(_ATTENTION, 2)
        for name, dimensions in shapes.items():
            faults += _faults(str(path), name, arrays.get(name), dimensions)
        lengths = {arrays[name].shape for name in wanted.values() if name in arrays}
        if len(lengths) > 1:
            faults.append(Fault(str(path), "unlike-lengths", "tables by tokens must all have the same length"))
        if faults:
            raise InvalidInput(faults)
        by_tokens = np.zeros((len(OPERATORS), *next(iter(lengths))))
        wanted |= {operator: name for operator in OPERATORS[10:] if (name := f"{operator}_ms_by_tokens") in arrays}
        for operator, name in wanted.items():
            by_tokens[OPERATORS.index(operator)] = arrays[name]
        decode = _unguarded(arrays[_ATTENTION[0]].T).T
        return cls(by_tokens, decode, _unguarded(arrays[_ATTENTION[1]]), **{"about": Path(path).name} | options)

    @property
    def identity(self) -> str:
        """Digest of everything that decides its answers."""
        return hashlib.sha256(b"table" + self.state().tobytes()).hexdigest()[:16]

    @property
    def devices(self) -> int:
        """GPUs of one replica."""
        return self.tensor_parallel * self.pipeline_stages

    @property
    def source(self) -> str:
        """Where the numbers come from."""
        return f"measured tables: {self.about}"

    def state(self) -> State:
        """(width,): constants, shapes, tables."""
        head = np.zeros(16)
        at_decode = head.size + self.by_tokens.size
        head[_LAYERS], head[_FACTOR] = self.layers // self.pipeline_stages, self.gqa_factor
        head[_CPU_MS], head[_TENSOR], head[_STAGES] = self.cpu_overhead_ms, self.tensor_parallel, self.pipeline_stages
        head[_SKEW_MS] = self.skew_ms * self.tensor_parallel**1.25
        head[_TOKENS], head[_BY_TOKENS] = self.by_tokens.shape[1], head.size
        head[_BATCHES], head[_KV_COLUMNS] = self.decode.shape
        head[_KV_ROWS], head[_CHUNKS] = self.prefill.shape
        head[_DECODE], head[_PREFILL] = at_decode, at_decode + self.decode.size
        return np.concatenate([head, self.by_tokens.ravel(), self.decode.ravel(), self.prefill.ravel()])


_ATTENTION = ("decode_ms_by_batch_kv64", "prefill_ms_by_kv64_chunk")


def _load(path: Path) -> dict[str, Array]:
    try:
        found = np.load(path, allow_pickle=False)
        if not hasattr(found, "files"):
            raise ValueError("it is a single array")
        with found:
            return {name: np.asarray(found[name], dtype=np.float64) for name in found.files}
    except (OSError, ValueError, BadZipFile, EOFError) as cause:
        reason = getattr(cause, "strerror", None) or str(cause).partition(". ")[0]
        raise InvalidInput([Fault(str(path), "not-tables", f"wanted an .npz of step-time tables: {reason}")]) from cause


def _check_parallel(arrays: dict[str, Array], options: dict[str, Any]) -> None:
    for option, name in (("tensor_parallel", "all_reduce_ms_by_tokens"), ("pipeline_stages", "send_recv_ms_by_tokens")):
        if options.get(option, 1) > 1 and name not in arrays:
            raise InvalidOption(f"{option}={options[option]} needs `{name}` in the tables; they were made for one GPU")


def _faults(where: str, name: str, array: Array | None, dimensions: int) -> list[Fault]:
    if array is None:
        return [Fault(where, "missing-table", f"lacks `{name}`")]
    if array.ndim != dimensions or min(array.shape) < 2:
        return [Fault(where, "wrong-shape", f"`{name}` has shape {array.shape}, wanted {dimensions} dimension(s)")]
    if not np.isfinite(array).all() or (array < 0).any():
        return [Fault(where, "not-a-time", f"`{name}` has negative, infinite or missing values")]
    return []


def _unguarded(array: Array) -> Array:
    """Without a last row that only repeats the one before, which Vidur's frozen tables have as a guard."""
    return array[:-1] if len(array) > 2 and np.array_equal(array[-1], array[-2]) else array
