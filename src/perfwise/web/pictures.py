"""Pictures of findings, drawn by matplotlib, as inline SVG; every series has a colour, a marker and a name."""

import io
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from perfwise.errors import MissingExtra
from perfwise.kit.visible import visible
from perfwise.web.amounts import amount
from perfwise.web.curves import Curve, Profile
from perfwise.web.findings import Findings, SetFinding
from perfwise.web.svg import GRID, INK, MUTED, SERIES, themed

__all__ = ["Picture", "growth", "profiles", "quality_against_cost", "ratios", "task_ratios"]

Axes: TypeAlias = Any  # matplotlib is an extra, so its types are not known here

_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 3)), (0, (1, 3)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_MOST_NAMED = 14
_MOST_POINTS = 400
_LONGEST_NAME = 28
_STYLE: dict[Any, Any] = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "font.size": 10.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.6,
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "perfwise",  # the same picture has the same bytes
    "text.parse_math": False,  # a dollar in a name is a dollar
}


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture of a page.

    Args:
        name: unique within a page.
        title: its heading.
        caption: what it shows and how to read it.
        svg: inline.
    """

    name: str
    title: str
    caption: str
    svg: str


def quality_against_cost(found: Findings) -> Picture | None:
    """A point for each set with intervals, and the frontier; None where the sets have no task in common."""
    placed = [one for one in found.sets if one.spent.value and one.quality.value is not None]
    if not placed:
        return None
    signs = _signs(found)
    with _figure((7.2, 3.6)) as (figure, axes):
        for one in placed[:_MOST_NAMED]:
            _point(axes, one, signs[one.name])
        others = placed[_MOST_NAMED:]
        if others:
            axes.plot(*_values(others), color=MUTED, marker=".", linestyle="", label=f"{len(others)} more sets")
        frontier = sorted((one for one in placed if one.on_frontier), key=lambda one: one.spent.value or 0.0)
        if len(frontier) > 1:
            axes.plot(*_values(frontier), color=INK, linewidth=1.0, drawstyle="steps-post", zorder=1, label="frontier")
        _logarithmic(axes, "x", found.paid)
        axes.set(xlabel=f"mean {found.paid} of an attempt", ylabel="mean quality", ylim=(-0.03, 1.05))
        _legend(figure, axes)
        caption = (
            "Up and to the left is better: mean quality and mean cost of an attempt, failures included, over the tasks "
            "that all sets attempted. Bars are 95 % intervals over tasks. On the frontier, where no other set is as "
            f"good at no more cost: {', '.join(_short(one.name) for one in frontier)}."
        )
        return _picture(figure, "quality-cost", "Quality against cost", caption)


def ratios(found: Findings) -> Picture | None:
    """The cost of each set beside the baseline's, with its interval; None where nothing is compared."""
    rows = [(one.name, one.beside.cost_ratio) for one in found.sets if one.beside is not None]
    known = [(name, ratio) for name, ratio in rows if ratio.value is not None]
    if not known:
        return None
    with _figure((7.2, 1.1 + 0.34 * len(known))) as (figure, axes):
        axes.axvline(1.0, color=INK, linewidth=1.0)
        for place, (_, ratio) in enumerate(known):
            value = ratio.value or 1.0
            low, high = (value if end is None else end for end in (ratio.low, ratio.high))
            axes.plot([low, high], [place, place], color=SERIES[0], linewidth=2.0, solid_capstyle="butt")
            settled = not low <= 1 <= high
            axes.plot([value], [place], color=SERIES[0], marker="o", fillstyle="full" if settled else "none")
        names = [_short(name) for name, _ in known]
        figure.subplots_adjust(left=(0.25 + 0.085 * max(map(len, names))) / 7.2)
        axes.set_yticks(range(len(known)), names)
        axes.set(ylim=(len(known) - 0.4, -0.6), xlabel=f"{found.cost}, times {_short(found.baseline, 24)}")
        _logarithmic(axes, "x", None)
        caption = (
            f"Cost on the tasks that both solve, beside {found.baseline} (1). Bars are 95 % intervals over tasks; a "
            "hollow mark says that the interval includes 1, so nothing is settled."
        )
        return _picture(figure, "ratios", "Ratio of costs", caption)


