"""What every arrival process and every source of lengths promises."""

import pickle

import numpy as np
import pytest

from perfwise.core.family import Family
from perfwise.serving.trace import Lengths, Trace

ARRIVALS = Family("perfwise.serving.arrivals")
LENGTHS = Family("perfwise.serving.lengths")
RECORDED_S = np.cumsum(np.random.default_rng(1).exponential(size=300))
RECORDED = Lengths(np.arange(1, 41), np.arange(41, 81))
NEEDED = {"sampled": (RECORDED,)}


@pytest.fixture(params=ARRIVALS.names())
def arrivals(request):
    return ARRIVALS.get(request.param)()


@pytest.fixture(params=LENGTHS.names())
def lengths(request):
    return LENGTHS.get(request.param)(*NEEDED.get(request.param, ()))


def test_the_named_methods_are_there():
    assert {"gamma", "poisson", "replay"} <= set(ARRIVALS.names())
    assert {"fixed", "sampled", "uniform"} <= set(LENGTHS.names())


@pytest.mark.parametrize("info", [*ARRIVALS.describe(), *LENGTHS.describe()], ids=lambda info: info.name)
def test_docstring_summarises_and_cites(info):
    assert info.summary.endswith((".", ";", ":"))
    assert len(info.source) > 20


@pytest.mark.parametrize("count", [1, 300])
def test_times_make_a_trace(arrivals, count):
    times = arrivals.times(count, 7, RECORDED_S)
    assert times.dtype == np.float64
    assert len(Trace("t", times, np.ones(count), np.ones(count))) == count


def test_no_times_are_no_times(arrivals, lengths):
    assert arrivals.times(0, 7, RECORDED_S).shape == (0,)
    assert lengths.lengths(0, 7).prompt.shape == (0,)


def test_times_are_pure_under_a_seed_and_leave_recorded_ones_alone(arrivals):
    before = RECORDED_S.copy()
    assert arrivals.times(50, 3, RECORDED_S).tobytes() == arrivals.times(50, 3, RECORDED_S).tobytes()
    assert RECORDED_S.tobytes() == before.tobytes()


def test_fewer_requests_are_the_beginning_of_more(arrivals):
    assert arrivals.times(20, 3, RECORDED_S).tolist() == arrivals.times(50, 3, RECORDED_S)[:20].tolist()


def test_a_random_process_differs_by_seed(arrivals):
    same = arrivals.times(20, 3, RECORDED_S).tolist() == arrivals.times(20, 4, RECORDED_S).tolist()
    assert same == (type(arrivals).__name__ == "Replay")


@pytest.mark.parametrize("count", [1, 100])
def test_lengths_are_whole_and_at_least_one(lengths, count):
    drawn = lengths.lengths(count, 7)
    for tokens in (drawn.prompt, drawn.output):
        assert (tokens.shape, tokens.dtype) == ((count,), np.int64)
        assert tokens.min() >= 1


def test_lengths_are_pure_under_a_seed(lengths):
    first, second = lengths.lengths(50, 3), lengths.lengths(50, 3)
    assert (first.prompt.tolist(), first.output.tolist()) == (second.prompt.tolist(), second.output.tolist())


def test_methods_survive_a_process_boundary(arrivals, lengths):
    assert pickle.loads(pickle.dumps(arrivals)) == arrivals
    assert pickle.loads(pickle.dumps(lengths)).lengths(9, 1).prompt.tolist() == lengths.lengths(9, 1).prompt.tolist()
