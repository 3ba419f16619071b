"""`perfwise serving calibrate`: step times that agree with a system that was measured."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfwise.cli.serving import options as o

if TYPE_CHECKING:
    from rich.console import Console

    from perfwise.cli.serving.deploying import Machines, Memory, Rules
    from perfwise.serving.calibration import Calibration, Errors
    from perfwise.serving.observation import Measurements
    from perfwise.serving.replay import System

__all__ = ["calibrate_timer"]


def calibrate_timer(  # noqa: PLR0913 - one parameter an option
    measurements: Annotated[
        list[Path],
        typer.Option(
            metavar="FILE",
            help="What was measured: results of vLLM's benchmark, GuideLLM, AIPerf or GenAI-Perf, or a CSV of "
            "requests, steady loads, logs or single steps. Repeat it for several files.",
        ),
    ],
    *,
    model: o.ModelName = None,
    device: o.DeviceName = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Write what '--calibration' of the other commands reads.")],
    tensor: o.TensorParallel = 1,
    pipeline: o.PipelineParallel = 1,
    expert: o.ExpertParallel = 1,
    data: o.DataParallel = 1,
    weights: o.WeightFormat = "bf16",
    kv_format: o.KvFormat = "bf16",
    timer: o.TimerName = None,
    batching: Annotated[
        str,
        typer.Option(
            metavar="METHOD",
            help="Who was in the next step of the measured system: vllm, sarathi, splitfuse, inflight, orca, static.",
        ),
    ] = "sarathi",
    batch_cap: o.BatchCap = 128,
    max_batch_tokens: o.MaxBatchTokens = None,
    chunk: o.Chunk = None,
    blocks: o.Blocks = None,
    block_size: o.BlockSize = 16,
    replicas: o.Replicas = 1,
    memory: o.MemoryName = "paged",
    preemption: o.PreemptionName = "recompute",
    retention: o.RetentionName = "none",
    engine: Annotated[
        str, typer.Option(metavar="TEXT", help="The measured engine and its version, for the reader.")
    ] = "",
    measurement_format: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Read the measurements as this format. By default it is recognised."),
    ] = None,
) -> None:
    """Fit step times to measurements, and say how far off they were before and are now.

    Loads are replayed by the simulator, so batching, memory and replicas should be as the measured system had them; a
    CSV may say otherwise for single rows. Errors on 'left out' measurements are those of a fit to the others; from
    them comes the band that every later prediction carries. 'perfwise methods --family measurements' tells the formats
    and the columns of each CSV.
    """
    from perfwise.cli.serving.deploying import Machines, Memory, Rules, deployment, load_with_notice
    from perfwise.cli.serving.places import check_places
    from perfwise.cli.terminal import errors, output
    from perfwise.errors import InvalidOption
    from perfwise.serving.measuring import read_measurements

    check_places([out], measurements)
    if not model or not device:
        raise InvalidOption("what was measured? Name --model and --device; step-time tables cannot be calibrated")
    machines = Machines(None, model, device, tensor, pipeline, expert, data, weights, kv_format, timer)
    rules = Rules(batching, memory, preemption, retention, "round_robin", max_batch_tokens, chunk)
    found = read_measurements(measurements, measurement_format)
    sizes = Memory(blocks, block_size, batch_cap, replicas)
    load_with_notice(lambda text: errors().print(text), [deployment("measured", machines, sizes, rules)])
    with errors().status("fitting"):
        calibration = _calibrated(found, machines, sizes, rules, engine)
    calibration.save(out)
    _print(calibration, output())


def _calibrated(
    found: "Measurements", machines: "Machines", memory: "Memory", rules: "Rules", engine: str
) -> "Calibration":
    from perfwise.serving.calibrating import calibrate
    from perfwise.serving.calibrating_steps import calibrate_steps

    about = {"engine": engine, "source": found.source, "notes": found.notes}
    if found.steps is not None:
        return calibrate_steps(found.steps, _system(machines, memory, rules), **about)  # type: ignore[arg-type]
    systems: dict[tuple[tuple[str, str], ...], System] = {}
    for each in found.observations:
        key = tuple(sorted(each.settings.items()))
        if key not in systems:
            systems[key] = _system(*_settled(machines, memory, rules, each.settings))
    served = [systems[tuple(sorted(each.settings.items()))] for each in found.observations]
    return calibrate(found.observations, served, **about)  # type: ignore[arg-type]


def _settled(
    machines: "Machines", memory: "Memory", rules: "Rules", settings: Mapping[str, str]
) -> "tuple[Machines, Memory, Rules]":
    """The command's own, but for what a row says of its system. Raises: InvalidOption for what is no number."""
    from perfwise.errors import InvalidOption

    numbers = {name: settings[name] for name in ("tensor", "blocks") if name in settings}
    for name, text in numbers.items():
        if not text.isdecimal() or int(text) < 1:
            raise InvalidOption(
                f"the column {name} of the measurements takes a whole number of at least 1, not {text!r}"
            )
    return (
        replace(machines, tensor=int(numbers.get("tensor", machines.tensor))),
        replace(memory, blocks=int(numbers["blocks"]) if "blocks" in numbers else memory.blocks),
        replace(rules, batching=settings.get("batching", rules.batching)),
    )