def task_ratios(found: Findings) -> Picture | None:
    """The ratio of every task of the verdict's comparison, sorted; None with fewer than three."""
    comparison = found.comparison
    if comparison is None or len(comparison.tasks) < 3:
        return None
    values = np.sort([task.ratio for task in comparison.tasks])
    shares = (np.arange(len(values)) + 0.5) / len(values)
    if len(values) > _MOST_POINTS:
        shares = np.linspace(0.0, 1.0, _MOST_POINTS)
        values = np.quantile(values, shares)
    with _figure((7.2, 3.0)) as (figure, axes):
        axes.axhline(1.0, color=INK, linewidth=1.0)
        axes.plot(100 * shares, values, color=SERIES[0], marker=".", linestyle="", label="one task")
        overall = comparison.cost_ratio
        if overall.value is not None:
            axes.axhline(overall.value, color=SERIES[1], linestyle="--", label="geometric mean")
        if overall.low is not None and overall.high is not None:
            axes.axhspan(overall.low, overall.high, color=SERIES[1], alpha=0.15, linewidth=0, label="its 95 % interval")
        _logarithmic(axes, "y", None)
        axes.set(xlabel="share of the tasks, %", ylabel="ratio")
        _legend(figure, axes)
        caption = (
            f"{comparison.cost} of {comparison.second} over that of {comparison.first}, task by task, sorted: "
            f"{comparison.better} cheaper, {comparison.tied} tied, {comparison.worse} dearer."
        )
        return _picture(figure, "task-ratios", "Ratio by task", caption)


def growth(curves: Sequence[Curve], found: Findings) -> Picture | None:
    """Cost over input size, a panel for each task; None without curves."""
    if not curves:
        return None
    columns = min(3, len(curves))
    rows = math.ceil(len(curves) / columns)
    with _figure((7.6, 0.9 + 2.2 * rows), rows, columns) as (figure, grid):
        panels = list(np.ravel(grid))
        figure.subplots_adjust(hspace=0.62, wspace=0.42, top=1 - 0.3 / figure.get_figheight())
        figure.subplots_adjust(right=1 - 0.3 / figure.get_figwidth())  # half of the last tick's label
        figure.subplots_adjust(bottom=0.85 / figure.get_figheight())
        signs = _signs(found)
        for axes, curve in zip(panels, curves, strict=False):
            _growth_panel(axes, curve, signs, found.cost)
        for axes in panels[len(curves) :]:
            axes.set_visible(False)
        names = [name for name in signs if any(name in curve.lines for curve in curves)][:_MOST_NAMED]
        handles = [
            panels[0].plot([], [], color=SERIES[signs[name]], marker=_MARKERS[signs[name]], linestyle="")[0]
            for name in names
        ]
        figure.legend(handles, [_short(name) for name in names], loc="lower center", ncols=4, fontsize=9)
        caption = "Typical cost of a case of a success over the size of its input. Lines are the fitted classes."
        return _picture(figure, "growth", "Growth with the size of the input", caption)


def profiles(lines: Mapping[str, Profile], found: Findings) -> Picture | None:
    """For each set, the share of tasks solved within a factor of the cheapest known success."""
    signs = _signs(found)
    known = {name: lines[name] for name in signs if len(lines[name].factors)}
    if not known:
        return None
    with _figure((7.2, 3.4)) as (figure, axes):
        most = min(max(float(line.factors[-1]) for line in known.values()), 1e4)
        end = max(most * 1.2, 1.5)
        for name, line in list(known.items())[:_MOST_NAMED]:
            x = np.concatenate([[1.0], line.factors, [end]])
            y = np.concatenate([[0.0], line.shares, [line.shares[-1]]])
            sign = signs[name]
            axes.step(x, y, where="post", color=SERIES[sign], linestyle=_DASHES[sign], label=_short(name))
        axes.set(ylim=(0, 1.03), xlim=(1.0, end), ylabel="share of its tasks")
        _logarithmic(axes, "x", None)
        axes.set_xlabel(f"{found.cost}, times the cheapest success of the task")
        _legend(figure, axes)
        caption = (
            "Performance profile (Dolan and Moré, 2002): the share of tasks that a set solves at no more than so many "
            "times the cheapest known success. Higher is better; a line ends at the share of tasks solved at all."
        )
        return _picture(figure, "profiles", "Distribution over tasks", caption)


