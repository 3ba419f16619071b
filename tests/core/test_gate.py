"""Rules by hand, and how often they alarm where nothing changed."""

import math
from dataclasses import replace

import numpy as np
import pytest

from perfwise.core.compare import Resolution, Side
from perfwise.core.gate import Gate, Rule, Tolerance, find_rules, read_rules
from perfwise.core.metric import mean_of_terms
from perfwise.errors import InvalidInput, InvalidOption
from tests.outcomes import NOISY, made

BY_METER = Resolution()


def side(name, costs, **options):
    """One right outcome a task; None is a wrong one."""
    return Side(
        name, [made(task, cost, right=cost is not None, candidate_set=name, **options) for task, cost in costs.items()]
    )


def twenty(name, factor=1.0, spread=0.0, **options):
    """Costs of twenty tasks; `spread` moves every second one up and the others down."""
    return side(name, {f"t{i:02}": 1e6 * factor * math.exp(spread * (-1) ** i) for i in range(20)}, **options)


def status(first, second, resolution=BY_METER, **rule):
    (result,) = Gate([Rule(**rule)], resolution=resolution).judge(first, second).results
    return result.status


OLD = twenty("old")


@pytest.mark.parametrize(
    ("factor", "tolerance", "expected"),
    [
        (1.02, Tolerance(0.03), "pass"),
        (1.04, Tolerance(0.03), "fail"),
        (0.5, Tolerance(0.03), "pass"),
        (1.0015, Tolerance(), "pass"),  # within the resolution of exact counts
        (1.04, Tolerance(50_000, relative=False), "pass"),  # 40,000 more
        (1.06, Tolerance(50_000, relative=False), "fail"),
    ],
)
def test_a_cost_may_rise_by_the_tolerance(factor, tolerance, expected):
    assert status(OLD, twenty("new", factor), tolerance=tolerance) == expected


def test_what_is_not_settled_alarms_only_where_that_is_asked_for():
    # ratios 1.05 e^0.5 and 1.05 e^-0.5: 1.05 in the mean, with an interval of about a quarter either way
    new = twenty("new", 1.05, spread=0.5)
    assert status(OLD, new) == "undecided"
    assert status(OLD, new, settled=False) == "fail"


def test_one_task_of_an_exact_meter_needs_no_interval():
    old, new = side("old", {"t": 100_000}), side("new", {"t": 104_000})
    assert status(old, new, tolerance=Tolerance(0.03)) == "fail"
    assert status(old, new, tolerance=Tolerance(0.05)) == "pass"
    noisy = {"cost_name": "cpu_s", "provenance": NOISY}
    assert status(side("old", {"t": 1.0}, **noisy), side("new", {"t": 1.5}, **noisy)) == "undecided"


def test_costs_that_all_tie_pass_whatever_the_ratio():
    old, new = side("old", {"t": 100, "u": 200}), side("new", {"t": 300, "u": 400})
    assert status(old, new, Resolution(absolute=lambda outcome: 1000)) == "pass"
    assert status(old, new) != "pass"


def test_each_task_alone_may_break_a_rule():
    new = side("new", {task.task: 1e6 * (1.5 if task.task == "t03" else 0.9) for task in OLD.outcomes})
    (result,) = Gate([Rule(per_task=True)]).judge(OLD, new).results
    assert (result.status, result.tasks) == ("fail", ("t03",))
    assert "1 of 20 task(s) worse than accepted: t03 (1.5 times)" in result.why
    assert status(OLD, new) == "pass"  # all together are cheaper
    assert status(OLD, new, per_task=True, tolerance=Tolerance(0.5)) == "pass"


def repeated(name, logs):
    costs = {task: math.exp(float(np.mean(values))) for task, values in logs.items()}
    plain = side(name, costs, cost_name="cpu_s", provenance=NOISY)
    kept = {task: {"cost_samples": [math.exp(one) for one in values]} for task, values in logs.items()}
    return Side(name, [replace(one, detail=kept[one.task]) for one in plain.outcomes])


