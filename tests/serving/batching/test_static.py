import pytest

from perfwise.serving.batching.static import Static
from perfwise.serving.memory.reserved import Reserved
from tests.serving.small_runs import serve, steps


def test_nobody_joins_a_batch_before_all_of_it_have_ended():
    run = serve((0, 4, 3), (0, 4, 1), (0, 4, 2), max_requests=2, batching=Static())
    assert steps(run) == [(2, 8, 8), (1, 1, 0), (1, 1, 0), (1, 4, 4), (1, 1, 0)]
    assert run.requests.scheduled_s[2] == run.requests.completed_s[0]


def test_a_batch_starts_with_those_who_are_there():
    run = serve((0, 4, 2), (0.001, 4, 1), (0.002, 4, 1), batching=Static())
    assert steps(run) == [(1, 4, 4), (1, 1, 0), (2, 8, 8)]


def test_a_request_that_ends_is_served_at_once():
    run = serve((0, 4, 9), (0, 4, 1), batching=Static())
    assert run.requests.completed_s[1] == run.requests.first_token_s[0] == 2**-6 + 8 * 2**-10


def test_memory_limits_a_batch():
    run = serve((0, 16, 17), (0, 16, 1), (0, 1, 1), blocks=3, batching=Static(), memory=Reserved())
    assert steps(run)[0] == (1, 16, 16)  # 3 blocks for the first
    assert steps(run)[-1] == (2, 17, 17)


@pytest.mark.parametrize("requests", [1, 2, 3])
def test_each_pipeline_stage_has_a_batch_of_its_own(requests):
    run = serve(*[(0, 4, 2)] * requests, max_requests=2, stages=2, batching=Static())
    step_s = [2**-6 + 4 * 2**-10, 2**-6 + 2**-10]
    starts = run.requests.scheduled_s.tolist()
    # Two batches of one request each are in flight; the third starts where the first leaves a place free.
    first_ends = 3 * step_s[0] + step_s[1]  # its decode waits in the second stage for the second one's prompt
    assert starts == [0, 0, first_ends][:requests]


def test_a_victim_waits_for_the_rest_of_its_batch():
    # Each prompt fills a block of 8; the first decode takes the third, and the second request finds none.
    run = serve((0, 8, 3), (0, 8, 2), blocks=3, block_tokens=8, batching=Static())
    assert steps(run) == [(2, 16, 16), (1, 1, 0), (1, 1, 0), (1, 9, 9)]
    assert run.requests.restarts.tolist() == [0, 1]
