"""`perfwise serving simulate`: serve a trace by one deployment."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfwise.cli.options import JsonOption
from perfwise.cli.serving import options as o

if TYPE_CHECKING:
    from perfwise.core.json import Json
    from perfwise.core.outcome import Outcome
    from perfwise.serving.engine import Deployment, ServingTask
    from perfwise.serving.simulator import Simulation

__all__ = ["simulate_trace"]


def simulate_trace(  # noqa: PLR0913 - one parameter an option
    requests: o.Requests,
    *,
    tables: o.Tables = None,
    model: o.ModelName = None,
    device: o.DeviceName = None,
    tensor: o.TensorParallel = 1,
    pipeline: o.PipelineParallel = 1,
    expert: o.ExpertParallel = 1,
    data: o.DataParallel = 1,
    weights: o.WeightFormat = "bf16",
    kv_format: o.KvFormat = "bf16",
    timer: o.TimerName = None,
    calibration: o.Calibration = None,
    batching: Annotated[
        str,
        typer.Option(
            metavar="METHOD", help="Who is in the next step: vllm, sarathi, splitfuse, inflight, orca, static."
        ),
    ] = "sarathi",
    batch_cap: o.BatchCap = 128,
    max_batch_tokens: o.MaxBatchTokens = None,
    chunk: o.Chunk = None,
    blocks: o.Blocks = None,
    block_size: o.BlockSize = 16,
    replicas: o.Replicas = 1,
    dispatch: Annotated[
        str,
        typer.Option(
            metavar="METHOD", help="Which replica a request goes to: round_robin, least_loaded, power_of_two."
        ),
    ] = "round_robin",
    memory: o.MemoryName = "paged",
    preemption: o.PreemptionName = "recompute",
    retention: o.RetentionName = "none",
    slo_ttft: o.SloTtft = None,
    slo_tpot: o.SloTpot = None,
    slo_e2e: o.SloE2e = None,
    slo_attainment: o.SloAttainment = 0.0,
    gpu_hour_usd: o.GpuHour = None,
    speedup: o.Speedup = 1.0,
    trace_format: o.TraceForm = None,
    seed: o.Seed = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write what became of each request, in seconds: Parquet if so named, else CSV; also .gz.",
        ),
    ] = None,
    timeline: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a timeline that opens in Perfetto (ui.perfetto.dev) or Chrome."),
    ] = None,
    plots: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Draw latencies and the use of memory over time, as SVG.")
    ] = None,
    json: JsonOption = None,
) -> None:
    """Serve a trace in simulation: latencies, goodput, preemptions, GPU seconds.

    The same trace and plan give the same numbers on every machine. Times come from tables of measurements or from a
    roofline, and every result says which, and how far it was from measured systems.

    METHOD is a name from 'perfwise methods' or, with parameters, NAME:KEY=VALUE,KEY=VALUE. Exit codes: 0 ok, 2 usage
    or bad input, 4 fewer requests in time than --slo-attainment asks for.
    """
    from perfwise.cli.json_files import check_place
    from perfwise.cli.serving.deploying import (
        Machines,
        Memory,
        Rules,
        deployment,
        load_with_notice,
        task,
        unused_bounds,
    )
    from perfwise.cli.serving.places import check_places
    from perfwise.cli.serving.render import print_outcome
    from perfwise.cli.terminal import errors, output
    from perfwise.serving.engine import ServingEngine, outcome_of
    from perfwise.serving.simulator import Recording

    check_place(json or "-")
    document = Path(json) if json not in (None, "-") else None
    check_places((out, timeline, document), (requests, tables, calibration), plots)
    machines = Machines(tables, model, device, tensor, pipeline, expert, data, weights, kv_format, timer, calibration)
    served = task(requests, trace_format, speedup, (slo_ttft, slo_tpot, slo_e2e), slo_attainment)
    rules = Rules(batching, memory, preemption, retention, dispatch, max_batch_tokens, chunk)
    plan = deployment(
        batching.partition(":")[0], machines, Memory(blocks, block_size, batch_cap, replicas), rules, gpu_hour_usd
    )
    for note in unused_bounds(rules):
        errors().print(f"note: {note}")
    load_with_notice(lambda text: errors().print(text), [plan])
    engine = ServingEngine()
    with errors().status(f"serving {len(served.trace):,} requests"):
        simulation = engine.simulate(served, plan, seed, Recording(slices=50_000 if timeline else 0))
    outcome = outcome_of(engine, served, plan, seed, simulation)
    _write(out, timeline, plots, served, plan, simulation)
    if json is not None:
        from perfwise.cli.json_files import write_json

        write_json(_document(outcome, simulation), json)
    if json != "-":
        print_outcome(outcome, f"{machines.described}: {rules.described}", output())
    if outcome.failure is not None:
        raise typer.Exit(4)


def _document(outcome: "Outcome", simulation: "Simulation") -> "dict[str, Json]":
    row = outcome.row()
    return {
        "iterations": simulation.iterations,
        "restarts": simulation.restarts,
        "loop_cpu_s": simulation.loop_cpu_s,
        "metrics": outcome.detail["summary"],
        "outcome": {key: value for key, value in row.items() if key != "detail"},
        "deployment": outcome.detail["deployment"],
        "extrapolated_steps": outcome.detail["extrapolated_steps"],
    }


def _write(
    out: Path | None,
    timeline: Path | None,
    plots: Path | None,
    task: "ServingTask",
    plan: "Deployment",
    simulation: "Simulation",
) -> None:
    from perfwise.serving.served import Served

    served = Served(task.trace, simulation.requests, simulation.samples, simulation.slices)
    if out is not None:
        from perfwise.serving.exports.parquet import Parquet
        from perfwise.serving.exports.request_csv import RequestCsv

        (Parquet() if out.suffix == ".parquet" else RequestCsv()).write(out, served)
    if timeline is not None:
        from perfwise.serving.exports.perfetto import Perfetto

        Perfetto().write(timeline, served)
    if plots is not None:
        from perfwise.serving import plots as draw

        draw.latency_cdf({plan.candidate_set: served}, plots / "latencies.svg")
        draw.kv_memory(simulation.samples, plan.cluster.blocks * plan.cluster.replicas, plots / "kv-memory.svg")
