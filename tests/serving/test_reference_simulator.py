"""The reference itself: each of Vidur's rules on a case worked by hand, and Vidur's own runs, time by time.

Most hand-worked cases ask who was in which batch, which no step time decides.
"""

import csv
import gzip
import json
import random
from collections import deque

import numpy as np
import pytest

from tests.data_folder import shared
from tests.serving.reference_simulator import (
    OutsideTables,
    Replica,
    Request,
    Result,
    Settings,
    Tables,
    Unfinished,
    load_tables,
    simulate,
    toy_arrays,
    toy_tables,
)

A, B, C, D, E = range(5)


def sarathi(*requests, **settings) -> Result:
    return simulate(requests, toy_tables(), scheduler="sarathi", keep_batches=True, **settings)


def vllm(*requests, **settings) -> Result:
    return simulate(requests, toy_tables(), scheduler="vllm", keep_batches=True, **settings)


def formed(result: Result) -> list[list[tuple[int, int]]]:
    return [batch.members for batch in result.batches]


def decoding(index: int, arrival_s: float, processed: int) -> Request:
    return Request(index, arrival_s, 1, 100, processed=processed, prefilled=True)


def part_prefilled(index: int, arrival_s: float, prompt: int, processed: int) -> Request:
    return Request(index, arrival_s, prompt, 100, processed=processed)


