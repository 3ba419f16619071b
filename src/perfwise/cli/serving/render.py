"""What a serving run amounts to, as a table; and several beside each other."""

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from perfwise.cli.terminal import shown
from perfwise.core.json import Json
from perfwise.core.outcome import Outcome

__all__ = ["print_outcome", "print_plans"]

_LATENCIES = (
    ("TTFT", "ttft_s", "time to first token"),
    ("TPOT", "tpot_as_asked_s", "time per output token"),
    ("TBT", "tbt_s", "time between tokens"),
    ("E2E", "e2e_s", "arrival to completion"),
    ("delay", "scheduling_delay_s", "arrival to first step"),
)


def print_outcome(outcome: Outcome, console: Console) -> None:
    """Latencies, what was done, what it cost, caveats."""
    if outcome.failure is not None and "summary" not in outcome.detail:
        console.print(f"{shown(outcome.candidate_set)} cannot serve the trace: {shown(str(outcome.failure))}")
        return
    numbers = _summary(outcome)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=shown(outcome.task), title_justify="left", title_style="")
    for name in ("", "mean", "p50", "p90", "p99", "max"):
        table.add_column(name, justify="left" if not name else "right")
    table.add_column("", style="dim")
    for short, key, text in _LATENCIES:
        values = numbers.get(key)
        if isinstance(values, Mapping):
            table.add_row(short, *(_time(values[name]) for name in ("mean", "p50", "p90", "p99", "max")), text)
    console.print(table)
    for name, value in _facts(outcome, numbers).items():
        console.print(f"{name:<12}{value}", soft_wrap=True)
    for caveat in outcome.caveats:
        console.print(Text("caveat: ", style="yellow").append(shown(caveat), style="default"), soft_wrap=True)
    if outcome.failure is not None:
        console.print(Text(f"\nfailed: {shown(outcome.failure.message)}", style="bold"), soft_wrap=True)


def print_plans(outcomes: Sequence[Outcome], console: Console) -> None:
    """One row a plan, in the order given."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("plan", overflow="fold", min_width=10)
    for name in ("in time", "TTFT p50", "p99", "TPOT p50", "p99", "E2E p50"):
        table.add_column(name, justify="right", no_wrap=True)
    evicting = any(_part(_summary(outcome), "replicas").get("preemptions") for outcome in outcomes)
    if evicting:
        table.add_column("evicted", justify="right", no_wrap=True)
    caching = any(_part(_summary(outcome), "prefix_cache").get("hit_tokens") for outcome in outcomes)
    if caching:
        table.add_column("hits", justify="right", no_wrap=True)
    table.add_column("GPU s", justify="right", no_wrap=True)
    priced = any("price_usd" in outcome.cost for outcome in outcomes)
    if priced:
        table.add_column("USD", justify="right", no_wrap=True)
    for outcome in outcomes:
        plan = Text(shown(outcome.candidate_set))
        if "summary" not in outcome.detail:
            table.add_row(plan, f"cannot serve it: {outcome.failure.kind if outcome.failure else ''}")
            continue
        table.add_row(
            plan, *_plan_row(outcome, evicting=evicting, caching=caching), *([_money(outcome)] if priced else [])
        )
    console.print(table)


def _plan_row(outcome: Outcome, *, evicting: bool, caching: bool) -> list[str]:
    numbers = _summary(outcome)
    replicas, hits = _part(numbers, "replicas"), _part(numbers, "prefix_cache")
    goodput = numbers.get("goodput")
    cells = [f"{outcome.quality:.1%}" if isinstance(goodput, Mapping) else "-"]
    for key in ("ttft_s", "tpot_as_asked_s"):
        cells += [_time(_part(numbers, key).get(name)) for name in ("p50", "p99")]
    cells.append(_time(_part(numbers, "e2e_s").get("p50")))
    if evicting:
        cells.append(str(replicas.get("preemptions", "-")))
    if caching:
        cells.append(_percent(hits.get("hit_share")))
    return [*cells, _number(outcome.cost.get("gpu_s"))]


def _facts(outcome: Outcome, numbers: Mapping[str, Json]) -> dict[str, str]:
    replicas, goodput, throughput = (_part(numbers, name) for name in ("replicas", "goodput", "throughput"))
    facts = {"served": f"{numbers['completed']:,} of {numbers['requests']:,} requests in {_time(numbers['end_s'])}"}
    facts["throughput"] = (
        f"{_number(throughput.get('requests_per_s'))} requests/s, "
        f"{_number(throughput.get('output_tokens_per_s'))} output tokens/s"
    )
    if goodput:
        facts["in time"] = f"{outcome.quality:.1%}, {_number(goodput.get('requests_per_s'))} requests/s"
    facts["replicas"] = (
        f"{replicas.get('count')} busy {_percent(replicas.get('utilisation'))} of the time, at most "
        f"{_percent(replicas.get('kv_peak_share'))} of the memory in use, {replicas.get('preemptions')} preemptions"
    )
    hits = _part(numbers, "prefix_cache")
    if hits.get("hit_tokens"):
        facts["cache hits"] = f"{_percent(hits.get('hit_share'))} of the prompt tokens"
    fairness = _part(numbers, "fairness").get("jain_requests")
    facts["fairness"] = f"{_number(fairness)} (Jain's index of slowdowns; 1 is equal)"
    cost = outcome.cost
    told = [f"{_number(cost['gpu_s'])} GPU s"]
    if "price_usd" in cost:
        told.append(f"{cost['price_usd']:.4g} USD")
    if "energy_j" in cost:
        told.append(f"{_number(cost['energy_j'] / 3.6e6)} kWh")
    facts["cost"] = ", ".join(told)
    return facts


def _summary(outcome: Outcome) -> Mapping[str, Json]:
    return _part(outcome.detail, "summary")


def _part(numbers: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    part = numbers.get(name)
    return part if isinstance(part, Mapping) else {}


def _time(value: Json) -> str:
    if not isinstance(value, int | float):
        return "-"
    if value < 1:
        return f"{1000 * value:.3g} ms"
    return f"{value:.3g} s" if value < 1000 else f"{value:,.0f} s"


def _number(value: Json) -> str:
    if not isinstance(value, int | float):
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _percent(value: Json) -> str:
    return f"{value:.1%}" if isinstance(value, int | float) else "-"


def _money(outcome: Outcome) -> str:
    return f"{outcome.cost['price_usd']:.4g}" if "price_usd" in outcome.cost else "-"
