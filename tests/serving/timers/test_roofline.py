import numpy as np
import pytest

from perfwise.catalog.devices import Device
from perfwise.catalog.models import Model
from perfwise.kit.compiled import compiled
from perfwise.serving.arithmetic import Formats, Plan
from perfwise.serving.contracts import STEP
from perfwise.serving.timers._compose import Datasheet, Host
from perfwise.serving.timers.roofline import Roofline

LLAMA, H100 = Model.named("llama-3-8b"), Device.named("h100_sxm")
FREE = Host(launch_s=0.0, graph_s=0.0)
PERFECT = Datasheet(H100, compute=1.0, attention=1.0, bandwidth=1.0, kernel_s=0.0, exchange_s=0.0)


def step(timer, decodes=0, context=0, prompts=0, length=0, before=0):
    row = np.zeros(1, STEP).view(np.recarray)[0]
    row.decodes, row.decode_context, row.longest_decode = decodes, decodes * context, context
    row.prefills, row.prefill_tokens = prompts, prompts * length
    row.prefill_pairs = prompts * (length * before + length * (length + 1) // 2)
    row.sampled, row.tokens = decodes + prompts, decodes + prompts * length
    timer.time(row, timer.state())
    return row


def test_one_decode_reads_all_weights_at_the_bandwidth():
    took = step(Roofline(LLAMA, H100, shares=PERFECT, host=FREE), decodes=1, context=1).stage_s
    weights = 2 * (LLAMA.parameters - LLAMA.vocab * LLAMA.hidden)  # the look-up reads one row of the embedding
    assert took == pytest.approx(weights / 3.35e12, rel=0.01)


def test_a_long_prompt_computes_at_the_peak():
    row = step(Roofline(LLAMA, H100, shares=PERFECT, host=FREE), prompts=1, length=8192)
    assert row.flops / row.stage_s == pytest.approx(989e12, rel=0.1)
    assert row.flops / row.stage_s < 989e12


def test_context_adds_the_reading_of_keys_and_values():
    timer = Roofline(LLAMA, H100, shares=PERFECT, host=FREE)
    longer = step(timer, decodes=16, context=8192).stage_s - step(timer, decodes=16, context=4096).stage_s
    assert longer == pytest.approx(16 * 4096 * 131_072 / 3.35e12, rel=0.01)


def test_a_chunk_behind_context_costs_more_than_one_at_the_start():
    timer = Roofline(LLAMA, H100)
    assert step(timer, prompts=1, length=512, before=8192).stage_s > step(timer, prompts=1, length=512).stage_s


def test_small_batches_last_as_long_as_the_host_launches():
    slow = Roofline(LLAMA, H100, host=Host(launch_s=1e-4, graph_s=0.05, graph_members=8))
    assert step(slow, decodes=1, context=16).stage_s == pytest.approx(0.05)
    assert step(slow, decodes=9, context=16).stage_s > 32 * 10 * 1e-4  # beyond the recorded batches: kernel by kernel


def test_the_host_overhead_is_added_to_every_step():
    plain, slow = Roofline(LLAMA, H100, host=FREE), Roofline(LLAMA, H100, host=Host(0.0, 0.0, overhead_s=0.003))
    assert step(slow, 4, 100).stage_s == pytest.approx(step(plain, 4, 100).stage_s + 0.003)


def test_fp8_halves_what_a_decode_reads():
    wide, narrow = Roofline(LLAMA, H100, host=FREE), Roofline(LLAMA, H100, formats=Formats("fp8"), host=FREE)
    assert 0.5 < step(narrow, 1, 1).stage_s / step(wide, 1, 1).stage_s < 0.7


def test_stages_divide_the_layers_and_the_last_has_the_head():
    row = step(Roofline(LLAMA, H100, Plan(pipeline=2), shares=PERFECT, host=FREE), 1, 1)
    whole = step(Roofline(LLAMA, H100, shares=PERFECT, host=FREE), 1, 1)
    head_s = 2 * LLAMA.vocab * LLAMA.hidden / 3.35e12
    assert row.last_stage_s == pytest.approx((whole.stage_s - head_s) / 2 + head_s, rel=0.01)
    assert row.stage_s < row.last_stage_s


def test_more_gpus_are_faster_but_not_in_proportion():
    alone, eight = step(Roofline(LLAMA, H100, host=FREE), 1, 1), step(Roofline(LLAMA, H100, Plan(8), host=FREE), 1, 1)
    assert alone.stage_s / 8 < eight.stage_s < alone.stage_s


def test_few_tokens_touch_few_experts():
    timer = Roofline(Model.named("qwen3-30b-a3b"), H100, shares=PERFECT, host=FREE)
    assert step(timer, 1, 1).stage_s < step(timer, 64, 1).stage_s / 4


def test_the_source_says_roofline():
    assert "roofline" in Roofline(LLAMA, H100).source


def test_identity_follows_everything_that_decides():
    made = [Roofline(LLAMA, H100), Roofline(LLAMA, H100, Plan(2)), Roofline(LLAMA, H100, host=FREE)]
    assert len({timer.identity for timer in made}) == 3
    assert Roofline(LLAMA, H100).identity == made[0].identity


def test_compiled_and_plain_give_the_same():
    pytest.importorskip("numba")
    timer = Roofline(LLAMA, H100, Plan(2, 2))
    fast, state, random = compiled(timer.time), timer.state(), np.random.default_rng(3)
    for _ in range(200):
        decodes, prompts, length = (int(random.integers(0, most)) for most in (5000, 3, 20000))
        row = step(timer, decodes, int(random.integers(1, 10**6)), prompts if decodes else 1, max(length, 1))
        other = row.copy()
        other.stage_s = other.last_stage_s = -1.0
        fast(other, state)
        assert row == other
