from perfwise.serving.batching.sarathi import Sarathi
from perfwise.serving.preemption.recompute import Recompute
from tests.serving.hook_rows import replicas_of, shape_of
from tests.serving.small_runs import serve, steps, trace_of


def test_what_was_made_becomes_prompt_and_the_rest_output():
    rows, (replica,) = trace_of((0, 10, 8)).rows(), replicas_of(1)
    rows.processed, rows.prefilled = 14, 1
    Recompute.evict(0, rows, 0, replica, Recompute().state(shape_of()))
    assert (rows.prompt[0], rows.output[0], rows.processed[0], rows.prefilled[0]) == (14, 4, 0, 0)


def test_the_last_that_runs_goes_first():
    rows, (replica,) = trace_of((0, 1, 1)).rows(), replicas_of(1)
    assert Recompute.victim(0, rows, 0, replica, [9, 8, 7, 6], 1, 3, Recompute().state(shape_of())) == 2


def test_a_restart_costs_its_tokens_again():
    # Three blocks of 8: the first decode takes the last one, the second request has none, and starts over with 9.
    run = serve((0, 8, 3), (0, 8, 2), blocks=3, block_tokens=8, batching=Sarathi())
    assert steps(run) == [(2, 16, 16), (1, 1, 0), (1, 1, 0), (1, 9, 9)]
    assert run.requests.restarts.tolist() == [0, 1]
    assert run.replicas.preemptions[0] == 1
    assert run.requests.first_token_s[1] == run.requests.first_token_s[0]  # the first one keeps its time