def _growth_panel(axes: Axes, curve: Curve, signs: Mapping[str, int], cost: str) -> None:
    for name, line in curve.lines.items():
        sign = signs[name]
        axes.plot(line.sizes, line.costs, color=SERIES[sign], marker=_MARKERS[sign], markersize=4, linestyle="")
        if line.fit is not None:
            x = np.geomspace(min(line.sizes), max(line.sizes), 40)
            axes.plot(x, line.fit.at(list(x)), color=SERIES[sign], linestyle=_DASHES[sign], linewidth=1.0)
        else:
            axes.plot(line.sizes, line.costs, color=SERIES[sign], linestyle=_DASHES[sign], linewidth=0.6)
    if curve.sized:
        _logarithmic(axes, "x", None)
        axes.xaxis.set_major_formatter(lambda size, _: f"{size / 1000:g} k" if size >= 1000 else f"{size:g}")
    else:
        axes.set_xticks(sorted({size for line in curve.lines.values() for size in line.sizes}))
    _logarithmic(axes, "y", cost)
    axes.set_title(_short(curve.task, 22), fontsize=9)
    axes.set_xlabel(curve.axis, fontsize=9)
    axes.tick_params(labelsize=8)


def _signs(found: Findings) -> dict[str, int]:
    """A set has the same colour and marker in all pictures."""
    return {one.name: place % len(SERIES) for place, one in enumerate(found.sets)}


def _point(axes: Axes, one: SetFinding, sign: int) -> None:
    errors = {}
    for axis, result in (("xerr", one.spent), ("yerr", one.quality)):
        if result.value is not None and result.low is not None and result.high is not None:
            errors[axis] = [[max(result.value - result.low, 0.0)], [max(result.high - result.value, 0.0)]]
    axes.errorbar(
        [one.spent.value],
        [one.quality.value],
        **errors,
        color=SERIES[sign],
        marker=_MARKERS[sign],
        markersize=7,
        linestyle="",
        elinewidth=1.2,
        label=_short(one.name),
    )


def _values(sets: Sequence[SetFinding]) -> tuple[list[float], list[float]]:
    return [one.spent.value or 0.0 for one in sets], [one.quality.value or 0.0 for one in sets]


def _short(name: str, most: int = _LONGEST_NAME) -> str:
    name = visible(name).replace("\n", " ")
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _legend(figure: Any, axes: Axes) -> None:
    """To the right of the axes, in room that is taken from them by the longest name."""
    names = axes.get_legend_handles_labels()[1]
    if len(names) > 1:
        room_inches = 0.55 + 0.075 * max(map(len, names))
        right = 1 - room_inches / figure.get_figwidth()
        figure.subplots_adjust(right=right)
        figure.legend(loc="upper left", bbox_to_anchor=(right, 0.98), fontsize=9)


def _logarithmic(axes: Axes, which: str, cost: str | None) -> None:
    """A logarithmic axis whose ticks are amounts of a cost, or plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axis = getattr(axes, f"{which}axis")
    axes.set(**{f"{which}scale": "log"})
    low, high = sorted(axis.get_view_interval())
    if low > 0 and high / low < 1.5:  # no tick might be left
        axes.set(**{f"{which}lim": (low / 1.25, high * 1.25)})
        low, high = low / 1.25, high * 1.25
    spread = high / low if low > 0 else math.inf
    steps = (1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 8.0) if spread < 5 else (1.0, 2.0, 5.0) if spread < 60 else (1.0,)
    axis.set_major_locator(LogLocator(subs=steps, numticks=9))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}" if cost is None else amount(value, cost)))
    axis.set_minor_locator(NullLocator())  # each tick is an artist, and they take longer than all the rest


@contextmanager
def _figure(size: tuple[float, float], rows: int = 1, columns: int = 1) -> Iterator[tuple[Any, Axes]]:
    """A figure of its own: no global state, so that several requests may draw at once. Raises: MissingExtra."""
    try:
        import matplotlib as mpl
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ImportError as cause:
        raise MissingExtra("pictures need matplotlib: pip install 'perfwise[plots]'") from cause
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=size)
        FigureCanvasSVG(figure)
        axes = figure.subplots(rows, columns)
        width, height = size  # margins in inches; a layout engine would draw everything twice more to find them
        figure.subplots_adjust(left=0.75 / width, right=1 - 0.1 / width, top=1 - 0.1 / height, bottom=0.55 / height)
        yield figure, axes


def _picture(figure: Any, name: str, title: str, caption: str) -> Picture:
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    shown = visible(caption)
    return Picture(name, title, shown, themed(written.getvalue(), name, title, shown))
