from perfwise.serving.batching.sarathi import Sarathi
from tests.serving.small_runs import serve, steps


def test_decodes_go_on_beside_the_chunks_of_a_prompt():
    run = serve((0, 5, 4), (0, 20, 1), batching=Sarathi(8))
    assert steps(run) == [(2, 8, 8), (2, 8, 7), (2, 8, 7), (2, 4, 3)]
    assert run.requests.worst_gap_s[0] == 2**-6 + 8 * 2**-10


def test_a_prompt_waits_while_decodes_use_up_the_chunk():
    run = serve((0, 1, 3), (0, 1, 2), (0, 2, 1), batching=Sarathi(2))
    assert steps(run) == [(2, 2, 2), (2, 2, 0), (2, 2, 1), (1, 1, 1)]


def test_a_chunk_of_one_token_still_serves():
    run = serve((0, 3, 2), batching=Sarathi(1))
    assert steps(run) == [(1, 1, 1)] * 3 + [(1, 1, 0)]
