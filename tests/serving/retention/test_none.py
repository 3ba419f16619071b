from perfwise.serving.retention.none import Nothing
from perfwise.serving.simulator import Cluster
from tests.serving.small_runs import prefixed, served, steps


def test_an_equal_prompt_is_computed_again():
    trace = prefixed([(0, 9, 1), (1, 9, 1)], ["ab", "ab"], prefix_tokens=4)
    run = served(trace, Cluster(100), plain=True, retention=Nothing())
    assert steps(run) == [(1, 9, 9)] * 2
    assert run.requests.hit_tokens.tolist() == [0, 0]
    assert run.replicas.free_blocks[0] == 100
