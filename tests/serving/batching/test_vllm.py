import pytest

from perfwise.errors import InvalidCandidate
from perfwise.serving.batching.vllm import Vllm
from tests.serving.small_runs import serve, steps


def test_a_whole_prompt_stops_all_decodes():
    run = serve((0, 20, 3), (0.001, 100, 2), batching=Vllm())
    assert steps(run) == [(1, 20, 20), (1, 100, 100), (2, 2, 0), (1, 1, 0)]


def test_each_prompt_counts_as_the_longest():
    run = serve((0, 10, 1), (0, 20, 1), (0, 1, 1), batching=Vllm(40))
    assert steps(run) == [(2, 30, 30), (1, 1, 1)]


def test_a_prompt_over_the_budget_is_never_served_and_told():
    with pytest.raises(InvalidCandidate, match=r"request 1.*token budget.*\[stuck\]"):
        serve((0, 5, 1), (0, 41, 1), batching=Vllm(40))
