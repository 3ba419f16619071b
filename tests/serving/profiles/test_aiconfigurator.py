import numpy as np
import pytest

from perfwise.errors import InvalidInput
from perfwise.serving.profiles.aiconfigurator import AiConfigurator
from perfwise.serving.profiles.operator_times import OperatorTimes
from perfwise.serving.timers._ratios import Grid
from tests.data_folder import shared


def written(folder, path, **columns):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pyarrow.table(columns), folder / path)


def test_milliseconds_become_seconds_and_the_fastest_of_equal_shapes_stays(tmp_path):
    written(
        tmp_path,
        "gemm/vllm/1/gemm_perf.parquet",
        **{"gemm_dtype": ["bfloat16"] * 3, "m": [8, 8, 0], "n": [4096] * 3, "k": [512] * 3, "latency": [3.0, 2.0, 1.0]},
    )
    found = AiConfigurator(tmp_path, "vllm").read()
    assert found.tables["linear/bf16"].tolist() == [[512, 4096, 8, 0.002]]


def test_messages_are_elements_of_two_bytes_and_eager_rows_are_left(tmp_path):
    written(
        tmp_path,
        "comm/vllm/1/custom_allreduce_perf.parquet",
        **{"backend": ["vllm_eager", "vllm_graph"], "num_gpus": [2, 2], "message_size": [1024, 1024]},
        latency=[1.0, 5.0],
    )
    assert AiConfigurator(tmp_path, "vllm").read().tables["all_reduce"].tolist() == [[2, 2048, 0.005]]


def test_a_decode_looks_at_one_token_more_than_its_step(tmp_path):
    same = {"attn_dtype": ["bfloat16"], "kv_cache_dtype": ["fp8"], "head_dim": [128], "num_heads": [32]}
    written(
        tmp_path,
        "attention/vllm/1/generation_attention_perf.parquet",
        **{"num_key_value_heads": [8], "batch_size": [4], "isl": [1], "step": [1023], "latency": [7.0], **same},
    )
    assert AiConfigurator(tmp_path, "vllm").read().tables["decode/fp8/128/0"].tolist() == [[32, 8, 4, 1024, 0.007]]


def test_a_folder_without_tables_is_an_input_fault(tmp_path):
    with pytest.raises(InvalidInput, match="no-tables"):
        AiConfigurator(tmp_path, "vllm").read()


@pytest.mark.paper
def test_the_shipped_curves_are_fitted_to_the_published_files():
    """Matrix products and attention: half of the rows lie within 5 % of the fit, 9 of 10 within 20 %."""
    pytest.importorskip("pyarrow")
    read = AiConfigurator(shared("serving/aiconfigurator/h100_sxm"), "vllm").read()
    fitted = OperatorTimes.shipped("h100_sxm", "vllm")
    for name, lead in (("linear/bf16", 0), ("linear/fp8", 0), ("decode/bf16/128/0", 2), ("prefill/bf16/128/0", 2)):
        rows, knots = read.tables[name], fitted.tables[name]
        assert len(knots) < len(rows) / 2
        misses = []
        for group in np.unique(rows[:, :lead], axis=0):
            here, there = (part[(part[:, :lead] == group).all(axis=1)][:, lead:] for part in (rows, knots))
            found, known = Grid.of(there[:, :-1], there[:, -1]).at(*here[:, :-1].T)
            misses.append(np.abs(np.log(found / here[:, -1]))[known])
        off = np.expm1(np.concatenate(misses))
        assert np.median(off) < 0.05, name
        assert np.quantile(off, 0.9) < 0.2, name
