import numpy as np
import pytest

from perfwise.catalog.devices import Device
from perfwise.catalog.models import Model
from perfwise.errors import InvalidOption
from perfwise.serving.arithmetic import Attention, Experts, Formats, Plan, Work

LLAMA, DEEPSEEK = Model.named("llama-3-8b"), Model.named("deepseek-v3")


def one(value):
    return np.array([float(value)])


def test_weights_of_llama_3_8b_are_two_bytes_a_parameter():
    assert Work(LLAMA, Plan(), Formats()).weight_bytes == pytest.approx(2 * 8.03e9, rel=1e-3)


def test_eight_gpus_hold_an_eighth_of_the_weights_and_one_head_of_keys_each():
    work = Work(LLAMA, Plan(tensor=8), Formats())
    assert work.weight_bytes == pytest.approx(2 * 8.03e9 / 8, rel=1e-3)
    assert work.kv_bytes_per_token == 131_072 / 8


def test_heads_of_keys_are_replicated_beyond_their_number():
    assert Work(LLAMA, Plan(tensor=16), Formats()).kv_bytes_per_token == 131_072 / 8


def test_deepseek_keeps_the_whole_latent_on_every_gpu():
    assert Work(DEEPSEEK, Plan(tensor=8, expert=8), Formats("fp8")).kv_bytes_per_token == 61 * 576 * 2


def test_pipeline_stages_share_layers_and_their_keys():
    whole, half = Work(LLAMA, Plan(), Formats()), Work(LLAMA, Plan(pipeline=2), Formats())
    assert half.weight_bytes == whole.weight_bytes / 2
    assert half.kv_bytes_per_token == whole.kv_bytes_per_token / 2


def test_a_decode_of_llama_computes_twice_its_weights_for_each_token():
    layer_weights = sum(
        each.k * each.n * each.count for each in Work(LLAMA, Plan(), Formats()).linears if not each.sampled
    )
    assert layer_weights == 32 * 218_103_808
    assert Work(LLAMA, Plan(), Formats()).flops(tokens=3, sampled=0, pairs=0) == 2 * 3 * layer_weights


def test_a_pair_of_query_and_key_costs_four_flops_for_each_width_of_each_head():
    assert Work(LLAMA, Plan(tensor=2), Formats()).flops(0, 0, pairs=1) == 4 * 32 * 32 * 128


def test_experts_touched_follow_uniform_routing():
    experts = Experts(64, 32, experts=8, active=2, tensor=1, groups=1, data=1, dtype="bf16", count=1)
    assert experts.touched(one(1))[0] == pytest.approx(2)
    assert experts.touched(one(2))[0] == pytest.approx(8 * (1 - 0.75**2))
    assert experts.touched(one(1000))[0] == pytest.approx(8)


def test_expert_groups_divide_experts_and_work():
    whole = Experts(64, 32, experts=8, active=2, tensor=1, groups=1, data=1, dtype="bf16", count=1)
    split = Experts(64, 32, experts=8, active=2, tensor=1, groups=4, data=1, dtype="bf16", count=1)
    assert split.flops(one(10))[0] == whole.flops(one(10))[0] / 4 == 6 * 10 * 2 * 64 * 32 / 4
    assert split.touched(one(10))[0] == whole.touched(one(10))[0] / 4


def test_a_window_bounds_the_keys_that_are_read():
    attention = Attention(8, 8, 64, 64, kv_bytes_per_token=100.0, dtype="bf16", count=1, window=128)
    assert attention.decode_bytes(one(2), one(1000))[0] == 2 * 128 * 100
    assert attention.decode_bytes(one(2), one(50))[0] == 2 * 50 * 100


def test_capacity_is_what_weights_and_reserve_leave():
    work = Work(LLAMA, Plan(), Formats())
    device = Device.named("a100_sxm")
    free = device.memory_bytes * 0.9 - work.weight_bytes - 4e9
    assert work.kv_tokens(device) == pytest.approx(free / 131_072)


def test_a_model_that_does_not_fit_has_negative_capacity():
    assert Work(DEEPSEEK, Plan(), Formats("fp8")).kv_tokens(Device.named("h100_sxm")) < 0


@pytest.mark.parametrize("make", [lambda: Plan(tensor=0), lambda: Plan(tensor=2, expert=3), lambda: Formats("fp7")])
def test_impossible_plans_and_formats_are_refused(make):
    with pytest.raises(InvalidOption):
        make()


def test_heads_that_gpus_cannot_share_are_refused():
    with pytest.raises(InvalidOption, match="cannot share"):
        Work(LLAMA, Plan(tensor=3), Formats())