def _system(machines: "Machines", memory: "Memory", rules: "Rules") -> "System":
    from perfwise.catalog.devices import Device
    from perfwise.cli.serving.deploying import deployment
    from perfwise.serving.arithmetic import Formats, Plan
    from perfwise.serving.calibration import curves_of
    from perfwise.serving.planning import Hardware, model_named
    from perfwise.serving.replay import System

    assert machines.model is not None
    assert machines.device is not None
    served = deployment("measured", machines, memory, rules)
    plan = Plan(machines.tensor, machines.pipeline, machines.data, machines.expert)
    formats = Formats(machines.weights, kv=machines.kv_format)
    hardware = Hardware(model_named(machines.model), Device.named(machines.device), plan, formats)
    return System(curves_of(served.timer), served.cluster, served.policies, hardware.setting)


def _print(calibration: "Calibration", console: "Console") -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from perfwise.cli.terminal import shown

    console.print("median error (90th percentile)")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("", "points", "before", "fitted to them", "left out"):
        table.add_column(name, justify="left" if not name else "right", no_wrap=True)
    for name, phase in (("TTFT, prompts", "ttft"), ("TPOT, decodes", "tpot")):
        points = getattr(calibration.before, phase)
        errors = (calibration.before, calibration.after, calibration.held_out)
        table.add_row(name, str(points.points) if points else "0", *(_error(each, phase) for each in errors))
    console.print(table)
    for line in _lines(calibration):
        console.print(Text(shown(line)))


def _lines(calibration: "Calibration") -> Iterator[str]:
    """What was changed, the band, what is covered, notes."""
    yield f"changed: {_knobs(calibration)}"
    band = calibration.band
    if band is not None:
        yield (
            f"band: in 8 cases of 10 a measured TTFT is {band.ttft_low:.2f} to {band.ttft_high:.2f} times the "
            f"predicted one, a TPOT {band.tpot_low:.2f} to {band.tpot_high:.2f} times"
        )
    hull = calibration.hull
    yield (
        f"covers steps of at most {hull.running[1]:,.0f} sequences and {hull.tokens[1]:,.0f} tokens; beyond, "
        "predictions say that they are extrapolated"
    )
    yield from (f"note: {note}" for note in calibration.notes)


def _error(errors: "Errors | None", phase: str) -> str:
    from perfwise.cli.serving.amounts import percent

    found = getattr(errors, phase) if errors is not None else None
    return f"{percent(found.median)} ({percent(found.p90)})" if found else "-"


def _knobs(calibration: "Calibration") -> str:
    from dataclasses import asdict

    told = []
    for name, value in asdict(calibration.knobs).items():
        if name.endswith("_s") and value is not None:
            told.append(f"{name.removesuffix('_s')} {1000 * value:.3g} ms")
        elif not name.endswith("_s") and (shown := f"{value:.3g}") != "1":  # a fit ends close to 1, not on it
            told.append(f"{name.replace('_', ' ')} x {shown}")
    return ", ".join(told) or "nothing"
