import pytest

from perfwise.errors import InvalidCandidate, InvalidOption
from perfwise.serving.batching.inflight import Inflight
from tests.serving.small_runs import serve, steps


def test_whole_prompts_join_the_decodes_while_they_fit():
    # Beside the first request's token 39 are left: for the prompt of 30, not for that of 20 behind it.
    run = serve((0, 4, 4), (0.001, 30, 2), (0.001, 20, 1), batching=Inflight(40))
    assert steps(run) == [(1, 4, 4), (2, 31, 30), (3, 22, 20), (1, 1, 0)]


def test_a_prompt_over_the_budget_is_never_served_and_told():
    with pytest.raises(InvalidCandidate, match=r"request 1.*token budget.*\[stuck\]"):
        serve((0, 4, 3), (0.001, 41, 1), batching=Inflight(40))


def test_an_overlapped_step_knows_only_who_came_before_the_last_one_began():
    # The second request comes during the first step, so the second step is planned without it.
    requests = (0, 4, 4), (0.001, 30, 1)
    assert steps(serve(*requests, batching=Inflight(40)))[1] == (2, 31, 30)
    overlapped = serve(*requests, batching=Inflight(40, overlapped=True))
    assert steps(overlapped) == [(1, 4, 4), (1, 1, 0), (2, 31, 30), (1, 1, 0)]


def test_an_idle_replica_begins_at_once():
    run = serve((0, 4, 1), (1.0, 4, 1), batching=Inflight(40, overlapped=True))
    assert run.requests.scheduled_s.tolist() == [0.0, 1.0]


def test_a_budget_of_nothing_is_refused():
    with pytest.raises(InvalidOption, match="at least 1, not 0"):
        Inflight(0)
