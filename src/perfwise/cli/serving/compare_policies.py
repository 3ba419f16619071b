"""`perfwise serving compare-policies`: the same traces under several rules."""

from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfwise.cli.options import JsonOption, StoreOption
from perfwise.cli.serving import options as o

if TYPE_CHECKING:
    from perfwise.cli.serving.deploying import Machines, Rules
    from perfwise.core.compare import Comparison
    from perfwise.core.json import Json
    from perfwise.core.outcome import Outcome
    from perfwise.core.store import Store
    from perfwise.serving.engine import Deployment, ServingTask

__all__ = ["compare_policies"]

_COSTS = ("latency_s", "gpu_s", "span_s", "price_usd", "energy_j")
_FAMILIES = ("batching", "dispatch", "memory", "preemption", "retention")


def compare_policies(  # noqa: PLR0913 - one parameter an option
    requests: Annotated[
        list[Path], typer.Option(metavar="FILE", help="A trace in any known format. Repeat it for several.")
    ],
    *,
    batching: Annotated[
        list[str] | None, typer.Option(metavar="METHOD", help="Who is in the next step. By default all methods.")
    ] = None,
    dispatch: Annotated[
        list[str] | None,
        typer.Option(metavar="METHOD", help="Which replica a request goes to. By default round_robin."),
    ] = None,
    memory: Annotated[
        list[str] | None, typer.Option(metavar="METHOD", help="How keys and values are laid out. By default paged.")
    ] = None,
    preemption: Annotated[
        list[str] | None, typer.Option(metavar="METHOD", help="Who makes room. By default recompute.")
    ] = None,
    retention: Annotated[
        list[str] | None, typer.Option(metavar="METHOD", help="What stays for later prompts. By default none.")
    ] = None,
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
    batch_cap: o.BatchCap = 128,
    blocks: o.Blocks = None,
    block_size: o.BlockSize = 16,
    replicas: o.Replicas = 1,
    slo_ttft: o.SloTtft = None,
    slo_tpot: o.SloTpot = None,
    slo_e2e: o.SloE2e = None,
    slo_attainment: o.SloAttainment = 0.0,
    gpu_hour_usd: o.GpuHour = None,
    speedup: o.Speedup = 1.0,
    trace_format: o.TraceForm = None,
    seed: o.Seed = 0,
    cost: Annotated[
        str,
        typer.Option(metavar="NAME", help="The cost that decides: latency_s, gpu_s, span_s, price_usd, energy_j."),
    ] = "latency_s",
    store: StoreOption = None,
    json: JsonOption = None,
) -> None:
    """Which rules serve these traces better: all combinations of the methods named, beside each other.

    METHOD is a name from 'perfwise methods' or, with parameters, NAME:KEY=VALUE,KEY=VALUE; repeat an option to compare
    its methods. Outcomes are kept in the store like those of any engine; the verdict is that of 'perfwise compare' on
    the two plans with the best quality and then the lowest cost.
    """
    from perfwise.cli.json_files import check_place, write_json
    from perfwise.cli.serving.deploying import Machines, Memory, deployment, load_with_notice, task
    from perfwise.cli.serving.places import check_places
    from perfwise.cli.terminal import errors
    from perfwise.core.store import open_store

    check_place(json or "-")
    check_places([Path(json)] if json not in (None, "-") else [], [*requests, tables, calibration])
    _check_cost(cost, has_price=gpu_hour_usd is not None, has_power=tables is None)
    machines = Machines(tables, model, device, tensor, pipeline, expert, data, weights, kv_format, timer, calibration)
    sizes = Memory(blocks, block_size, batch_cap, replicas)
    given = dict(zip(_FAMILIES, (batching, dispatch, memory, preemption, retention), strict=True))
    plans = [deployment(name, machines, sizes, rules, gpu_hour_usd) for name, rules in _rules(given).items()]
    slo = (slo_ttft, slo_tpot, slo_e2e)
    tasks = _told_apart([task(path, trace_format, speedup, slo, slo_attainment) for path in requests], requests)
    load_with_notice(lambda text: errors().print(text), plans)
    with open_store(store) as opened:
        run, outcomes = _run(opened, tasks, plans, seed)
    comparison = _best_two(outcomes, plans, cost)
    if json is not None:
        write_json({"run": run, "outcomes": [outcome.row() for outcome in outcomes]}, json)
    if json != "-":
        _print(tasks, outcomes, comparison, machines, run)
    if not any(outcome.succeeded for outcome in outcomes):
        raise typer.Exit(4)


