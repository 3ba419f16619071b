"""Files of configurations, one a row, in the columns of aiconfigurator's measurements."""

import csv
import io
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

from perfwise.kit.textfiles import Faults, csv_records
from perfwise.kit.wholefiles import replacing
from perfwise.serving.arithmetic import Formats, Plan
from perfwise.serving.predict import Measurement, Prediction
from perfwise.serving.steady_state import Configuration, Refused

__all__ = ["read_configurations", "read_measurements", "write_predictions"]

Row = Mapping[str, str]

_NEEDED = ("model_path", "system", "backend", "isl", "osl")
_LARGEST = 100_000_000  # tokens and requests; above is a slip of the pen
_MOST_GPUS = 4096
_FORMATS = {"fp8": "fp8", "fp8_block": "fp8_block", "nvfp4": "fp4", "int4_wo": "int4", "int8_wo": "int8"}
_LATENT = ("DeepSeek", "Kimi", "GLM-5")
_BLOCKWISE = ("DeepSeek", "MiniMax", "Qwen3.5", "Qwen3-235B", "GLM-5")  # released in fp8 scaled by blocks


def read_configurations(path: Path | str) -> list[tuple[str, Configuration | Refused]]:
    """Identity of each row - its `id`, or its number from 0 - and what it asks for.

    Columns: model_path, system, backend, isl, osl; and where they apply backend_version, precision, gemm_quant_mode,
    moe_quant_mode, mode (agg or disagg), concurrency or batch_size, tp_size, pp_size, attention_dp_size, moe_tp_size,
    moe_ep_size, and the same behind `prefill_` and `decode_` with `num_workers`.

    Raises: InvalidInput for a file that is no such table.
    """
    return [(row.get("id") or str(number), _configuration(row)) for number, row in enumerate(_rows(Path(path)))]


def read_measurements(path: Path | str) -> list[Measurement]:
    """Rows that also have silicon_ttft_ms, silicon_tpot_ms and perhaps config_group; what cannot be read is left out.

    Raises: InvalidInput for a file that is no such table.
    """
    found = []
    for number, row in enumerate(_rows(Path(path), ("silicon_ttft_ms", "silicon_tpot_ms"))):
        configuration = _configuration(row)
        ttft_ms, tpot_ms = _number(row, "silicon_ttft_ms"), _number(row, "silicon_tpot_ms")
        if isinstance(configuration, Configuration) and ttft_ms > 0 and tpot_ms > 0:
            group = _number(row, "config_group")
            which = number if math.isnan(group) else int(group)
            found.append(Measurement(configuration, ttft_ms * 1e-3, tpot_ms * 1e-3, which))
    return found


