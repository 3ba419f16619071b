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

_METHOD = "A name from 'perfwise methods', with parameters after a colon: NAME:KEY=VALUE,KEY=VALUE."

Requests: TypeAlias = Annotated[
    Path,
    typer.Option(
        help="The trace: arrived_at,prefill,decode; or one of Azure, Mooncake, BurstGPT, Vidur, APEX; also zipped."
    ),
]
TraceForm: TypeAlias = Annotated[
    str | None, typer.Option("--trace-format", help="Read the trace as this format. By default it is recognised.")
]
Speedup: TypeAlias = Annotated[float, typer.Option(help="Replay the trace this many times as fast.")]
Tables: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="NPZ", help="Step times from frozen tables, in place of --model and --device.")
]
ModelName: TypeAlias = Annotated[
    str | None, typer.Option("--model", metavar="NAME|CONFIG.JSON", help="A model of the catalog, or its config.json.")
]
DeviceName: TypeAlias = Annotated[
    str | None, typer.Option("--device", metavar="NAME", help="A GPU of the catalog, e.g. h100_sxm.")
]
TensorParallel: TypeAlias = Annotated[int, typer.Option("--tp", "--tensor-parallel", min=1, help="GPUs a layer.")]
PipelineParallel: TypeAlias = Annotated[
    int, typer.Option("--pp", "--pipeline-parallel", min=1, help="Pipeline stages.")
]
ExpertParallel: TypeAlias = Annotated[
    int, typer.Option("--ep", "--expert-parallel", min=1, help="Groups that the experts are dealt to.")
]
DataParallel: TypeAlias = Annotated[
    int, typer.Option("--dp", "--attention-data-parallel", min=1, help="Copies of the attention before the experts.")
]
WeightFormat: TypeAlias = Annotated[
    str, typer.Option("--weights", help="Number format of the weights: bf16, fp8, fp4.")
]
KvFormat: TypeAlias = Annotated[str, typer.Option("--kv-format", help="Number format of keys and values.")]
TimerName: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--timer", help="measured (operators measured on the GPU) or roofline. By default measured where there is any."
    ),
]
Calibration: TypeAlias = Annotated[
    Path | None, typer.Option(help="A file that 'perfwise serving calibrate' wrote, for step times and their band.")
]
MemoryName: TypeAlias = Annotated[str, typer.Option("--memory", help=f"Layout of keys and values. {_METHOD}")]
PreemptionName: TypeAlias = Annotated[str, typer.Option("--preemption", help=f"Who makes room. {_METHOD}")]
RetentionName: TypeAlias = Annotated[
    str, typer.Option("--retention", help=f"What stays for later prompts; lru_prefix shares prefixes. {_METHOD}")
]
BatchCap: TypeAlias = Annotated[int, typer.Option(min=1, help="The most requests that a replica works on at a time.")]
MaxBatchTokens: TypeAlias = Annotated[
    int | None, typer.Option(min=1, help="The most tokens in a step, for methods that have such a bound.")
]
Chunk: TypeAlias = Annotated[
    int | None, typer.Option(min=1, help="The most tokens in a step of a method that cuts prompts into chunks.")
]
Blocks: TypeAlias = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Blocks of keys and values on a replica. By default what fits beside the weights; with --tables 30,208, "
        "which is Llama-3-8B on one A100 with 80 GB.",
    ),
]
BlockSize: TypeAlias = Annotated[int, typer.Option(min=1, help="Tokens in a block.")]
Replicas: TypeAlias = Annotated[int, typer.Option(min=1, help="Equal copies of the model.")]
SloTtft: TypeAlias = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Longest time to first token for a request to count.")
]
SloTpot: TypeAlias = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Longest time per output token for a request to count.")
]
SloE2e: TypeAlias = Annotated[
    float | None, typer.Option(metavar="SECONDS", help="Longest time from arrival to completion.")
]
SloAttainment: TypeAlias = Annotated[
    float, typer.Option(min=0, max=1, help="The share of requests that must be in time, or the plan has failed.")
]
GpuHour: TypeAlias = Annotated[
    float | None, typer.Option("--gpu-hour-usd", min=0, help="Price of one GPU for an hour, to have dollars.")
]
Seed: TypeAlias = Annotated[int, typer.Option(help="What drawing methods start from.")]
