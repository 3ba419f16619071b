"""Options that the serving commands have in common."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

__all__ = [
    "BatchCap",
    "BlockSize",
    "Blocks",
    "Calibration",
    "Chunk",
    "DataParallel",
    "DeviceName",
    "ExpertParallel",
    "GpuHour",
    "KvFormat",
    "MaxBatchTokens",
    "MemoryName",
    "ModelName",
    "PipelineParallel",
    "PreemptionName",
    "Replicas",
    "Requests",
    "RetentionName",
    "Seed",
    "SloAttainment",
    "SloE2e",
    "SloTpot",
    "SloTtft",
    "Speedup",
    "Tables",
    "TensorParallel",
    "TimerName",
    "TraceForm",
    "WeightFormat",
]

_METHOD = "METHOD"
"""A method by name, or with parameters."""

Requests: TypeAlias = Annotated[
    Path,
    typer.Option(
        metavar="FILE",
        help="The trace: a CSV of arrived_at,prefill,decode (seconds, tokens), or one of Azure, Mooncake, BurstGPT, "
        "Vidur, APEX; also .gz.",
    ),
]
TraceForm: TypeAlias = Annotated[
    str | None,
    typer.Option("--trace-format", metavar="NAME", help="Read the trace as this format. By default it is recognised."),
]
Speedup: TypeAlias = Annotated[float, typer.Option(metavar="FACTOR", help="Replay the trace this many times as fast.")]
Tables: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="NPZ", help="Step times from frozen tables, in place of --model and --device.")
]
ModelName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--model", metavar="NAME|FILE", help="A model of the catalog (a wrong name lists them), or its config.json."
    ),
]
DeviceName: TypeAlias = Annotated[
    str | None,
    typer.Option("--device", metavar="NAME", help="A GPU of the catalog, e.g. h100_sxm; a wrong name lists them."),
]
TensorParallel: TypeAlias = Annotated[
    int, typer.Option("--tp", "--tensor-parallel", metavar="N", min=1, help="GPUs that share each layer.")
]
PipelineParallel: TypeAlias = Annotated[
    int, typer.Option("--pp", "--pipeline-parallel", metavar="N", min=1, help="Pipeline stages.")
]
ExpertParallel: TypeAlias = Annotated[
    int,
    typer.Option("--ep", "--expert-parallel", metavar="N", min=1, help="Groups that the experts are dealt to."),
]
DataParallel: TypeAlias = Annotated[
    int,
    typer.Option(
        "--dp", "--attention-data-parallel", metavar="N", min=1, help="Copies of the attention before the experts."
    ),
]
WeightFormat: TypeAlias = Annotated[
    str, typer.Option("--weights", metavar="FORMAT", help="Numbers of the weights, e.g. bf16, fp8, fp4.")
]
KvFormat: TypeAlias = Annotated[
    str, typer.Option("--kv-format", metavar="FORMAT", help="Numbers of the keys and values.")
]
TimerName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--timer",
        metavar="NAME|FOLDER",
        help="measured (fits to operators measured on the GPU), roofline (its datasheet), or a folder of measured "
        "operators as aiconfigurator has one for each GPU. By default measured where there is any.",
    ),
]
Calibration: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="What 'perfwise serving calibrate' wrote: step times fitted to measurements, and a band."
    ),
]
MemoryName: TypeAlias = Annotated[
    str, typer.Option("--memory", metavar=_METHOD, help="How keys and values are laid out: paged, reserved.")
]
PreemptionName: TypeAlias = Annotated[
    str,
    typer.Option("--preemption", metavar=_METHOD, help="Who makes room, and at what price: recompute, swap."),
]
RetentionName: TypeAlias = Annotated[
    str,
    typer.Option(
        "--retention", metavar=_METHOD, help="What stays for later prompts: none, lru_prefix (a prefix cache)."
    ),
]
BatchCap: TypeAlias = Annotated[
    int, typer.Option(metavar="N", min=1, help="The most requests that a replica works on at a time.")
]
MaxBatchTokens: TypeAlias = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="The most tokens in a step, for methods that have such a bound."),
]
Chunk: TypeAlias = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="The most tokens in a step of a method that cuts prompts into chunks."),
]
Blocks: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        help="Blocks of keys and values on a replica. By default what fits beside the weights; with --tables 30,208, "
        "which is Llama-3-8B on one A100 with 80 GB.",
    ),
]
BlockSize: TypeAlias = Annotated[int, typer.Option(metavar="TOKENS", min=1, help="Tokens in a block.")]
Replicas: TypeAlias = Annotated[int, typer.Option(metavar="N", min=1, help="Equal copies of the model.")]
SloTtft: TypeAlias = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="A request is in time only if its first token is.")
]
SloTpot: TypeAlias = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Likewise the mean time of each further token.")
]
SloE2e: TypeAlias = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Likewise the time from arrival to completion.")
]
SloAttainment: TypeAlias = Annotated[
    float,
    typer.Option(metavar="SHARE", min=0, max=1, help="Requests that must be in time, or the plan has failed."),
]
GpuHour: TypeAlias = Annotated[
    float | None,
    typer.Option("--gpu-hour-usd", metavar="USD", min=0, help="Price of one GPU for an hour, to have dollars."),
]
Seed: TypeAlias = Annotated[int, typer.Option(metavar="N", help="What methods that draw start from.")]