def write_predictions(path: Path | str, identities: Iterable[str], predictions: Iterable[Prediction]) -> None:
    """Columns id, ttft_ms, tpot_ms, ttft_lo, ttft_hi, tpot_lo, tpot_hi (milliseconds), refused, source.

    Raises: InvalidOption if the file cannot be written; what was there stays then.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["id", "ttft_ms", "tpot_ms", "ttft_lo", "ttft_hi", "tpot_lo", "tpot_hi", "refused", "source"])
    for identity, each in zip(identities, predictions, strict=True):
        times = (each.ttft_s, each.tpot_s, *each.ttft_band_s, *each.tpot_band_s)
        shown = ["" if math.isnan(seconds) else repr(seconds * 1e3) for seconds in times]
        writer.writerow([identity, *shown, each.refused, each.source])
    with replacing(Path(path)) as file:
        file.write(text.getvalue().encode())


def _rows(path: Path, needed: tuple[str, ...] = ()) -> list[Row]:
    faults = Faults()
    rows = [record.fields for record in csv_records(path, faults)]
    if not rows and not faults.found:
        faults.add(path, "empty-file", "the file holds no rows")
    for name in (*_NEEDED, *needed):
        if rows and name not in rows[0]:
            faults.add(f"{path}:1", "missing-column", f"lacks the column {name!r}")
    faults.check()
    return rows


def _configuration(row: Row) -> Configuration | Refused:
    if missing := [name for name in _NEEDED if not row.get(name)]:
        return Refused("no-value", f"the row lacks {', '.join(missing)}")
    mode = row.get("mode") or "agg"
    if mode not in ("agg", "disagg"):
        return Refused("unknown-mode", f"mode is agg or disagg, not {mode!r}")
    lengths = [_number(row, name) for name in ("isl", "osl")]
    if not all(1 <= length <= _LARGEST for length in lengths):
        return Refused("no-load", f"isl and osl must be numbers from 1 to {_LARGEST:,}")
    workers = [_count(row, f"{side}_num_workers") for side in ("prefill", "decode")]
    plan = _plan(row, "") if mode == "agg" else _plan(row, "decode_")
    concurrency = _number(row, "concurrency")
    if math.isnan(concurrency):
        batch = _number(row, "batch_size" if mode == "agg" else "decode_batch_size")
        concurrency = batch * plan.data * (1 if mode == "agg" else workers[1])
    if plan.devices > _MOST_GPUS:
        return Refused("no-plan", f"the sizes ask for {plan.devices:,} GPUs; at most {_MOST_GPUS:,} make sense here")
    if not 1 <= concurrency <= _LARGEST:
        return Refused("no-load", f"neither concurrency nor batch size is a number from 1 to {_LARGEST:,}")
    return Configuration(
        model=row["model_path"],
        system=row["system"],
        backend=row["backend"],
        prompt=int(lengths[0]),
        output=int(lengths[1]),
        concurrency=concurrency,
        plan=plan,
        formats=_formats(row),
        version=row.get("backend_version") or "",
        prefill_plan=_plan(row, "prefill_") if mode == "disagg" else None,
        prefill_workers=workers[0] if mode == "disagg" else 1,
        decode_workers=workers[1] if mode == "disagg" else 1,
        precision=row.get("precision") or "bf16",
        campaign="own" if mode == "agg" and not row.get("attention_dp_size") else "ix",
        identity=row.get("id") or "",
    )


def _plan(row: Row, side: str) -> Plan:
    """Parallel sizes of a side; sizes of 0 are taken for 1.

    Public exports write some sizes as products: tensor and expert size n on n GPUs as n * n, with both sizes of the
    experts n; attention copies beside a tensor size of the same n likewise.
    """
    tensor, data = _count(row, f"{side}tp_size"), _count(row, f"{side}attention_dp_size")
    expert_tensor, expert = _count(row, f"{side}moe_tp_size"), _count(row, f"{side}moe_ep_size")
    pipeline = _count(row, f"{side}pp_size")
    if not side and row.get("attention_dp_size"):
        if expert_tensor == expert > 1:
            return Plan(1, pipeline, expert, expert) if data > 1 else Plan(expert, pipeline, 1, expert)
        if tensor == data > 1:
            return Plan(1, pipeline, tensor, tensor)
    if tensor > 16 or tensor == 12:  # racks: only the number of GPUs is told
        return Plan(1, pipeline, tensor, tensor)
    if expert_tensor * expert > tensor * data and (expert_tensor * expert) % tensor == 0:
        data = expert_tensor * expert // tensor
    gpus = tensor * data
    return Plan(tensor, pipeline, data, expert if gpus % expert == 0 else 1)


def _formats(row: Row) -> Formats:
    """Number formats; what the columns do not tell is what the model was released in."""
    model = row["model_path"]
    weight = _FORMATS.get(row.get("gemm_quant_mode") or "", "bf16")
    expert = _FORMATS.get(row.get("moe_quant_mode") or "", "bf16")
    if "gpt-oss" in model:
        return Formats("bf16", "fp4")
    if any(name in model for name in _LATENT) and weight in ("fp4", "int4"):
        return Formats("fp8", "fp4", "fp8") if weight == "fp4" else Formats("bf16", "int4")
    if any(name in model for name in _BLOCKWISE) and weight == "fp8":
        return Formats("fp8_block", "fp8_block")
    eight = weight == "fp4" or "Llama-3.1-70B" in model or (weight == "fp8" and row["backend"] == "trtllm")
    return Formats(weight, expert, "fp8" if eight else "bf16")


def _number(row: Row, name: str) -> float:
    try:
        return float(row.get(name) or "nan")
    except ValueError:
        return math.nan


def _count(row: Row, name: str) -> int:
    value = _number(row, name)
    return int(min(value, _LARGEST)) if value >= 1 else 1
