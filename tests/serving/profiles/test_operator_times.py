import numpy as np
import pytest

from perfwise.errors import InvalidInput
from perfwise.serving.profiles.operator_times import OperatorTimes

ROWS = np.array([[4096, 4096, 8, 1e-5], [4096, 4096, 16, 2e-5]])


def test_what_is_saved_is_loaded(tmp_path):
    OperatorTimes("h100_sxm", "mine", {"linear/bf16": ROWS}).save(tmp_path / "t.npz")
    found = OperatorTimes.load(tmp_path / "t.npz")
    assert (found.device, found.source, found.variants("linear")) == ("h100_sxm", "mine", ["bf16"])
    assert found.tables["linear/bf16"] == pytest.approx(ROWS)


def test_own_measurements_win_over_those_they_are_merged_with():
    mine = OperatorTimes("h100_sxm", "mine", {"linear/bf16": ROWS})
    both = mine.merged(OperatorTimes("h100_sxm", "others", {"linear/bf16": ROWS * 2, "linear/fp8": ROWS}))
    assert both.tables["linear/bf16"] is ROWS
    assert both.variants("linear") == ["bf16", "fp8"]


def test_faults_of_all_tables_are_reported_together():
    with pytest.raises(InvalidInput) as caught:
        OperatorTimes("h100_sxm", "mine", {"linear/bf16": ROWS[:, :3], "decode/bf16": -ROWS, "linear/fp8": -ROWS})
    assert [fault.code for fault in caught.value.faults] == ["wrong-shape", "wrong-shape", "not-a-time"]


def test_a_file_that_is_none_is_an_input_fault(tmp_path):
    (tmp_path / "t.npz").write_text("m,n,k")
    with pytest.raises(InvalidInput, match="not-operator-times"):
        OperatorTimes.load(tmp_path / "t.npz")


@pytest.mark.parametrize("device", ["h100_sxm", "a100_sxm"])
@pytest.mark.parametrize("backend", ["vllm", "trtllm"])
def test_tables_are_shipped_for_the_measured_devices(device, backend):
    found = OperatorTimes.shipped(device, backend)
    assert found.device == device
    assert {"linear", "decode", "prefill", "experts", "all_reduce"} <= {name.split("/")[0] for name in found.tables}


def test_nothing_is_shipped_for_others():
    assert OperatorTimes.shipped("l4", "vllm") is None
