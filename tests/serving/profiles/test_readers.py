import gzip

import numpy as np
import pytest

from perfwise.catalog.devices import Device
from perfwise.catalog.models import Model
from perfwise.errors import InvalidInput, InvalidOption
from perfwise.serving.arithmetic import Plan
from perfwise.serving.contracts import STEP
from perfwise.serving.profiles.apex import Apex
from perfwise.serving.profiles.layer_times import LayerTimes
from perfwise.serving.profiles.llmservingsim import LLMServingSim
from perfwise.serving.profiles.vidur import Vidur
from perfwise.serving.timers._compose import Host
from perfwise.serving.timers.profiled import Profiled
from tests.data_folder import shared

FREE = Host(launch_s=0.0, graph_s=0.0)
LLAMA = Model.named("llama-3-8b")


def step(timer, **features):
    row = np.zeros(1, STEP).view(np.recarray)[0]
    for name, value in features.items():
        setattr(row, name, value)
    timer.time(row, timer.state())
    return row


def written(folder, name, text):
    with gzip.open(folder / f"{name}.csv.gz", "wt") as file:
        file.write(text)


def test_vidur_widths_follow_heads_and_tensor_size(tmp_path):
    operators = ("attn_pre_proj", "attn_post_proj", "mlp_up_proj", "mlp_down_proj")
    header = ",".join(f"time_stats.{operator}.median" for operator in operators)
    (tmp_path / "mlp.csv").write_text(
        f"{header},n_head,n_kv_head,n_embd,n_expanded_embd,use_gated_mlp,num_tokens,num_tensor_parallel_workers\n"
        "1,2,3,4,32,8,4096,14336,True,16,2\n"
    )
    rows = Vidur(tmp_path / "mlp.csv", "a100_sxm").read().tables["linear/bf16"]
    expected = [[2048, 4096, 16, 0.002], [4096, 3072, 16, 0.001], [4096, 14336, 16, 0.003], [7168, 4096, 16, 0.004]]
    assert rows.tolist() == expected


def test_vidur_exchanges_last_as_long_as_the_slowest_rank(tmp_path):
    from perfwise.serving.profiles.vidur import _slowest

    (tmp_path / "r.csv").write_text("time_stats.all_reduce.median,num_workers,size\n0.04,2,2048\n0.06,2,2048\n")
    assert _slowest(tmp_path / "r.csv").tolist() == [[2, 2048, 0.06e-3]]


def test_apex_sizes_are_kilobytes_and_times_microseconds(tmp_path):
    header = "gpu,num_nodes,num_gpus_per_node,dtype,size(kb),time(us)\n"
    (tmp_path / "all_reduce.csv").write_text(header + "X,1,8,half,0,14\nX,1,8,half,4,20\nX,2,8,half,4,90\n")
    rows = Apex(tmp_path, "h100_sxm").read().tables["all_reduce"]
    assert rows == pytest.approx(np.array([[8, 4096, 20e-6]]))


def test_every_cell_that_is_no_number_is_named(tmp_path):
    (tmp_path / "all_reduce.csv").write_text(
        "gpu,num_nodes,num_gpus_per_node,dtype,size(kb),time(us)\nX,1,8,half,4,fast\nX,1,8,half,many,1\n"
    )
    with pytest.raises(InvalidInput) as caught:
        Apex(tmp_path, "h100_sxm").read()
    assert [fault.where.rpartition(":")[2] for fault in caught.value.faults] == ["3", "2"]


def test_all_missing_columns_are_named(tmp_path):
    (tmp_path / "all_reduce.csv").write_text("gpu,dtype\nX,half\n")
    with pytest.raises(InvalidInput) as caught:
        Apex(tmp_path, "h100_sxm").read()
    assert len(caught.value.faults) == 4


def profile(folder):
    """Two layers' worth of Llama: one operator, two norms a layer, an embedding; attention proportional to its work."""
    written(folder, "dense", "layer,tokens,time_us\nqkv_proj,1,10\nlayernorm,1,1\nembedding,1,7\nqkv_proj,9,50\n")
    written(folder, "per_sequence", "layer,sequences,time_us\nlm_head,1,100\nsampler,1,5\nlm_head,3,300\n")
    rows = [f"0,0,{n},{context},{n * context}" for n in (1, 4) for context in (16, 64)]
    rows += [f"{chunk},{before},0,0,{chunk * (before + chunk)}" for chunk in (16, 64) for before in (0, 256)]
    written(folder, "attention", "prefill_chunk,kv_prefill,n_decode,kv_decode,time_us\n" + "\n".join(rows) + "\n")


def test_layers_of_a_profile_are_summed_as_often_as_the_model_has_them(tmp_path):
    folder = tmp_path / "tp1"
    folder.mkdir()
    profile(folder)
    times = LLMServingSim(folder, LLAMA).read()
    assert times.body == pytest.approx(np.array([[1, (32 * 10 + 64 * 1 + 7) * 1e-6], [9, 32 * 50e-6]]))
    assert times.head == pytest.approx(np.array([[1, 105e-6], [3, 300e-6]]))
    assert times.decode[-1] == pytest.approx([4, 64, 32 * 256e-6])


def test_a_profiled_step_is_the_sum_of_its_parts(tmp_path):
    folder = tmp_path / "tp1"
    folder.mkdir()
    profile(folder)
    timer = Profiled(LLMServingSim(folder, LLAMA).read(), LLAMA, Device.named("l4"), host=FREE)
    row = step(timer, tokens=1, decodes=1, decode_context=64, longest_decode=64, sampled=1)
    assert row.stage_s == pytest.approx((32 * 10 + 64 * 1 + 7 + 105 + 32 * 64) * 1e-6)
    assert row.extrapolated == 0
    assert step(timer, tokens=9, decodes=9, decode_context=9, longest_decode=1, sampled=9).extrapolated == 1


def test_a_plan_that_was_not_profiled_is_refused(tmp_path):
    folder = tmp_path / "tp1"
    folder.mkdir()
    profile(folder)
    with pytest.raises(InvalidOption, match="tensor=1"):
        Profiled(LLMServingSim(folder, LLAMA).read(), LLAMA, Device.named("l4"), Plan(tensor=2))


def test_times_that_are_none_are_refused():
    good = np.ones((2, 2))
    with pytest.raises(InvalidInput) as caught:
        LayerTimes("mine", 1, good, -good, np.ones((2, 3)), np.ones((1, 3)))
    assert [fault.code for fault in caught.value.faults] == ["not-a-time", "wrong-shape"]


@pytest.mark.paper
def test_a_profiled_prompt_comes_near_the_profile():
    """RTX 4090, Llama-3.1-8B: 512 tokens behind 4,096; the row of the profile is 32 layers of 1 chunk."""
    folder = shared("serving/llmservingsim/profiler/perf/RTX4090/meta-llama/Llama-3.1-8B/bf16/tp1")
    times = LLMServingSim(folder, LLAMA).read()
    timer = Profiled(times, LLAMA, Device.named("rtx_4090"), host=FREE)
    pairs = 512 * 4096 + 512 * 513 // 2
    row = step(timer, tokens=512, prefills=1, prefill_tokens=512, prefill_pairs=pairs, sampled=1)
    attention = times.prefill[(times.prefill[:, 0] == 512) & (times.prefill[:, 1] == 4096), 2][0]
    parts = np.interp(512, *times.body.T) + np.interp(1, *times.head.T) + attention
    assert row.stage_s == pytest.approx(parts, rel=0.02)  # between knots that are half an octave apart
