import pytest

from perfwise.errors import InvalidOption
from perfwise.serving.batching.sarathi import Sarathi
from perfwise.serving.batching.vllm import Vllm
from perfwise.serving.preemption.swap import Swap
from tests.serving.small_runs import serve, steps

BASE_S, TOKEN_S = 2.0**-6, 2.0**-10


def swapped(batching, **options):
    """Three blocks of 8: the first decode takes the last one, and the second request has to go with 9 tokens."""
    requests = [(0, 8, 3), (0, 8, 3)]
    return serve(*requests, blocks=3, block_tokens=8, kv_bytes_per_token=1024.0, batching=batching, **options)


@pytest.mark.parametrize("batching", [Sarathi(), Vllm()])
def test_a_victim_goes_on_where_it_was(batching):
    run = swapped(batching, preemption=Swap())
    assert steps(run) == [(2, 16, 16), (1, 1, 0), (1, 1, 0), (1, 1, 0), (1, 1, 0)]
    assert run.requests.restarts.tolist() == [0, 1]
    assert (run.requests.prompt[1], run.requests.output[1], run.requests.swapped[1]) == (8, 3, 0)


def test_the_copies_out_and_back_delay_the_steps_after_them():
    run = swapped(Sarathi(), preemption=Swap(bandwidth_bytes_per_s=2.0**20, copy_s=0.5))
    copy_s = 0.5 + 8 * 1024 / 2**20  # 8 tokens are computed, the ninth is only made
    prefill_s, decode_s = BASE_S + 16 * TOKEN_S, BASE_S + TOKEN_S
    assert run.requests.completed_s[0] == prefill_s + (copy_s + decode_s) + decode_s
    assert run.requests.completed_s[1] == run.requests.completed_s[0] + (copy_s + decode_s) + decode_s
    assert run.replicas.busy_s[0] == run.requests.completed_s[1]


def test_a_half_processed_prompt_keeps_its_half():
    # The second has 15 of its 30 tokens when a decode finds no block free, comes back at once, and goes again with 26.
    run = serve(
        (0, 8, 4), (0, 30, 2), blocks=6, block_tokens=8, kv_bytes_per_token=1.0, batching=Sarathi(12), preemption=Swap()
    )
    assert run.requests.restarts.tolist() == [0, 2]
    assert sum(tokens for _, tokens, _ in steps(run)) == 8 + 3 + 30 + 1


@pytest.mark.parametrize(
    "options", [{"bandwidth_bytes_per_s": 0}, {"bandwidth_bytes_per_s": float("inf")}, {"copy_s": -1}]
)
def test_prices_that_cannot_be_are_refused(options):
    with pytest.raises(InvalidOption, match=next(iter(options))):
        Swap(**options)


def test_a_cluster_that_does_not_say_what_a_token_weighs_is_refused():
    with pytest.raises(InvalidOption, match="kv_bytes_per_token"):
        serve((0, 8, 3), preemption=Swap())
