"""One served trace as a table of latencies, what was done, what it cost, and every doubt."""

from collections.abc import Iterator, Mapping

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from perfwise.cli.serving.amounts import digits, percent, time
from perfwise.cli.terminal import shown
from perfwise.core.json import Json
from perfwise.core.outcome import Outcome

__all__ = ["part", "print_caveats", "print_facts", "print_outcome", "summary_of"]

_LATENCIES = (
    ("TTFT", "ttft_s", "to first token"),
    ("TPOT", "tpot_as_asked_s", "per output token"),
    ("TBT", "tbt_s", "between tokens"),
    ("E2E", "e2e_s", "to completion"),
    ("delay", "scheduling_delay_s", "to first step"),
)
_STATISTICS = ("mean", "p50", "p90", "p99", "max")


def print_outcome(outcome: Outcome, what_serves: str, console: Console) -> None:
    """Latencies, what was done, what it cost, caveats.

    Args:
        outcome: of a trace that was served.
        what_serves: model, GPUs and rules, for people.
        console: where to.
    """
    numbers = summary_of(outcome)
    console.print(Text(f"{shown(outcome.task)} served by {shown(what_serves)}"))
    console.print(_latencies(numbers))
    print_facts(dict(_facts(outcome, numbers)), console)
    print_caveats(outcome.caveats, console)
    if outcome.failure is not None:
        console.print(Text(f"\nfailed: {shown(outcome.failure.message)}", style="bold"))


def print_facts(facts: Mapping[str, str], console: Console) -> None:
    """A name and its value a line; long values go on below themselves."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column()
    for name, value in facts.items():
        table.add_row(Text(name), Text(shown(value)))
    console.print(table)


def print_caveats(caveats: tuple[str, ...], console: Console) -> None:
    """A line each."""
    for caveat in caveats:
        console.print(Text("caveat: ", style="yellow").append(shown(caveat), style="default"))


def summary_of(outcome: Outcome) -> Mapping[str, Json]:
    """The numbers of the run; nothing where it did not serve the trace."""
    return part(outcome.detail, "summary")


def part(numbers: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    """What lies below a name; nothing where that is not known."""
    found = numbers.get(name)
    return found if isinstance(found, Mapping) else {}


def _latencies(numbers: Mapping[str, Json]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("")
    for name in _STATISTICS:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", style="dim")
    for short, key, text in _LATENCIES:
        if values := part(numbers, key):
            table.add_row(short, *(time(values[name]) for name in _STATISTICS), text)
    return table


def _facts(outcome: Outcome, numbers: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    replicas, goodput, throughput = (part(numbers, name) for name in ("replicas", "goodput", "throughput"))
    yield "served", f"{numbers['completed']:,} of {numbers['requests']:,} requests in {time(numbers['end_s'])}"
    tokens_per_s = digits(throughput.get("output_tokens_per_s"))
    yield "throughput", f"{digits(throughput.get('requests_per_s'))} requests/s, {tokens_per_s} output tokens/s"
    if goodput:
        yield "in time", f"{percent(outcome.quality)}, {digits(goodput.get('requests_per_s'))} requests/s"
    count = replicas.get("count")
    yield "replicas", f"{count}, busy {percent(replicas.get('utilisation'))} of the time"
    yield "memory", _memory(part(part(outcome.detail, "deployment"), "cluster"), replicas)
    hits = part(numbers, "prefix_cache")
    if hits.get("hit_tokens"):
        yield "cache hits", f"{percent(hits.get('hit_share'))} of the prompt tokens"
    fairness = digits(part(numbers, "fairness").get("jain_requests"))
    yield "fairness", f"{fairness} (Jain's index of slowdowns; 1 is equal)"
    yield "cost", _cost(outcome)


def _memory(cluster: Mapping[str, Json], replicas: Mapping[str, Json]) -> str:
    blocks = f"{digits(cluster.get('blocks'))} blocks of {cluster.get('block_tokens')} tokens a replica"
    evicted = replicas.get("preemptions")
    return f"{blocks}, at most {percent(replicas.get('kv_peak_share'))} in use; {evicted} preemptions"


def _cost(outcome: Outcome) -> str:
    told = [f"{digits(outcome.cost['gpu_s'])} GPU s"]
    if "price_usd" in outcome.cost:
        told.append(f"{digits(outcome.cost['price_usd'])} USD")
    if "energy_j" in outcome.cost:
        told.append(f"{digits(outcome.cost['energy_j'] / 3.6e6)} kWh")
    return ", ".join(told)