def _print(
    tasks: "list[ServingTask]",
    outcomes: "list[Outcome]",
    comparison: "Comparison | None",
    machines: "Machines",
    run: int,
) -> None:
    from rich.text import Text

    from perfwise.cli.serving.render import print_caveats
    from perfwise.cli.serving.render_plans import print_plans
    from perfwise.cli.terminal import output, shown

    console = output()
    for each in tasks:
        console.print(Text(f"{shown(each.id)} ({len(each.trace):,} requests) served by {shown(machines.described)}"))
        print_plans([outcome for outcome in outcomes if outcome.task == each.id], console)
    print_caveats(_caveats(outcomes), console)
    if comparison is not None and any(outcome.succeeded for outcome in outcomes):
        console.print(Text(f"\n{shown(comparison.verdict)}", style="bold"))
    console.print(f"Kept as run {run}.", style="dim")


def _caveats(outcomes: "list[Outcome]") -> tuple[str, ...]:
    """Each once; what does not hold for all plans that served a trace is told with the names of the others."""
    served = [outcome for outcome in outcomes if outcome.detail.get("summary")]
    plans: dict[str, list[str]] = {}
    for outcome in served:
        for caveat in outcome.caveats:
            plans.setdefault(caveat, []).append(outcome.candidate_set)
    return tuple(
        caveat if len(names) == len(served) else f"{', '.join(dict.fromkeys(names))}: {caveat}"
        for caveat, names in plans.items()
    )


def _check_cost(name: str, *, has_price: bool, has_power: bool) -> None:
    """Asked before the work. Raises: InvalidOption for a cost that no plan has."""
    from perfwise.errors import InvalidOption

    if name not in _COSTS:
        raise InvalidOption(f"there is no cost {name!r}; there are {', '.join(_COSTS)}")
    if name == "price_usd" and not has_price:
        raise InvalidOption("--cost price_usd needs the price of a GPU: --gpu-hour-usd")
    if name == "energy_j" and not has_power:
        raise InvalidOption("--cost energy_j needs to know the GPU: --model and --device in place of --tables")


def _told_apart(tasks: "list[ServingTask]", paths: list[Path]) -> "list[ServingTask]":
    """Traces of one name get the names of their files with folders. Raises: InvalidOption for a file named twice."""
    from dataclasses import replace

    from perfwise.errors import InvalidOption

    ids = [each.id for each in tasks]
    names = [str(path) if ids.count(name) > 1 else name for name, path in zip(ids, paths, strict=True)]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise InvalidOption(f"--requests names {twice} twice; a trace counts once")
    return [replace(each, trace=replace(each.trace, id=name)) for each, name in zip(tasks, names, strict=True)]


def _rules(given: "dict[str, list[str] | None]") -> "dict[str, Rules]":
    """Every combination of the methods, named by what differs."""
    from perfwise.cli.serving.deploying import Rules
    from perfwise.core.family import Family

    defaults = {
        "batching": Family("perfwise.serving.batching").names(),
        "dispatch": ["round_robin"],
        "memory": ["paged"],
        "preemption": ["recompute"],
        "retention": ["none"],
    }
    choices = {family: list(dict.fromkeys(given[family] or defaults[family])) for family in _FAMILIES}
    varied = [family for family in _FAMILIES if len(choices[family]) > 1] or ["batching"]
    plans: dict[str, Rules] = {}
    for combination in product(*choices.values()):
        named = dict(zip(_FAMILIES, combination, strict=True))
        plans[" + ".join(named[family] for family in varied)] = Rules(
            named["batching"], named["memory"], named["preemption"], named["retention"], named["dispatch"]
        )
    return plans


def _run(
    store: "Store", tasks: "list[ServingTask]", plans: "list[Deployment]", seed: int
) -> "tuple[int, list[Outcome]]":
    """All plans on all traces, kept; number of the run and its outcomes."""
    from datetime import UTC, datetime

    from perfwise.cli.progress import progress_bar
    from perfwise.core.study import Study
    from perfwise.serving.engine import ServingEngine

    engine = ServingEngine()
    spec: dict[str, Json] = {
        "traces": [task.id for task in tasks],
        "plans": [plan.describe() for plan in plans],
        "seed": seed,
    }
    now = datetime.now(UTC).isoformat(timespec="seconds")
    run = store.begin("serving", spec, now, len(tasks) * len(plans))
    with progress_bar("plans") as progress:
        outcomes = list(
            Study.product(tasks, plans, engine, (seed,), log=store.log(run)).run(ordered=True, progress=progress)
        )
    store.finish(run)
    return run.id, outcomes


def _best_two(outcomes: "list[Outcome]", plans: "list[Deployment]", cost: str) -> "Comparison | None":
    """The two plans with the best quality, then the lowest cost, in pairs over the traces."""
    from statistics import fmean

    from perfwise.core.compare import Side, compare

    sides = [
        Side(plan.candidate_set, [one for one in outcomes if one.candidate_set == plan.candidate_set]) for plan in plans
    ]
    if len(sides) < 2:
        return None
    ranked = sorted(
        sides,
        key=lambda side: (
            -fmean(one.quality or 0.0 for one in side.outcomes),
            fmean(one.cost.get(cost, float("inf")) for one in side.outcomes),
        ),
    )
    return compare(ranked[1], ranked[0], cost=cost)
