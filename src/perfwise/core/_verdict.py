"""A comparison in one sentence that claims no more than the numbers do."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfwise.core.compare import Comparison

__all__ = ["ONE_TASK", "mean_doubt", "ratio_text", "sentence", "share_doubt"]

_FEW_TASKS = 10
_ENOUGH_TASKS = 50
_FEW_DIFFERING = 10
_FEW_CHANGES = 3
_SETTLED = 0.05
ONE_TASK = "the interval is of the repeats on one task and says nothing about others"


def mean_doubt(differing: int, tasks: int) -> str:
    """What the number of tasks, and of those that differ, says against the interval of a mean; empty if nothing."""
    if tasks < 2:
        return "an interval needs at least two tasks"
    if tasks < _FEW_TASKS:
        return f"an interval from fewer than {_FEW_TASKS} tasks is too narrow; take it as a hint"
    if tasks < _ENOUGH_TASKS:
        return (
            f"with fewer than {_ENOUGH_TASKS} tasks a 95 % interval may be too narrow: in simulations of 20 tasks it "
            "held in 93 to 96 of 100 cases, and in 88 where one task in ten decides"
        )
    if 0 < differing < _FEW_DIFFERING:
        return (
            f"only {differing} of the {tasks} tasks differ beyond the resolution, and an interval that so few decide "
            "may be too narrow: in simulations of 50 tasks it held in 70 to 95 of 100 cases"
        )
    return ""


def share_doubt(changed: int, tasks: int) -> str:
    """The same for a change of right and wrong."""
    if tasks < 2:
        return "an interval needs at least two tasks"
    wide = "the 95 % interval of the quality is rather too wide: in simulations it held in"
    if tasks < _ENOUGH_TASKS:
        return f"with fewer than {_ENOUGH_TASKS} tasks {wide} 94 to 100 of 100 cases"
    if changed < _FEW_CHANGES:
        return f"where the quality changes on fewer than {_FEW_CHANGES} tasks {wide} 97 to 100 of 100 cases"
    return ""


def ratio_text(ratio: float) -> str:
    """Three digits that tell a ratio near 1 from 1.

    >>> ratio_text(0.9984), ratio_text(1.0), ratio_text(0.0512), ratio_text(17.23)
    ('0.998', '1.000', '0.0512', '17.2')
    """
    return f"{ratio:.3f}" if 0.9 < ratio < 1.1 else f"{ratio:.3g}"


def sentence(comparison: "Comparison") -> str:
    """Cost first, then quality, then what the number of tasks allows to say."""
    parts = [_cost(comparison), _quality(comparison), *_unjudged(comparison), _few(comparison)]
    return f"{'; '.join(part for part in parts if part)}."  # names stay as they are, also the first


def _cost(comparison: "Comparison") -> str:
    one, other, ratio = comparison.first, comparison.second, comparison.cost_ratio
    if ratio.value is None:
        return (
            f"{one} and {other} solve no task in common at a known {comparison.cost}, so their costs cannot be compared"
        )
    where = f"on the {ratio.n} tasks that both solve" if ratio.n > 1 else "on the one task that both solve"
    small = abs(math.log(ratio.value)) <= math.log1p(comparison.resolution)
    if comparison.tied == ratio.n and (comparison.exact or small):
        return f"{other} and {one} cost the same {where}, as far as the meter can tell"
    size = f"{other} takes {ratio_text(ratio.value)} times the {comparison.cost} of {one} {where}{_range(comparison)}"
    if small:
        return f"{size}, on the whole no more than the resolution of {100 * comparison.resolution:g} %"
    return f"{size}, {_settled(comparison)}"


def _settled(comparison: "Comparison") -> str:
    ratio = comparison.cost_ratio
    assert ratio.value is not None
    if ratio.low is None or ratio.high is None:
        return "which says nothing about other tasks"
    if ratio.low <= 1 <= ratio.high:
        return "so which is cheaper is not settled: the interval includes 1"
    if comparison.p is not None and comparison.p > _SETTLED:
        return f"so which is cheaper is not settled: by signed ranks p is above {_SETTLED:g}"
    where = " on this task" if ratio.n == 1 else ""
    return f"so it is {'cheaper' if ratio.value < 1 else 'dearer'}{where}"


def _quality(comparison: "Comparison") -> str:
    change, rates = comparison.quality_change, comparison.qualities
    if change.value is None or rates is None:
        return "no task was attempted by both"
    if comparison.graded:
        size = f"{comparison.second} has a quality of {rates[1]:.3f} against {rates[0]:.3f}"
        same, more, less = f"both have a quality of {rates[0]:.3f}", "so it is better", "so it is worse"
    else:
        size = f"{comparison.second} is right at a rate of {rates[1]:.3f} against {rates[0]:.3f}"
        same, more, less = f"both are right at a rate of {rates[0]:.3f}", "so more often", "so less often"
    if comparison.changed == 0:
        return same
    if change.low is None or change.high is None:
        return size
    span = f"change {change.value:+.3f}, 95 % interval {change.low:+.3f} to {change.high:+.3f}"
    if change.low <= 0 <= change.high:
        return f"{size}, not a settled difference ({span})"
    return f"{size}, {more if change.value > 0 else less} ({span})"


def _unjudged(comparison: "Comparison") -> list[str]:
    """A rate of 0 would sound like wrong answers where nothing was judged."""
    sides = zip((comparison.first, comparison.second), comparison.unjudged, comparison.attempted, strict=True)
    return [
        f"{times:,} of the {total:,} outcomes of {name} could not be judged and do not count as right"
        for name, times, total in sides
        if times
    ]


def _few(comparison: "Comparison") -> str:
    tasks = comparison.cost_ratio.n
    return mean_doubt(tasks, tasks) if 2 <= tasks < _FEW_TASKS else ""


def _range(comparison: "Comparison") -> str:
    ratio = comparison.cost_ratio
    if ratio.low is None or ratio.high is None:
        return ""
    p = "" if comparison.p is None else f", p = {comparison.p:.2g}"
    return f" (95 % interval {ratio_text(ratio.low)} to {ratio_text(ratio.high)}{p})"
