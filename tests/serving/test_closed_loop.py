import pytest

from perfwise.serving.batching.orca import Orca
from perfwise.serving.batching.vllm import Vllm
from perfwise.serving.closed_loop import ClosedLoop, first_tokens
from tests.serving.small_runs import Linear

STEP_S, TOKEN_S = 2.0**-6, 2.0**-10


def test_one_client_waits_for_its_own_prompt_alone():
    found = first_tokens(ClosedLoop(1, 32, 4), Linear(), Orca())
    assert found.first_s == STEP_S + 32 * TOKEN_S
    assert found.later_s == pytest.approx(found.first_s)


def test_prompts_first_keep_all_clients_in_one_wave():
    # No decode runs while prompts wait, so all answers end together and all next prompts come together.
    found = first_tokens(ClosedLoop(8, 32, 4), Linear(), Vllm(32))
    assert found.first_s == pytest.approx((1 + 8) / 2 * (STEP_S + 32 * TOKEN_S))
    assert found.later_s == pytest.approx(found.first_s)


def test_a_step_with_prompts_makes_the_next_one_wait_for_it():
    # Prompts one a step: the answers end one a step, too, and whose answer ended waits for the prompt before it.
    loop, timer = ClosedLoop(8, 32, 40, turnaround_s=0.001), Linear()
    found = first_tokens(loop, timer, Vllm(32))
    alone_s = first_tokens(ClosedLoop(1, 32, 40), timer, Vllm(32)).later_s
    assert alone_s < found.later_s


def test_drawn_lengths_are_the_same_each_time_and_no_longer_than_the_most():
    drawn = ClosedLoop(4, 100, 20, shortest=0.5)
    assert first_tokens(drawn, Linear(), Orca()) == first_tokens(drawn, Linear(), Orca())
    assert (
        first_tokens(drawn, Linear(), Orca()).first_s < first_tokens(ClosedLoop(4, 100, 20), Linear(), Orca()).first_s
    )


def test_more_clients_than_are_simulated_wait_in_proportion(monkeypatch):
    monkeypatch.setattr("perfwise.serving.closed_loop._MOST_CLIENTS", 8)
    eight, more = (first_tokens(ClosedLoop(clients, 32, 4), Linear(), Vllm(32)) for clients in (8, 24))
    assert more.first_s == pytest.approx(3 * eight.first_s)


def test_an_answer_without_end_is_cut_short(monkeypatch):
    monkeypatch.setattr("perfwise.serving.closed_loop._MOST_TOKENS", 1000)
    short, endless = (first_tokens(ClosedLoop(2, 32, output), Linear(), Orca()) for output in (50, 10**9))
    assert short == endless
