"""Metrics of parsers, worked out by hand."""

import numpy as np
import pytest

from perfwise.core.metric import evaluate
from perfwise.errors import InvalidMetric
from perfwise.telemetry.contracts import Grouping, Measured
from perfwise.telemetry.engine import LogEngine, ParserCandidate, log_metrics
from perfwise.telemetry.labelled import LogTask
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.metrics._groups import normalised
from perfwise.telemetry.metrics.fga import Fga
from perfwise.telemetry.metrics.ga import Ga
from perfwise.telemetry.metrics.pa import Pa
from perfwise.telemetry.parsers.drain import Drain

# Lines 0-3 are a, 4-5 are b, 6 is c. Found: a whole, b split in two, c together with one half of b.
TRUE = Grouping(np.array([1, 1, 1, 1, 2, 2, 3]), {1: "a <*>", 2: "b <*> x", 3: "c"})
FOUND = Grouping(np.array([7, 7, 7, 7, 8, 9, 9]), {7: "a <*>", 8: "b <*> x", 9: "<*>"})


def test_values_by_hand():
    values = {metric.name: metric.measure(TRUE, FOUND).value for metric in log_metrics()}
    assert values == pytest.approx(
        {
            "GA": 4 / 7,  # only group 7 has exactly the lines of a true one
            "PGA": 1 / 3,
            "RGA": 1 / 3,
            "FGA": 1 / 3,
            "PA": 5 / 7,  # lines 0-4 have the true text
            "PTA": 2 / 3,  # 'a <*>' and 'b <*> x' are alone on their lines
            "RTA": 2 / 3,
            "FTA": 2 / 3,
        }
    )


def test_rare_events_apart():
    assert Ga(at_most=2).measure(TRUE, FOUND).value == 0.0
    assert Ga(at_most=2).name == "GA@2"
    assert Pa(at_most=1).measure(TRUE, FOUND).value == 0.0
    assert Fga(at_most=4).measure(TRUE, FOUND).value == Fga().measure(TRUE, FOUND).value


def test_without_lines_there_is_no_value_but_a_reason():
    empty = Grouping(np.zeros(0, np.int64), {})
    assert all(metric.measure(empty, empty) == Measured(None, "there are no lines") for metric in log_metrics())
    assert Ga(at_most=1).measure(
        Grouping(np.array([1, 1]), {1: "a"}), Grouping(np.array([1, 1]), {1: "a"})
    ) == Measured(None, "no true template has at most 1 lines")


@pytest.mark.parametrize(
    ("how", "text", "expected"),
    [
        ("none", "a  b<*>", "a  b<*>"),
        ("merged", "a x=<*> <*> b", "a <*> b"),
        ("corrected", "open /var/log/x by root in 12 s", "open <*> by <*> in <*> s"),
        ("corrected", "from <*>.<*> port<*> true", "from <*> <*> <*>"),
        ("corrected", "a,  b=<*><*>", "a, b=<*>"),
    ],
)
def test_normalisations(how, text, expected):
    assert normalised(text, how) == expected


def test_a_normalisation_is_named_in_the_result():
    assert Pa("merged").name == "PA-merged"
    assert Pa("merged").measure(TRUE, FOUND).value == pytest.approx(5 / 7)
    with pytest.raises(InvalidMetric, match="no normalisation 'all'"):
        Pa("all")


def test_outcomes_carry_scores_costs_and_what_failed():
    task = LogTask("small", Lines.of(["a 1", "a 2", "b x y"]), Grouping(np.array([1, 1, 2]), {1: "a <*>", 2: "b x y"}))
    outcome = LogEngine().run(task, ParserCandidate(Drain(), candidate_set="drain"), 0)
    assert outcome.quality == 1.0
    assert outcome.detail["templates"] == 2
    assert outcome.cost["cpu_s"] >= 0
    assert evaluate(Ga(), [outcome]).value == 1.0
    failed = LogEngine().run(task, ParserCandidate(_Broken()), 0)
    assert (failed.failure.kind, failed.quality) == ("exception", 0.0)


class _Broken:
    def parse(self, lines):
        raise ValueError(len(lines))


def test_names_of_masks_count_as_wildcards_where_texts_are_compared():
    from perfwise.telemetry.scanning.masks import typed_masks

    task = LogTask("ip", Lines.of(["from 10.0.0.1", "from 10.0.0.2"]), Grouping(np.array([1, 1]), {1: "from <*>"}))
    assert LogEngine().run(task, ParserCandidate(Drain(masks=typed_masks())), 0).detail["scores"]["PA"] == 1.0
