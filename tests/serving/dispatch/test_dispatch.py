"""Each dispatcher on replicas made by hand."""

from collections import Counter

import numpy as np
import pytest

from perfwise.errors import InvalidOption
from perfwise.kit.compiled import compiled
from perfwise.serving.dispatch.least_loaded import LeastLoaded
from perfwise.serving.dispatch.power_of_two import PowerOfTwo
from perfwise.serving.dispatch.round_robin import RoundRobin
from tests.serving.hook_rows import replicas_of, shape_of
from tests.serving.small_runs import serve, trace_of

ROWS = trace_of((0, 1, 1)).rows()


def chosen(method, replicas, count, seed=0):
    state = method.state(shape_of(replicas=len(replicas), seed=seed))
    return [int(method.choose(0.0, ROWS, 0, replicas, state)) for _ in range(count)]


def test_round_robin_takes_turns():
    assert chosen(RoundRobin(), replicas_of(3), 7) == [0, 1, 2, 0, 1, 2, 0]


def test_least_loaded_counts_used_and_wanted_blocks_as_a_share():
    replicas = replicas_of(2, free_blocks=[40, 100], waiting_blocks=[0, 61])
    assert chosen(LeastLoaded(), replicas, 1) == [0]  # 60 and 61 of 100
    replicas.total_blocks[1], replicas.free_blocks[1] = 200, 200
    assert chosen(LeastLoaded(), replicas, 1) == [1]  # 61 of 200


def test_what_only_the_cache_keeps_is_not_load():
    assert chosen(LeastLoaded(), replicas_of(2, free_blocks=[90, 20], kept_blocks=[0, 75]), 1) == [1]


def test_the_first_of_equals_wins():
    assert chosen(LeastLoaded(), replicas_of(4), 1) == [0]


@pytest.mark.parametrize(("measure", "target"), [("memory", 0), ("waiting", 1), ("requests", 2)])
def test_load_is_what_the_measure_says(measure, target):
    replicas = replicas_of(3, free_blocks=[90, 80, 70], waiting=[2, 0, 1], holders=[5, 6, 3])
    assert chosen(LeastLoaded(measure), replicas, 1) == [target]


@pytest.mark.parametrize("method", [LeastLoaded, PowerOfTwo])
def test_another_measure_is_refused(method):
    with pytest.raises(InvalidOption, match="memory, waiting, requests"):
        method("mood")


def test_power_of_two_takes_the_less_loaded_of_two():
    replicas = replicas_of(5, free_blocks=[10, 30, 50, 70, 90])
    counts = Counter(chosen(PowerOfTwo(), replicas, 10000))
    # The least loaded of n is taken whenever it is drawn, 2/n; the next if the best is not beside it; the last never.
    expected = [0, 0.1, 0.2, 0.3, 0.4]
    assert counts[0] == 0
    assert [counts[index] / 10000 for index in range(5)] == pytest.approx(expected, abs=0.02)


def test_power_of_two_draws_by_its_seed():
    replicas = replicas_of(8)
    assert chosen(PowerOfTwo(), replicas, 50, seed=1) == chosen(PowerOfTwo(), replicas, 50, seed=1)
    assert chosen(PowerOfTwo(), replicas, 50, seed=1) != chosen(PowerOfTwo(), replicas, 50, seed=2)


def test_the_generator_is_minstd():
    """Park, Miller and Stockmeyer, CACM 36(7), 1993: from 1, the 10,000th number is 399268537."""
    choose, replicas, state = compiled(PowerOfTwo.choose), replicas_of(2), np.array([0.0, 1.0])
    for _ in range(5000):  # two draws for each
        choose(0.0, ROWS, 0, replicas, state)
    assert state[1] == 399268537


def test_power_of_two_draws_nothing_for_one_replica():
    state = PowerOfTwo().state(shape_of())
    before = state.copy()
    assert PowerOfTwo.choose(0.0, ROWS, 0, replicas_of(1), state) == 0
    assert np.array_equal(state, before)


def test_a_long_request_keeps_others_away_from_its_replica():
    run = serve((0, 900, 50), (0.01, 10, 5), (0.02, 10, 5), (0.03, 10, 5), replicas=2, dispatch=LeastLoaded())
    assert run.requests.replica.tolist() == [0, 1, 1, 1]