def test_a_noisy_task_alarms_where_its_repeats_settle_it():
    old = repeated("old", {"t": [0.0, 0.01, 0.02], "u": [0.0, 0.5, 1.0]})
    new = repeated("new", {"t": [0.3, 0.31, 0.32], "u": [0.3, 0.8, 1.3]})
    (result,) = Gate([Rule(per_task=True)]).judge(old, new).results
    assert (result.status, result.tasks) == ("fail", ("t",))
    (result,) = Gate([Rule(per_task=True, tasks="u")]).judge(old, new).results
    assert (result.status, result.tasks) == ("undecided", ())


def test_quality_may_fall_by_the_tolerance():
    new = twenty("new")
    broken = Side("new", [*new.outcomes[3:], *(replace(one, quality=0.0) for one in new.outcomes[:3])])
    # three of twenty change, all down: 3 / sqrt(3) = 1.73 standard errors, less than 1.96
    assert status(OLD, broken, metric="quality") == "undecided"
    assert status(OLD, broken, metric="quality", settled=False) == "fail"
    assert status(OLD, broken, metric="quality", settled=False, tolerance=Tolerance(0.15, relative=False)) == "pass"
    assert status(OLD, broken, metric="quality", settled=False, tolerance=Tolerance(0.14)) == "fail"
    worse = Side("new", [replace(one, quality=0.0) for one in new.outcomes])
    assert status(OLD, worse, metric="quality") == "fail"


def test_the_other_direction_is_better_where_the_rule_says_so():
    assert status(OLD, twenty("new", 0.9), direction="higher") == "fail"
    assert status(OLD, twenty("new", 1.1), direction="higher") == "pass"
    assert status(OLD, twenty("new", 0.9), direction="higher", per_task=True) == "fail"


class Seconds:
    """A metric of whatever engine."""

    name, unit, direction = "seconds", "s", "lower"
    combine = staticmethod(mean_of_terms)

    def terms(self, outcomes, references):
        return {one.task: (one.cost["wasm_instructions"] / 1e6,) for one in outcomes}


def test_a_metric_is_held_by_its_difference():
    def judged(factor, **rule):
        gate = Gate([Rule(metric="seconds", **rule)], metrics={"seconds": Seconds()}.__getitem__)
        return gate.judge(OLD, twenty("new", factor)).results[0]

    assert judged(1.02, tolerance=Tolerance(0.03)).status == "pass"
    assert judged(1.04, tolerance=Tolerance(0.03)).status == "fail"
    assert judged(1.04, tolerance=Tolerance(0.05, relative=False)).status == "pass"
    assert judged(1.04, direction="higher").status == "pass"


def test_globs_choose_tasks_and_sets():
    new = side("new", {one.task: 1e6 * (2 if one.task.startswith("t1") else 1) for one in OLD.outcomes})
    assert status(OLD, new, tasks="t0*") == "pass"
    assert status(OLD, new, tasks="t1?") == "fail"
    verdict = Gate([Rule(sets="other"), Rule(sets="n*")]).judge(OLD, new)
    assert (len(verdict.results), len(verdict.skipped)) == (1, 1)
    with pytest.raises(InvalidOption, match="no rule of the gate is for new"):
        Gate([Rule(sets="other")]).judge(OLD, new)


def test_a_rule_that_checks_nothing_fails():
    assert status(OLD, twenty("new"), tasks="x*") == "fail"
    assert status(OLD, side("new", {"t00": None})) == "fail"
    assert status(OLD, side("new", {"other": 1.0})) == "fail"


def test_one_broken_rule_breaks_the_gate():
    verdict = Gate([Rule(), Rule(metric="quality")]).judge(OLD, twenty("new", 2))
    assert (verdict.status, [one.status for one in verdict.results]) == ("fail", ["fail", "pass"])
    assert verdict.sentence == "Gate failed: 1 broken, 1 kept of 2 rule(s)"
    assert (
        Gate([Rule()]).judge(OLD, twenty("new", 1.05, spread=0.5)).sentence == "Gate passed: 1 undecided of 1 rule(s)"
    )


# How often a gate alarms where nothing changed: nominally in at most 5 % of the runs.

RUNS = 1000


