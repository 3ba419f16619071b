from perfwise.serving.batching.orca import Orca
from perfwise.serving.memory.reserved import Reserved
from tests.serving.small_runs import serve, steps


def test_a_prompt_joins_whole_as_soon_as_there_is_a_place():
    run = serve((0, 4, 3), (0, 4, 1), (0, 40, 2), max_requests=2, batching=Orca())
    assert steps(run) == [(2, 8, 8), (2, 41, 40), (2, 2, 0)]
    assert run.requests.scheduled_s[2] == run.requests.completed_s[1]


def test_a_decode_waits_for_the_prompt_beside_it():
    run = serve((0, 4, 3), (0.001, 400, 1), batching=Orca())
    assert steps(run) == [(1, 4, 4), (2, 401, 400), (1, 1, 0)]
    assert run.requests.worst_gap_s[0] == 2**-6 + 401 * 2**-10


def test_those_who_came_first_go_first():
    # Three run, two have a place in a batch: with two stages, a batch has half of four requests.
    run = serve((0, 4, 3), (0, 4, 3), (0, 4, 3), max_requests=4, stages=2, batching=Orca())
    first, second, third = run.requests.completed_s
    assert first == second < third


def test_no_more_members_than_the_replica_allows():
    run = serve(*[(0, 4, 2)] * 5, max_requests=2, batching=Orca())
    assert max(members for members, _, _ in steps(run)) == 2
    assert len(steps(run)) == 6


def test_with_memory_for_the_longest_it_is_the_papers_system():
    # 64 tokens for each of the 4-token requests: 2 of them fill 8 blocks of 16.
    run = serve(*[(0, 4, 2)] * 3, blocks=8, batching=Orca(), memory=Reserved("longest", 64))
    assert steps(run) == [(2, 8, 8), (2, 2, 0), (1, 4, 4), (1, 1, 0)]
