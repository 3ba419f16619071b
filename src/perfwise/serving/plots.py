"""Pictures of traces and of runs, as SVG, PNG or PDF by the name of the file. Needs matplotlib, the extra `plots`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from perfwise.errors import InvalidOption, MissingExtra
from perfwise.kit.wholefiles import replacing
from perfwise.serving.latencies import latencies
from perfwise.serving.served import Served
from perfwise.serving.trace import Floats, Trace, Wholes
from perfwise.serving.trace_summary import reused_tokens

__all__ = [
    "arrivals_over_time",
    "kv_memory",
    "latency_cdf",
    "latency_throughput",
    "length_distribution",
    "prefix_sharing",
]

Axes: TypeAlias = Any  # matplotlib is an extra, so its types are not known here

# Okabe and Ito's colours, told apart by colour-blind readers; every line also has its own dashes or marker.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 3)), (0, (1, 3)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_STYLE: dict[Any, Any] = {
    "figure.figsize": (7.0, 4.0),
    "figure.constrained_layout.use": True,
    "font.size": 10.0,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#d9d9d9",
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "savefig.dpi": 150,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "perfwise",  # the same picture has the same bytes
}
_BINS = 120


def latency_throughput(
    curves: Mapping[str, Sequence[tuple[float, float]]],
    path: Path,
    *,
    latency: str = "TTFT p99",
    throughput: str = "requests/s",
    slo_s: float | None = None,
) -> None:
    """Latency over throughput, a curve for each policy or plan; points in the order of the load.

    Args:
        curves: by name, (throughput, latency in seconds) at each load.
        path: of the file.
        latency: what the latency is, for the axis.
        throughput: what the throughput is.
        slo_s: an objective, drawn as a line.
    Raises: InvalidOption if there is no point; MissingExtra without matplotlib.
    """
    if not any(len(points) for points in curves.values()):
        raise InvalidOption("a latency-throughput curve needs at least one point")
    with _axes(path) as axes:
        signs = cycle(zip(_COLOURS, _DASHES, _MARKERS, strict=True))
        for (name, points), (colour, dashes, marker) in zip(curves.items(), signs, strict=False):
            across, up = np.array(points, np.float64).reshape(-1, 2).T
            axes.plot(across, up, color=colour, linestyle=dashes, marker=marker, markersize=5, label=name)
        if slo_s is not None:
            axes.axhline(slo_s, color="#555555", linewidth=1.0, linestyle=(0, (2, 2)))
            note = {"xytext": (4, 3), "textcoords": "offset points", "color": "#555555"}
            axes.annotate(f"objective {slo_s:g} s", (0, slo_s), xycoords=axes.get_yaxis_transform(), **note)
        axes.set(xlabel=f"throughput, {throughput}", ylabel=f"{latency}, s")
        axes.set_xlim(left=0)
        _logarithmic(axes, "y")
        axes.legend(loc="upper left")


def kv_memory(samples: Floats, total_blocks: int, path: Path) -> None:
    """Blocks of keys and values in use over time, in percent of a replica's, with its waiting requests below.

    One replica is a line; of several the median is, with the range of all around it.

    Args:
        samples: as in `Served`.
        total_blocks: of a replica.
        path: of the file.
    Raises: InvalidOption if nothing was sampled; MissingExtra without matplotlib.
    """
    if not len(samples):
        raise InvalidOption("this run recorded no samples; record some to see its memory")
    with _axes(path, rows=2, figsize=(7.0, 5.0), sharex=True, height_ratios=(2, 1)) as (above, below):
        times_s, used = _over_replicas(samples, 4)
        _band(above, times_s, 100 * used / total_blocks, 0)
        _band(below, times_s, _over_replicas(samples, 3)[1], 1)
        above.set(ylabel="KV blocks in use, %", ylim=(0, 105))
        below.set(xlabel="time, s", ylabel="waiting requests")
        below.set_ylim(bottom=0)
        if used.shape[0] > 1:
            above.legend()


def latency_cdf(served: Mapping[str, Served], path: Path) -> None:
    """Share of requests with at most this TTFT (left) and TPOT as asked for (right), a line for each run.

    Raises: InvalidOption if no request has completed; MissingExtra without matplotlib.
    """
    found = {name: latencies(run.requests, run.trace.output) for name, run in served.items()}
    if not any(np.isfinite(each.ttft_s).any() for each in found.values()):
        raise InvalidOption("no request has completed, so there are no latencies to show")
    with _axes(path, columns=2, figsize=(9.0, 4.0), sharey=True) as (left, right):
        _cdf(left, {name: each.ttft_s for name, each in found.items()})
        _cdf(right, {name: 1e3 * each.tpot_as_asked_s for name, each in found.items()})
        left.set(xlabel="TTFT, s", ylabel="share of requests")
        _logarithmic(left, "x")
        right.set(xlabel="TPOT, ms")
        right.set_xlim(left=0)


def arrivals_over_time(trace: Trace, path: Path) -> None:
    """Arrivals a second over the trace, with the mean rate. Raises: MissingExtra without matplotlib."""
    times_s = trace.arrival_s[np.isfinite(trace.arrival_s)]
    counts, edges = np.histogram(times_s, bins=_BINS)
    width_s = max(float(edges[1] - edges[0]), 1e-9)
    with _axes(path) as axes:
        axes.stairs(counts / width_s, edges, fill=True, color=_COLOURS[0], alpha=0.35)
        axes.stairs(counts / width_s, edges, color=_COLOURS[0], linewidth=1.0)
        mean = len(times_s) / max(float(edges[-1] - edges[0]), 1e-9)
        axes.axhline(mean, color=_COLOURS[1], linestyle="--", linewidth=1.2, label=f"mean {mean:.3g} requests/s")
        axes.set(xlabel="time, s", ylabel=f"arrivals, requests/s in {width_s:.3g} s")
        axes.set_ylim(bottom=0)
        axes.set_xlim(edges[0], edges[-1])
        axes.legend(loc="upper right")


def length_distribution(trace: Trace, path: Path) -> None:
    """Share of requests with at most so many prompt and output tokens. Raises: MissingExtra without matplotlib."""
    with _axes(path) as axes:
        _cdf(axes, {"prompt": trace.prompt.astype(np.float64), "output": trace.output.astype(np.float64)})
        axes.set(xlabel="tokens", ylabel="share of requests")
        _logarithmic(axes, "x")


def prefix_sharing(trace: Trace, path: Path) -> None:
    """Prompt tokens so far over time, and how many of them an earlier request had at its beginning too.

    Raises: InvalidOption if the trace has no prefix hashes; MissingExtra without matplotlib.
    """
    if not trace.prefix_count.any():
        raise InvalidOption(f"{trace.id} has no prefix hashes, so nothing is known of what its prompts share")
    known = np.isfinite(trace.arrival_s)
    times_s, reused = trace.arrival_s[known], np.cumsum(reused_tokens(trace)[known]) / 1e6
    prompt = np.cumsum(trace.prompt[known]) / 1e6
    with _axes(path) as axes:
        axes.plot(times_s, prompt, color=_COLOURS[0], linestyle="-")
        axes.plot(times_s, reused, color=_COLOURS[1], linestyle="--")
        axes.fill_between(times_s, reused, color=_COLOURS[1], alpha=0.15, linewidth=0)
        share = reused[-1] / prompt[-1]
        for text, value in (("all prompt tokens", prompt[-1]), (f"reusable, {share:.0%}", reused[-1])):
            note = {"xytext": (-4, 6), "textcoords": "offset points", "ha": "right"}
            axes.annotate(text, (times_s[-1], value), **note)
        axes.set(xlabel="time, s", ylabel="tokens so far, millions")
        axes.set_ylim(bottom=0)


@contextmanager
def _axes(path: Path, rows: int = 1, columns: int = 1, **layout: Any) -> Iterator[Any]:
    """Empty axes, saved as a picture at the end."""
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as cause:
        raise MissingExtra("pictures need matplotlib: pip install 'perfwise[plots]'") from cause
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=layout.pop("figsize", None))
        FigureCanvasAgg(figure)
        ratios = layout.pop("height_ratios", None)
        yield figure.subplots(rows, columns, height_ratios=ratios, **layout)
        about = {"Date": None} if path.suffix == ".svg" else {}
        try:
            with replacing(path) as file:
                figure.savefig(file, format=path.suffix[1:], metadata=about)
        except ValueError as error:  # no format has this ending
            raise InvalidOption(f"{path} cannot be written: {error}") from error


def _cdf(axes: Axes, samples: Mapping[str, Floats]) -> None:
    """Shares of requests with at most x; every line has its own dashes, and marks at two percentiles."""
    signs = cycle(zip(_COLOURS, _DASHES, _MARKERS, strict=True))
    for (name, values), (colour, dashes, marker) in zip(samples.items(), signs, strict=False):
        known = values[np.isfinite(values)]
        if len(known):
            shares = np.linspace(0, 1, min(len(known), 1000))
            axes.plot(np.quantile(known, shares), shares, color=colour, linestyle=dashes)
            marks = np.quantile(known, (0.5, 0.99)), (0.5, 0.99)
            axes.plot(*marks, color=colour, linestyle="", marker=marker, markersize=5)
        axes.plot([], [], color=colour, linestyle=dashes, marker=marker, markersize=5, label=name)
    axes.set_ylim(0, 1.02)
    axes.legend(loc="best", title="marks at p50 and p99", title_fontsize="small")


def _logarithmic(axes: Axes, which: str) -> None:
    """A logarithmic axis whose ticks are plain numbers."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axis = getattr(axes, f"{which}axis")
    axes.set(**{f"{which}scale": "log"})
    low, high = sorted(axis.get_view_interval())
    narrow = low > 0 and high / low < 30
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if narrow else (1.0,)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def _over_replicas(samples: Floats, column: int) -> tuple[Floats, Floats]:
    """One column on a common grid: times (n,), values (replicas, n), each the last sample before."""
    replicas: Wholes = np.unique(samples[:, 1])
    grid = np.unique(samples[:, 0]) if len(replicas) == 1 else np.linspace(samples[0, 0], samples[-1, 0], 600)
    values = np.zeros((len(replicas), len(grid)))
    for place, replica in enumerate(replicas):
        own = samples[samples[:, 1] == replica]
        at = np.searchsorted(own[:, 0], grid, side="right") - 1
        values[place] = np.where(at >= 0, own[np.maximum(at, 0), column], 0.0)
    return grid, values


def _band(axes: Axes, times_s: Floats, values: Floats, sign: int) -> None:
    """The median of the rows as a line, and their range around it."""
    axes.plot(times_s, np.median(values, axis=0), color=_COLOURS[sign], linewidth=1.0, label="median replica")
    if len(values) > 1:
        low, high = values.min(axis=0), values.max(axis=0)
        axes.fill_between(times_s, low, high, color=_COLOURS[sign], alpha=0.2, linewidth=0, label="all replicas")
    else:
        axes.fill_between(times_s, values[0], color=_COLOURS[sign], alpha=0.12, linewidth=0)
