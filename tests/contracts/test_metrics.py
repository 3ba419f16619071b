"""What every metric of programs promises, whatever it measures."""

import json
import math
import pickle
import random

import pytest

from perfwise.core.cost import unit_of
from perfwise.core.family import Family
from perfwise.core.metric import difference, evaluate
from perfwise.errors import InvalidMetric
from tests.outcomes import made, reference

FAMILY = Family("perfwise.programs.metrics")


def cases(scale, verdict="ok"):
    return [(level, scale * (level + 1), verdict if level == 3 else "ok") for level in range(4)]


def study(cost, tasks=12, samples=16):
    """Outcomes and references of several tasks: right, wrong, stopped and unmeasured samples of every size."""
    generator = random.Random(7)
    outcomes, references = [], []
    for number in range(tasks):
        task = f"T/{number}"
        for i, scale in enumerate((1e6, 2e7, 4e8, 9e9)):
            references.append(reference(task, 10 * scale, candidate=str(i), cost_name=cost, cases=cases(scale)))
        for i in range(samples):
            scale = 10 ** generator.uniform(4, 9)
            total = None if i == 3 else 10 * scale
            stopped = "stopped" if i == 4 else "ok"
            right = i % 5 != 1
            outcomes.append(
                made(task, total, candidate=str(i), right=right, cost_name=cost, cases=cases(scale, stopped))
            )
    return outcomes, references


@pytest.fixture(params=FAMILY.names())
def metric(request):
    return FAMILY.get(request.param)()


@pytest.fixture
def data(metric):
    return study(getattr(metric, "cost", "wasm_instructions"))


def test_every_metric_of_the_papers_is_there():
    assert {
        "beyond",
        "beyond_repository",
        "dps",
        "dps_norm",
        "eff_at_k",
        "efficient_at_k",
        "normalised_cost",
        "normalised_cost_by_task",
        "opt_percent",
        "pass_at_k",
        "pie_speedup",
        "speedup",
    } <= set(FAMILY.names())


@pytest.mark.parametrize("info", FAMILY.describe(), ids=lambda info: info.name)
def test_docstring_summarises_and_cites(info):
    assert info.summary.endswith((".", ";", ":"))
    assert len(info.source) > 20


def test_says_what_it_measures(metric):
    assert metric.name
    assert metric.unit in {"share", "score", "ratio", "%"}
    assert metric.direction in {"higher", "lower"}
    if hasattr(metric, "cost"):
        unit_of(metric.cost)


def test_scores_a_full_study_with_an_interval_around_the_value(metric, data):
    result = evaluate(metric, *data)
    assert result.n > 0
    assert math.isfinite(result.value)
    assert result.low <= result.high
    assert all(
        len(numbers) == len(next(iter(metric.terms(*data).values()))) for numbers in metric.terms(*data).values()
    )


def test_is_pure_and_leaves_its_input_alone(metric, data):
    before = json.dumps([one.row() for side in data for one in side])
    first = metric.terms(*data)
    assert metric.terms(*data) == first
    assert json.dumps([one.row() for side in data for one in side]) == before


def test_does_not_depend_on_the_order_of_outcomes(metric, data):
    shuffled = [random.Random(1).sample(side, len(side)) for side in data]
    assert evaluate(metric, *shuffled) == evaluate(metric, *data)


def test_survives_a_process_boundary(metric, data):
    assert evaluate(pickle.loads(pickle.dumps(metric)), *data) == evaluate(metric, *data)


def test_nothing_attempted_is_no_value(metric, data):
    result = evaluate(metric, [], data[1])
    assert (result.value, result.n) == (None, 0)
    assert evaluate(metric, [], []).value is None


def test_all_failed_is_the_worst_value_or_none(metric, data):
    failed = [made(one.task, None, candidate=one.candidate, right=False) for one in data[0]]
    result = evaluate(metric, failed, data[1])
    assert result.value in (None, 0.0, 1.0)
    assert result.value != 1.0 or metric.unit == "ratio"  # PIE keeps the original program


def test_one_task_has_no_interval(metric, data):
    result = evaluate(metric, *([one for one in side if one.task == "T/0"] for side in data))
    assert (result.low, result.high) == (None, None)


def test_one_sample_a_task_is_enough_or_not_scored(metric, data):
    outcomes, references = data
    result = evaluate(metric, [one for one in outcomes if one.candidate == "0"], references)
    assert result.value is None or math.isfinite(result.value)


def test_an_unknown_cost_is_not_scored_as_zero(metric, data):
    outcomes, references = data
    unknown = [made(one.task, None, candidate=one.candidate) for one in outcomes]
    result = evaluate(metric, unknown, references)
    assert result.value == (1.0 if metric.name.startswith("pass@") else None)


def test_no_references_is_no_value_unless_it_needs_none(metric, data):
    result = evaluate(metric, data[0], [])
    needs_none = metric.name.startswith(("pass@", "DPS"))
    assert (result.value is not None) == needs_none


def test_a_set_does_not_differ_from_itself(metric, data):
    outcomes, references = data
    assert difference(metric, outcomes, outcomes, references).value == 0.0
    with pytest.raises(InvalidMetric, match="no task is scored on both sides"):
        difference(metric, outcomes, [], references)
