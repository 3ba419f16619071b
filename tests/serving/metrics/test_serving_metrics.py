"""What every metric of serving promises, and what each reads."""

import json
import pickle

import numpy as np
import pytest

from perfwise.core.family import Family
from perfwise.core.metric import difference, evaluate
from perfwise.errors import InvalidMetric
from perfwise.serving.contracts import REPLICA
from perfwise.serving.metrics.fairness import Fairness
from perfwise.serving.metrics.goodput import Goodput
from perfwise.serving.metrics.throughput import Throughput
from perfwise.serving.metrics.tpot import Tpot
from perfwise.serving.metrics.ttft import Ttft
from perfwise.serving.summary import Slo, summary
from tests.serving.finished import hand_worked, outcome

FAMILY = Family("perfwise.serving.metrics")


def run(delay_s=0.0):
    """The summary of the hand-worked run, everything but the arrivals later by a delay."""
    requests = hand_worked().requests
    for name in ("scheduled_s", "first_token_s", "completed_s"):
        requests[name] += delay_s
    requests.conversation[:] = 0, 1, 1
    replicas = np.zeros(1, REPLICA).view(np.recarray)
    replicas.total_blocks, replicas.busy_s, replicas.preemptions = 10, 1.5, 3
    gaps = np.zeros(100, np.int64)
    gaps[10 + int(10 * delay_s)] = 5
    return summary(requests, Slo(2.0, 0.5), replicas=replicas, gaps=gaps)


@pytest.fixture(params=FAMILY.names())
def metric(request):
    return FAMILY.get(request.param)()


OUTCOMES = [outcome(run(delay), task) for delay, task in ((0.0, "a"), (1.0, "b"), (2.5, "c"))]


def test_every_quantity_of_a_report_is_there():
    assert {
        *("ttft", "tpot", "tbt", "e2e", "scheduling_delay", "worst_gap", "throughput", "goodput", "fairness"),
        *("busy_share", "preemptions", "cache_hits"),
    } <= set(FAMILY.names())


@pytest.mark.parametrize("info", FAMILY.describe(), ids=lambda info: info.name)
def test_docstring_summarises_and_cites(info):
    assert info.summary.endswith((".", ";", ":"))
    assert len(info.source) > 20


def test_scores_runs_with_an_interval_around_the_value(metric):
    result = evaluate(metric, OUTCOMES)
    assert result.n == 3
    assert result.low <= result.value <= result.high
    assert result.direction in {"higher", "lower"}
    assert result.name
    assert result.unit in {"s", "requests/s", "tokens/s", "share", "score", "preemptions"}


def test_is_pure_and_leaves_its_input_alone(metric):
    before = json.dumps([one.row() for one in OUTCOMES])
    assert metric.terms(OUTCOMES, ()) == metric.terms(OUTCOMES[::-1], ())
    assert json.dumps([one.row() for one in OUTCOMES]) == before


def test_survives_a_process_boundary(metric):
    assert evaluate(pickle.loads(pickle.dumps(metric)), OUTCOMES) == evaluate(metric, OUTCOMES)


@pytest.mark.parametrize("summary", [None, {}, {"ttft_s": None, "goodput": None, "replicas": None}, "text"])
def test_a_run_that_says_nothing_has_no_value(metric, summary):
    assert evaluate(metric, [outcome(summary)]).value is None


def test_a_set_does_not_differ_from_itself(metric):
    assert difference(metric, OUTCOMES, OUTCOMES).value == 0.0


def test_two_outcomes_of_a_task_count_as_their_mean():
    twice = [outcome(run(0.0), "a", "0"), outcome(run(1.0), "a", "1")]
    assert Ttft("max").terms(twice, ()) == {"a": (pytest.approx(2.5),)}


@pytest.mark.parametrize(
    ("metric", "name", "value"),
    [
        (Ttft("mean"), "TTFT mean", 1.5),
        (Tpot("p99"), "TPOT p99", 0.5),
        (Throughput(), "throughput (requests)", 2 / 3),
        (Throughput("output_tokens_per_s"), "throughput (output tokens)", 2.0),
        (Goodput(), "SLO attainment", 2 / 3),
        (Goodput("requests_per_s"), "goodput", 2 / 3),
        (Fairness("conversations"), "fairness (conversations)", 2.2**2 / 4.88),
    ],
)
def test_a_metric_reads_its_own_number(metric, name, value):
    result = evaluate(metric, [outcome(run())])
    assert (result.name, result.value) == (name, pytest.approx(value))


@pytest.mark.parametrize(
    "make", [lambda: Ttft("p95"), lambda: Throughput("bytes"), lambda: Goodput("all"), lambda: Fairness("users")]
)
def test_a_parameter_that_is_not_there_is_refused_with_what_is(make):
    with pytest.raises(InvalidMetric, match="there are"):
        make()
