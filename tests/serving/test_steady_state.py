from dataclasses import replace

import pytest

from perfwise.serving.arithmetic import Formats, Plan
from perfwise.serving.steady_state import Configuration, Refused, terms

LLAMA = Configuration("llama-3-8b", "h100_sxm", "trtllm", prompt=1024, output=128, concurrency=16)


def test_the_others_prompts_lengthen_the_steps_of_an_answer():
    found = terms(LLAMA)
    assert found.running == found.offered == 16
    assert found.stall_s == pytest.approx(15 / 128 * (found.mixed_s - found.decode_s))
    assert found.wait_s == 0.0


def test_one_client_stalls_nobody():
    assert terms(replace(LLAMA, concurrency=1)).stall_s == 0.0


def test_a_longer_answer_has_fewer_stalls_and_a_longer_context():
    short, long = terms(LLAMA), terms(replace(LLAMA, output=1024))
    assert long.stall_s < short.stall_s / 7
    assert long.decode_s > short.decode_s


def test_what_memory_does_not_hold_waits_for_whole_answers():
    found = terms(replace(LLAMA, prompt=100_000, concurrency=40))
    assert found.running < 40
    answer_s = 128 * (found.decode_s + found.stall_s)
    assert found.wait_s == pytest.approx((40 - found.running) / found.running * answer_s)


def test_prompts_of_their_own_workers_stall_no_decode():
    apart = replace(LLAMA, prefill_plan=Plan(2), prefill_workers=2)
    assert apart.mode == "disagg"
    assert apart.devices == 2 * 2 + 1
    found = terms(apart)
    assert found.stall_s == 0.0
    assert found.prompt_s < terms(LLAMA).prompt_s  # two GPUs a prompt
    assert found.later_s == found.prompt_s
    assert found.first_s == pytest.approx(16 / 2 * found.prompt_s, rel=0.2)  # half of the clients a worker


def test_attention_copies_share_the_clients():
    split = replace(LLAMA, model="qwen3-235b-a22b", plan=Plan(1, data=8, expert=8), formats=Formats("fp8_block"))
    assert terms(split).offered == 2


def test_operators_are_measured_on_h100_only():
    assert terms(LLAMA).measured
    assert not terms(replace(LLAMA, system="b200_sxm")).measured


def test_a_model_that_does_not_fit_is_refused_with_its_reason():
    with pytest.raises(Refused, match="16 GB") as caught:
        terms(replace(LLAMA, system="v100_pcie"))
    assert caught.value.reason == "does-not-fit"


def test_a_prompt_comes_behind_those_of_the_clients_before_it():
    found = terms(LLAMA)
    assert 1.5 * found.prompt_s < found.later_s < found.first_s
    assert terms(replace(LLAMA, concurrency=1)).later_s == pytest.approx(found.prompt_s, rel=0.01)


def test_between_two_completions_is_a_share_of_an_answer():
    found = terms(LLAMA)
    assert found.turn_s == pytest.approx(128 * (found.decode_s + found.stall_s) / 16)


def test_an_engine_that_runs_prompts_first_keeps_its_clients_in_one_wave():
    first = terms(replace(LLAMA, backend="sglang"))
    assert first.later_s == pytest.approx(first.first_s, rel=0.05)