def replica(running: list[Request], *, free: int, waiting: tuple[Request, ...] = (), **settings) -> Replica:
    """As in the middle of a run: who runs holds the blocks of 16 tokens that it needs, and `free` are left."""
    made = Replica(0, Settings(blocks=0, **settings))
    made.running, made.waiting, made.pool.free = running, deque(waiting), free
    made.pool.held = {each: -(-max(each.prompt, each.processed) // 16) for each in running}
    return made


def indices(requests) -> list[int]:
    return [request.index for request in requests]


# Step time


def test_a_prefill_and_a_decode_take_what_the_tables_say():
    (request,) = sarathi((0.5, 20, 2)).requests
    prefill_ms = 2 * (4.5 + 9 * 0.24 + 0.020 + 0.40)  # 20 tokens count as 24 except where they are saved
    decode_ms = 2 * (4.5 + 9 * 0.08 + 0.001 + 0.23)  # one request, context 21 -> row 1
    assert request.scheduled_s == 0.5
    assert request.first_token_s == pytest.approx(0.5 + prefill_ms / 1e3, rel=1e-14)
    assert request.completed_s == pytest.approx(0.5 + (prefill_ms + decode_ms) / 1e3, rel=1e-14)


def test_several_decodes_read_their_mean_context_and_pay_a_tenth_more():
    truncated = [(decoding(A, 0, 63), 1), (decoding(B, 0, 66), 1)]  # mean 64.5 -> 64 -> row 1
    above = [(decoding(A, 0, 64), 1), (decoding(B, 0, 66), 1)]  # mean 65 -> row 2
    assert toy_tables().block_ms(truncated) == pytest.approx(4.5 + 0.72 + 0.002 + 1.1 * 0.43, rel=1e-14)
    assert toy_tables().block_ms(above) == pytest.approx(4.5 + 0.72 + 0.002 + 1.1 * 0.46, rel=1e-14)


def test_several_prefills_round_each_context_up_and_take_the_root_of_squares():
    members = [(part_prefilled(A, 0, 99, 1), 5), (part_prefilled(B, 0, 99, 64), 6), (decoding(C, 0, 5), 1)]
    prefill_ms = 1.1 * (0.05 * (1 + 1) + 0.02 * 8)  # root of 61 is 7.81
    assert toy_tables().block_ms(members) == pytest.approx(4.5 + 9 * 0.16 + 0.012 + 0.23 + prefill_ms, rel=1e-14)


class Term(str):
    """A number that tells how it was added."""

    def __add__(self, other: str) -> "Term":
        return Term(f"({self} + {other})")

    def __mul__(self, factor: float) -> "Term":
        return self


def test_operators_are_added_in_vidurs_order():
    names = {"decode_ms_by_batch_kv64": "decode", "prefill_ms_by_kv64_chunk": "prefill"}
    arrays = {name: [Term(name.removesuffix("_ms_by_tokens"))] * 20 for name in toy_arrays()}
    arrays |= {name: [[Term(short)] * 20] * 20 for name, short in names.items()}
    told = Tables(arrays, layers=1).block_ms([(decoding(A, 0, 5), 1), (part_prefilled(B, 0, 9, 0), 4)])
    attention = "((((((attn_pre_proj + attn_post_proj) + attn_rope) + attn_kv_cache_save) + decode) + prefill)"
    mlp = "(((mlp_up_proj + mlp_down_proj) + mlp_act) + post_attention_layernorm)"
    assert told == f"(({attention} + input_layernorm) + {mlp}) + add)"


def test_the_summed_table_differs_by_rounding_only():
    members = [(part_prefilled(A, 0, 99, 1), 4), (decoding(B, 0, 64), 1)]
    by_operator, summed = (toy_tables(per_operator=each).block_ms(members) for each in (True, False))
    assert summed == pytest.approx(by_operator, rel=1e-14)


def test_a_saved_npz_gives_the_same_tables(tmp_path):
    np.savez(tmp_path / "toy.npz", **toy_arrays())
    assert load_tables(tmp_path / "toy.npz", layers=2) == Tables(
        {name: array.tolist() for name, array in toy_arrays().items()}, layers=2
    )


@pytest.mark.parametrize(
    "members",
    [
        [(part_prefilled(A, 0, 513, 0), 513)],
        [(decoding(i, 0, 5), 1) for i in range(17)],
        [(decoding(A, 0, 1025), 1)],
        [(part_prefilled(A, 0, 999, 961), 1), (part_prefilled(B, 0, 999, 1), 1)],
    ],
)
def test_a_step_outside_the_tables_is_refused(members):
    with pytest.raises(OutsideTables):
        toy_tables().block_ms(members)


# State of a request


def test_a_request_with_one_output_token_ends_with_its_prefill():
    result = sarathi((0, 20, 1))
    (request,) = result.requests
    assert (result.iterations, request.first_token_s) == (1, request.completed_s)
    assert result.end_s == request.completed_s


def test_further_tokens_take_a_decode_each():
    assert sarathi((0, 20, 5)).iterations == 5
    assert vllm((0, 20, 5)).iterations == 5


def test_a_restart_makes_what_was_processed_the_prompt():
    # Two blocks of 8 hold the prompt of 9; the decode finds none free, though its 10th token would fit.
    result = sarathi((0, 9, 2), blocks=2, block_size=8)
    (request,) = result.requests
    assert formed(result) == [[(A, 9)], [(A, 10)]]
    assert (request.prompt, request.output, request.restarts, result.restarts) == (10, 1, 1, 1)
    assert request.scheduled_s == 0
    assert request.first_token_s < request.completed_s


def test_a_victim_in_its_prompt_turns_unprocessed_prompt_into_output():
    # A takes one block and 11 tokens of B's 30 all the other four, so A's first decode evicts B at 11.
    result = sarathi((0, 1, 3), (0, 30, 2), chunk=12, blocks=5, block_size=8)
    first, victim = result.requests
    assert (victim.prompt, victim.output, victim.restarts, first.restarts) == (11, 21, 1, 0)
    assert formed(result)[:3] == [[(A, 1), (B, 11)], [(A, 1), (B, 11)], [(A, 1), (B, 1)]]
    assert victim.first_token_s == result.batches[2].time_s
    assert result.iterations == 2 + 20


# Memory


def test_admission_leaves_the_watermark_and_a_decode_may_use_it():
    assert sarathi((0, 198, 3), blocks=200, block_size=1).restarts == 0  # watermark 2; 198, then 199, then 200 held
    with pytest.raises(Unfinished) as caught:
        sarathi((0, 20, 1), (0, 199, 3), blocks=200, block_size=1)
    assert caught.value.indices == [B]


def test_the_watermark_is_rounded_down():
    assert sarathi((0, 99, 1), blocks=99, block_size=1).iterations == 1
    assert sarathi((0, 198, 1), blocks=199, block_size=1).iterations == 1
    with pytest.raises(Unfinished):
        sarathi((0, 199, 1), blocks=199, block_size=1)


def test_a_block_is_taken_only_when_the_last_is_full():
    # Blocks of 4: held 1 for 4 tokens, 2 from the decode of the 5th, 3 from that of the 9th: all of them.
    assert sarathi((0, 4, 6), blocks=3, block_size=4).restarts == 0
    result = sarathi((0, 4, 7), blocks=3, block_size=4)  # the 10th finds none free
    assert (result.restarts, result.iterations) == (1, 7)
    assert formed(result)[-1] == [(A, 10)]


def test_no_more_requests_hold_memory_than_the_cap():
    requests = [(0, 3, 3), (0, 3, 2), (0, 3, 1)]
    decodes = [(A, 1), (B, 1)]
    assert formed(sarathi(*requests, batch_cap=2)) == [[(A, 3), (B, 3)], decodes, [(A, 1), (C, 3)]]
    assert formed(vllm(*requests, batch_cap=2)) == [[(A, 3), (B, 3)], decodes, [(C, 3)], [(A, 1)]]


# vLLM's scheduler


def test_vllm_stops_all_decodes_for_a_whole_prompt():
    result = vllm((0, 20, 3), (0.001, 100, 2))
    assert formed(result) == [[(A, 20)], [(B, 100)], [(A, 1), (B, 1)], [(A, 1)]]


def test_vllm_counts_each_prompt_as_the_longest():
    assert formed(vllm((0, 10, 1), (0, 20, 1), (0, 1, 1), max_batch_tokens=40)) == [[(A, 10), (B, 20)], [(C, 1)]]
    assert formed(vllm((0, 20, 1), (0, 1, 1), (0, 1, 1), max_batch_tokens=40)) == [[(A, 20), (B, 1)], [(C, 1)]]
    assert formed(vllm((0, 10, 1), (0, 20, 1), max_batch_tokens=39)) == [[(A, 10)], [(B, 20)]]


def test_vllm_decodes_in_order_of_arrival_up_to_the_cap():
    late, first, second = decoding(A, 3, 5), decoding(B, 1, 5), decoding(C, 1, 5)
    made = replica([late, first, second], free=9, scheduler="vllm", batch_cap=4, stages=2)
    assert made.build() == [(first, 1), (second, 1)]
    assert made.running == [late]


def test_vllm_victims_queue_in_front_and_hold_up_who_came_later():
    # A's first decode evicts C; B finds nobody left to evict and goes itself. D would fit at once but waits behind.
    result = vllm((0, 4, 6), (0, 4, 6), (0, 4, 6), (0, 1, 1), blocks=3, block_size=4)
    alone = [[(A, 1)]] * 5
    again = [[(B, 5)]] + [[(B, 1)]] * 4
    assert formed(result) == [[(A, 4), (B, 4), (C, 4)], *alone, *again, [(C, 5), (D, 1)], *[[(C, 1)]] * 4]
    assert [request.restarts for request in result.requests] == [0, 1, 1, 0]


def test_vllm_sleeps_until_an_arrival_when_a_lone_request_outgrew_memory():
    result = vllm((0, 9, 2), (1, 1, 1), blocks=2, block_size=8)
    assert formed(result) == [[(A, 9)], [(A, 10)], [(B, 1)]]
    assert result.batches[1].time_s == 1
    with pytest.raises(Unfinished) as caught:
        vllm((0, 9, 2), blocks=2, block_size=8)
    assert caught.value.indices == [A]


# Sarathi's scheduler


def test_sarathi_fills_a_batch_of_decodes_with_a_chunk():
    result = sarathi((0, 5, 4), (0, 20, 1), chunk=8)
    assert formed(result) == [[(A, 5), (B, 3)], [(A, 1), (B, 7)], [(A, 1), (B, 7)], [(A, 1), (B, 3)]]
    assert result.requests[B].first_token_s == result.end_s


def test_sarathi_skips_a_prompt_that_no_token_is_left_for():
    running = [part_prefilled(A, 1, 20, 4), part_prefilled(B, 2, 20, 2), decoding(C, 3, 5)]
    made = replica(list(running), free=9, waiting=(Request(D, 4, 1, 1),), scheduler="sarathi", chunk=8)
    assert made.build() == [(running[C], 1), (running[A], 7)]
    assert (indices(made.running), indices(made.waiting)) == ([B], [D])


def test_sarathi_evicts_no_prompt_that_it_has_passed():
    prompt, decode = part_prefilled(A, 1, 20, 4), decoding(B, 2, 5)
    made = replica([prompt, decode], free=0, scheduler="sarathi", chunk=8)
    assert made.build() == [(prompt, 8)]
    assert (decode.restarts, prompt.restarts, indices(made.waiting)) == (1, 0, [B])


def test_sarathi_evicts_a_prompt_behind_the_decode():
    decode, prompt = decoding(A, 1, 5), part_prefilled(B, 2, 20, 4)
    made = replica([decode, prompt], free=0, scheduler="sarathi", chunk=8)
    assert made.build() == [(decode, 1), (prompt, 4)]  # admitted again at once, with what it had processed
    assert (prompt.prompt, prompt.output, prompt.restarts) == (4, 116, 1)


def test_sarathi_goes_on_with_prompts_beyond_the_cap():
    first, second = part_prefilled(A, 1, 6, 4), part_prefilled(B, 2, 20, 4)
    made = replica([first, second], free=9, scheduler="sarathi", chunk=8, batch_cap=1)
    assert made.build() == [(first, 2), (second, 6)]


def test_sarathi_takes_decodes_as_they_come_and_sorts_who_is_left():
    running = [decoding(C, 3, 5), decoding(E, 5, 5), decoding(B, 2, 5), decoding(D, 3, 5), decoding(A, 3, 5)]
    made = replica(list(running), free=9, scheduler="sarathi", batch_cap=2, stages=2)
    assert made.build() == [(running[0], 1)]
    assert indices(made.running) == [B, D, A, E]


def test_sarathi_sorts_the_skipped_before_others_of_the_same_moment():
    prompts = [part_prefilled(A, 1, 20, 4), part_prefilled(B, 1, 20, 4)]
    running = [*prompts, decoding(C, 1, 5), decoding(D, 1, 5)]
    made = replica(list(running), free=9, scheduler="sarathi", batch_cap=1, chunk=1)
    assert made.build() == [(running[C], 1)]
    assert indices(made.running) == [A, B, D]


def test_sarathi_victims_queue_in_front_in_reversed_order():
    running = [decoding(A, 1, 16), decoding(B, 2, 5), decoding(C, 3, 5), decoding(D, 4, 5)]
    running[0].processed = 17  # outgrows its block, as does nobody else
    made = replica(list(running), free=0, waiting=(Request(E, 5, 1, 1),), scheduler="sarathi", batch_cap=4)
    made.pool.held[running[0]] = 1
    # A evicts D and takes its block; B evicts C and takes nothing, so there is room for the new head of the queue: C.
    assert made.build() == [(running[A], 1), (running[B], 1), (running[C], 5)]
    assert indices(made.waiting) == [D, E]


# Time, replicas, pipelines


def test_a_batch_sees_a_request_that_arrives_as_it_is_formed():
    end_s = sarathi((0, 20, 2)).requests[A].first_token_s
    assert formed(sarathi((0, 20, 2), (end_s, 3, 1)))[1] == [(A, 1), (B, 3)]
    assert formed(sarathi((0, 20, 2), (end_s + 1e-9, 3, 1)))[1] == [(A, 1)]


def test_an_idle_replica_starts_at_the_next_arrival():
    result = sarathi((0, 20, 1), (5, 3, 1))
    assert [batch.time_s for batch in result.batches] == [0, 5]


def test_round_robin_goes_by_arrival():
    result = sarathi((2, 3, 1), (1, 3, 1), (3, 3, 1), (1, 3, 1), replicas=3)
    assert {batch.members[0][0]: batch.replica for batch in result.batches} == {B: 0, D: 1, A: 2, C: 0}


def test_least_outstanding_counts_who_waits_and_not_who_runs():
    requests = [(0.001 * i, 3, 9) for i in range(5)]
    result = sarathi(*requests, replicas=2, dispatch="least_outstanding", batch_cap=1)
    # A starts on 0, B waits there (none waited), C starts on 1, D waits there, E goes to the first of equals.
    assert [(batch.replica, batch.members[0]) for batch in result.batches if batch.members[0][1] == 3] == [
        (0, (A, 3)),
        (1, (C, 3)),
        (0, (B, 3)),
        (1, (D, 3)),
        (0, (E, 3)),
    ]


def test_least_outstanding_counts_who_came_in_the_same_moment():
    result = sarathi(*[(0, 3, 1)] * 3, replicas=2, dispatch="least_outstanding")
    assert [(batch.replica, batch.members) for batch in result.batches] == [(0, [(A, 3), (C, 3)]), (1, [(B, 3)])]


def test_a_pipeline_overlaps_batches():
    result = sarathi((0, 20, 1), (0, 20, 1), pipeline_stages=2, batch_cap=2)
    stage_s = (4.5 + 9 * 0.24 + 0.020 + 0.40) / 1e3  # one of the two layers
    assert [batch.time_s for batch in result.batches] == [0, 0]
    assert [request.completed_s for request in result.requests] == pytest.approx([2 * stage_s, 3 * stage_s], rel=1e-14)


def test_a_pipeline_stage_takes_batches_in_turn_and_pays_the_transfer():
    tables = toy_tables()
    tables.arrays["send_recv_ms_by_tokens"] = [0.5] * 513
    requests = [(0, 100, 1), (0, 4, 1)]
    result = simulate(requests, tables, scheduler="sarathi", pipeline_stages=2, batch_cap=2)
    long_ms, short_ms = 4.5 + 9 * 1.04 + 0.1 + 2, 4.5 + 9 * 0.08 + 0.004 + 0.08
    first_ms = (long_ms + 0.5) + long_ms  # the short one waits for each stage, and the last stage sends nothing
    assert short_ms + 0.5 < long_ms
    assert [request.completed_s for request in result.requests] == pytest.approx(
        [first_ms / 1e3, (first_ms + short_ms) / 1e3], rel=1e-14
    )


def test_a_pipeline_divides_the_cap_of_a_batch():
    result = vllm(*[(0, 3, 2)] * 4, pipeline_stages=2, batch_cap=4)
    assert formed(result) == [[(A, 3), (B, 3)], [(C, 3), (D, 3)], [(A, 1), (B, 1)], [(C, 1), (D, 1)]]


@pytest.mark.parametrize("scheduler", ["vllm", "sarathi"])
@pytest.mark.parametrize("stages", [1, 2])
def test_no_token_is_lost_when_memory_is_short(scheduler, stages):
    draw = random.Random(5)
    requests = [(draw.random(), draw.randint(1, 60), draw.randint(1, 40)) for _ in range(80)]
    result = simulate(
        requests,
        toy_tables(),
        scheduler=scheduler,
        chunk=32,
        blocks=120,
        block_size=4,
        batch_cap=16,
        pipeline_stages=stages,
        replicas=2,
    )
    assert result.restarts > 10
    for request, (arrival_s, prompt, output) in zip(result.requests, requests, strict=True):
        assert request.processed == request.prompt + request.output == prompt + output
        assert arrival_s <= request.scheduled_s < request.first_token_s <= request.completed_s


# Vidur's own runs


def vidur_run(name: str, *, requests: int | None = None, **settings) -> tuple[Result, list[dict], dict]:
    """Our result on Vidur's inputs, Vidur's rows, and its counts."""
    anchors = shared("serving/anchors")
    with gzip.open(anchors / f"{name}_requests.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    counts = json.loads((anchors / "anchor_runs.json").read_text("utf-8"))["vidur_runs"][name]
    tables = [f"vidur_tables_{kind}llama3-8b_a100_tp1.npz" for kind in ("", "per_operator_")]
    asked = [(float(row["arrived_at"]), int(row["prefill"]), int(row["decode"])) for row in rows[:requests]]
    return (
        simulate(asked, load_tables(*(anchors / each for each in tables)), scheduler="sarathi", **settings),
        rows,
        counts,
    )


def times(result: Result) -> list[tuple[float, ...]]:
    return [(each.scheduled_s, each.first_token_s, each.completed_s) for each in result.requests]


def vidur_times(rows: list[dict]) -> list[tuple[float, ...]]:
    names = ("scheduled_at", "prefill_completed_at", "completed_at")
    return [tuple(float(row[name]) for name in names) for row in rows]


@pytest.mark.paper
@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("A_readme_sarathi_512", {}),
        ("R1_sarathi_preempt", {"blocks": 1500}),
        pytest.param("A3_sarathi_arxiv_2048", {}, marks=pytest.mark.slow),
        pytest.param("A1_sarathi_splitwise_full", {}, marks=pytest.mark.slow),
    ],
)
def test_every_time_of_a_vidur_run_is_equal_to_the_last_bit(name, settings):
    """Equal, not close: work, tables and order of additions are the same, so no tolerance is due."""
    result, rows, counts = vidur_run(name, **settings)
    assert times(result) == vidur_times(rows)
    assert (result.iterations, result.restarts) == (counts["iterations"], counts["restarts"])
    assert result.end_s == counts["simulated_s"]


@pytest.mark.paper
def test_restarts_leave_the_token_counts_that_vidur_reports():
    """The column `restarted` is a flag: two requests are restarted twice, 27 flags are 29 restarts."""
    result, rows, _ = vidur_run("R1_sarathi_preempt", blocks=1500)
    ours = [(each.prompt, each.output, min(each.restarts, 1)) for each in result.requests]
    assert ours == [tuple(int(row[name]) for name in ("prefill_final", "decode_final", "restarted")) for row in rows]


@pytest.mark.paper
def test_the_start_of_a_long_vidur_run_is_equal_to_the_last_bit():
    """Requests that come later cannot change what happens before they come."""
    result, rows, _ = vidur_run("A1_sarathi_splitwise_full", requests=3000)
    until_s = float(rows[3000]["arrived_at"])
    pairs = [
        (our_s, their_s)
        for ours, theirs in zip(times(result), vidur_times(rows[:3000]), strict=True)
        for our_s, their_s in zip(ours, theirs, strict=True)
        if their_s <= until_s
    ]
    assert len(pairs) > 8900
    assert [our_s for our_s, _ in pairs] == [their_s for _, their_s in pairs]
