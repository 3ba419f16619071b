import numpy as np
import pytest

from perfwise.errors import InvalidInput, InvalidOption
from perfwise.kit.compiled import compiled
from perfwise.serving.contracts import STEP
from perfwise.serving.timers.table import OPERATORS, Table
from tests.data_folder import shared

SUMMED = "serving/anchors/vidur_tables_llama3-8b_a100_tp1.npz"
PER_OPERATOR = "serving/anchors/vidur_tables_per_operator_llama3-8b_a100_tp1.npz"


def step(**features):
    row = np.zeros(1, STEP).view(np.recarray)[0]
    for name, value in features.items():
        setattr(row, name, value)
    return row


def asked(table, **features):
    row = step(**features)
    table.time(row, table.state())
    return row


def tokens_squared():
    """Every operator takes one ms at up to 8 tokens and ten at 16; contexts up to 128, batches and chunks up to 2."""
    by_tokens = np.ones((len(OPERATORS), 17))
    by_tokens[:, 9:] = 10
    return by_tokens, np.array([[0, 0, 0], [0, 1, 2], [0, 3, 4.0]]), np.array([[0, 1, 2], [0, 3, 4], [0, 5, 6.0]])


def test_a_decode_step_adds_ten_operators_and_attention_for_each_layer():
    table = Table(*tokens_squared(), layers=2)
    row = asked(table, tokens=1, decodes=1, decode_context=65)
    assert row.stage_s == row.last_stage_s == pytest.approx(2 * (10 + 2) * 1e-3)
    assert row.extrapolated == 0


def test_context_is_the_whole_mean_rounded_up_to_64():
    table = Table(*tokens_squared(), layers=1, gqa_factor=0.0)
    assert asked(table, tokens=2, decodes=2, decode_context=129).stage_s == pytest.approx((10 + 3) * 1e-3)  # mean 64
    assert asked(table, tokens=2, decodes=2, decode_context=130).stage_s == pytest.approx((10 + 4) * 1e-3)  # mean 65


def test_several_members_pay_the_grouped_query_surcharge():
    table = Table(*tokens_squared(), layers=1)
    assert asked(table, tokens=2, decodes=2, decode_context=128).stage_s == pytest.approx((10 + 1.1 * 3) * 1e-3)
    two = asked(table, tokens=2, prefills=2, prefill_context_64=64, prefill_squares=2)  # rounded root of two is one
    assert two.stage_s == pytest.approx((10 + 1.1 * 3) * 1e-3)


def test_tokens_round_up_to_eight_but_for_the_write_of_keys_and_values():
    by_tokens, decode, prefill = tokens_squared()
    by_tokens[OPERATORS.index("attn_kv_cache_save"), 9] = 5
    table = Table(by_tokens, decode, prefill, layers=1)
    assert asked(table, tokens=9, prefills=1, prefill_squares=4).stage_s == pytest.approx((9 * 10 + 5 + 2) * 1e-3)


def test_beyond_the_table_a_step_grows_with_its_work_and_says_so():
    table = Table(*tokens_squared(), layers=1, gqa_factor=0.0)
    more = asked(table, tokens=32, decodes=2, decode_context=2 * 256)
    assert more.stage_s == pytest.approx((2 * 100 + 2 * 4) * 1e-3)
    assert more.extrapolated == 1
    chunk = asked(table, tokens=4, prefills=1, prefill_squares=16)
    assert (chunk.stage_s, chunk.extrapolated) == (pytest.approx((10 + 4 * 2) * 1e-3), 1)


def test_more_gpus_add_two_all_reduces_and_a_transfer_before_the_last_stage():
    by_tokens, decode, prefill = tokens_squared()
    table = Table(by_tokens, decode, prefill, layers=4, tensor_parallel=2, pipeline_stages=2, cpu_overhead_ms=0.5)
    row = asked(table, tokens=1, decodes=1, decode_context=1)
    assert row.last_stage_s == pytest.approx((2 * (10 + 1 + 2 * 1.02) + 0.5) * 1e-3)
    assert row.stage_s == pytest.approx(row.last_stage_s + 1e-3)
    assert table.devices == 4


def test_stages_that_do_not_divide_the_layers_are_refused():
    with pytest.raises(InvalidOption, match="must divide"):
        Table(*tokens_squared(), layers=3, pipeline_stages=2)


def test_all_faults_of_a_file_are_reported_together(tmp_path):
    np.savez(tmp_path / "t.npz", linear_ms_per_layer_by_tokens=np.array([1, np.nan]), kv_save_ms_by_tokens=np.ones(3))
    with pytest.raises(InvalidInput) as caught:
        Table.from_npz(tmp_path / "t.npz")
    codes = [fault.code for fault in caught.value.faults]
    assert codes == ["not-a-time", "missing-table", "missing-table", "unlike-lengths"]


def test_what_is_no_table_at_all_is_an_input_fault(tmp_path):
    (tmp_path / "t.npz").write_text("arrived_at,prefill,decode")
    with pytest.raises(InvalidInput, match="not-tables"):
        Table.from_npz(tmp_path / "t.npz")


def test_more_gpus_than_the_tables_were_made_for_are_refused(tmp_path):
    by_tokens, decode, prefill = tokens_squared()
    arrays = {"linear_ms_per_layer_by_tokens": by_tokens[0], "kv_save_ms_by_tokens": by_tokens[0]}
    arrays |= {"decode_ms_by_batch_kv64": decode, "prefill_ms_by_kv64_chunk": prefill}
    np.savez(tmp_path / "t.npz", **arrays)
    with pytest.raises(InvalidOption, match="all_reduce_ms_by_tokens"):
        Table.from_npz(tmp_path / "t.npz", tensor_parallel=2)
    np.savez(tmp_path / "t.npz", all_reduce_ms_by_tokens=by_tokens[0], **arrays)
    assert Table.from_npz(tmp_path / "t.npz", tensor_parallel=2).devices == 2


@pytest.mark.paper
def test_the_first_request_of_a_vidur_run_ends_its_prompt_at_the_recorded_time():
    """A_readme: 395 tokens, alone, chunk 512. Equal to the last bit: same lookups, same order of additions."""
    took = asked(Table.from_npz(shared(PER_OPERATOR)), tokens=395, prefills=1, prefill_squares=395**2).stage_s
    assert 0.15814888174803116 + took == 0.19226581542906693


@pytest.mark.paper
def test_compiled_plain_summed_and_per_operator_agree():
    pytest.importorskip("numba")
    exact, summed = Table.from_npz(shared(PER_OPERATOR)), Table.from_npz(shared(SUMMED))
    fast, state, random = compiled(Table.time), exact.state(), np.random.default_rng(7)
    for _ in range(200):
        decodes, chunk = int(random.integers(1, 140)), int(random.integers(0, 4200))
        features = {"decodes": decodes, "decode_context": decodes * int(random.integers(1, 4500))}
        features |= {"tokens": decodes + chunk, "prefills": min(chunk, 1), "prefill_squares": chunk**2}
        row = asked(exact, **features)
        other = step(**features)
        fast(other, state)
        assert row == other
        assert asked(summed, **features).stage_s == pytest.approx(row.stage_s, abs=1e-12)