def alarms(rule, draw):
    gate, rng = Gate([rule]), np.random.default_rng(11)
    return sum(gate.judge(*draw(rng)).status == "fail" for _ in range(RUNS)) / RUNS


def test_no_change_of_cost_alarms_no_more_than_it_should():
    def draw(rng):
        # most tasks tie and some move, as far up as down
        logs = np.where(rng.random(12) < 0.5, 0.0, rng.normal(0, 0.3, 12))
        return tuple(
            side(name, {str(i): 1e6 * math.exp(log) for i, log in enumerate(values)})
            for name, values in (("old", np.zeros(12)), ("new", logs))
        )

    assert alarms(Rule(), draw) <= 0.05


def test_no_change_of_quality_alarms_no_more_than_it_should():
    def draw(rng):
        right = rng.random(12) < 0.8
        flips = rng.random(12) < 0.2
        return tuple(
            side(name, {str(i): 1e6 if one else None for i, one in enumerate(values)})
            for name, values in (("old", right), ("new", np.where(flips, rng.random(12) < 0.8, right)))
        )

    assert alarms(Rule(metric="quality"), draw) <= 0.05


def test_no_change_of_noisy_tasks_alarms_no_more_than_it_should_though_they_are_many():
    def draw(rng):
        return tuple(repeated(name, {str(i): list(rng.normal(0, 0.2, 4)) for i in range(6)}) for name in ("old", "new"))

    assert alarms(Rule(per_task=True), draw) <= 0.05


# The rules as a file holds them


def written(folder, text):
    path = folder / "pyproject.toml"
    path.write_text(text)
    return path


def test_rules_are_read_in_order_with_what_they_leave_out(tmp_path):
    path = written(
        tmp_path,
        """
[[tool.perfwise.gate]]
name = "no slower"
tolerance = "3%"
[[tool.perfwise.gate]]
metric = "quality"
tasks = "HumanEval/*"
sets = "mine*"
direction = "higher"
tolerance = 0.01
settled = false
[[tool.perfwise.gate]]
metric = "peak_bytes"
per_task = true
""",
    )
    assert read_rules(path) == (
        Rule(name="no slower", tolerance=Tolerance(0.03)),
        Rule("quality", "HumanEval/*", "mine*", "higher", Tolerance(0.01, relative=False), settled=False),
        Rule("peak_bytes", per_task=True),
    )


def test_a_table_with_a_list_of_rules_says_the_same(tmp_path):
    assert read_rules(written(tmp_path, "[tool.perfwise.gate]\nrules = [{metric = 'cost'}]")) == (Rule(),)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("[tool", ["malformed-toml"]),
        ("[tool.other]", ["missing-rules"]),
        ("[tool.perfwise]\ngate = []", ["missing-rules"]),
        ("[tool.perfwise.gate]\nmetric = 'cost'", ["unknown-key", "missing-rules"]),
        ("[tool.perfwise]\ngate = ['cost']", ["wrong-type"]),
        (
            "[[tool.perfwise.gate]]\nmetrik = 'cost'\ntolerance = '3'\nsettled = 1",
            ["unknown-key", "wrong-type", "wrong-value"],
        ),
        ("[[tool.perfwise.gate]]\ntolerance = -1\n[[tool.perfwise.gate]]\ndirection = 'up'", ["wrong-value"] * 2),
        ("[[tool.perfwise.gate]]\ntolerance = 'nan%'", ["wrong-value"]),
        ("[[tool.perfwise.gate]]\ntolerance = true", ["wrong-value"]),
        ("[[tool.perfwise.gate]]\nmetric = 'quality'\nper_task = true", ["wrong-value"]),
    ],
)
def test_every_fault_of_the_rules_is_reported_with_its_code(tmp_path, text, codes):
    with pytest.raises(InvalidInput) as caught:
        read_rules(written(tmp_path, text))
    assert [fault.code for fault in caught.value.faults] == codes


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path):
    with pytest.raises(InvalidInput, match="unreadable-file"):
        read_rules(tmp_path / "none.toml")


def test_rules_are_found_upwards(tmp_path):
    path = written(tmp_path, "")
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert find_rules(tmp_path / "a" / "b") == path
