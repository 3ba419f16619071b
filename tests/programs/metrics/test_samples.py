"""What the metrics read from outcomes."""

import math
from dataclasses import replace

from perfwise.core.outcome import Failure
from perfwise.programs.metrics._samples import by_task, cost_of, costs_by_task, label, reference_costs
from tests.outcomes import made, reference, samples


def test_candidates_stand_in_the_order_of_their_numbers():
    outcomes = [made(candidate=name) for name in ("10", "9", "a2", "a10", "b")]
    assert [one.candidate for one in by_task(reversed(outcomes))["t"]] == ["9", "10", "a2", "a10", "b"]


def test_a_wrong_sample_is_infinitely_dear_even_if_it_was_cheap():
    assert cost_of(made(cost=1.0, right=False), "wasm_instructions") == math.inf


def test_a_right_sample_that_a_limit_stopped_is_infinitely_dear():
    stopped = made(cost=None, cases=[(0, 1.0, "ok"), (1, 9.0, "stopped")])
    assert cost_of(stopped, "wasm_instructions") == math.inf


def test_an_unknown_cost_is_not_a_cost():
    assert cost_of(made(cost=5.0), "cpu_s") is None
    assert cost_of(made(cost=0.0), "wasm_instructions") is None
    assert costs_by_task([made("t", 5.0), made("u", None)], "wasm_instructions") == {"t": [5.0]}


def test_a_task_whose_own_script_failed_is_left_out():
    faulty = replace(made(), quality=None, failure=Failure("task-fault"))
    assert by_task([faulty]) == {}


def test_only_right_references_of_known_cost_are_a_yardstick():
    references = [reference("t", 3.0), reference("u", 3.0, right=False), reference("v", None)]
    assert reference_costs(references, "wasm_instructions") == {"t": [3.0]}


def test_a_name_tells_a_cost_that_is_not_the_default():
    assert label("speedup", "wasm_instructions") == "speedup"
    assert label("speedup", "cpu_s") == "speedup(cpu_s)"


def test_samples_keep_their_order():
    assert costs_by_task(samples("t", [3, None, 1]), "wasm_instructions") == {"t": [3, math.inf, 1]}
