import csv

import pytest

from perfwise.errors import InvalidInput
from perfwise.serving.arithmetic import Plan
from perfwise.serving.configurations import read_configurations, read_measurements, write_predictions
from perfwise.serving.predict import Correction, predict
from perfwise.serving.steady_state import Configuration, Refused

ROW = {
    **{"model_path": "meta-llama/Llama-3.1-8B-Instruct", "system": "h100_sxm", "backend": "trtllm", "isl": "1024"},
    **{"osl": "128", "mode": "agg", "batch_size": "16.0", "concurrency": "16.0", "tp_size": "2.0"},
}


def written(folder, *rows):
    path = folder / "rows.csv"
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(folder, **changes):
    ((_, found),) = read_configurations(written(folder, ROW | changes))
    return found


def test_a_row_is_read_as_it_stands(tmp_path):
    found = read(tmp_path)
    assert isinstance(found, Configuration)
    assert (found.prompt, found.output, found.concurrency, found.plan) == (1024, 128, 16, Plan(2))
    assert (found.mode, found.precision, found.campaign) == ("agg", "bf16", "own")


def test_rows_are_known_by_their_id_or_their_number(tmp_path):
    assert [name for name, _ in read_configurations(written(tmp_path, ROW, ROW))] == ["0", "1"]
    assert [name for name, _ in read_configurations(written(tmp_path, ROW | {"id": "first"}))] == ["first"]


def test_clients_are_the_batch_of_all_copies_where_they_are_not_told(tmp_path):
    changes = {"concurrency": "", "attention_dp_size": "4", "moe_tp_size": "1", "moe_ep_size": "8"}
    assert read(tmp_path, **changes).concurrency == 16 * 4


@pytest.mark.parametrize(
    ("sizes", "plan"),
    [
        (("64", "1", "8", "8"), Plan(8, expert=8)),
        (("1", "64", "8", "8"), Plan(1, data=8, expert=8)),
        (("4", "4", "1", "16"), Plan(1, data=4, expert=4)),
        (("8", "1", "8", "1"), Plan(8)),
        (("1", "", "4", "1"), Plan(1, data=4)),
        (("2", "0", "0", "0"), Plan(2)),
    ],
)
def test_sizes_written_as_products_are_understood(tmp_path, sizes, plan):
    names = ("tp_size", "attention_dp_size", "moe_tp_size", "moe_ep_size")
    assert read(tmp_path, **dict(zip(names, sizes, strict=True))).plan == plan


def test_formats_follow_the_quantisation_and_the_release(tmp_path):
    assert read(tmp_path, gemm_quant_mode="nvfp4", moe_quant_mode="nvfp4").formats.weight == "fp4"
    blockwise = read(tmp_path, model_path="MiniMaxAI/MiniMax-M2.5", gemm_quant_mode="fp8", moe_quant_mode="fp8")
    assert blockwise.formats.weight == "fp8_block"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"isl": "0"}, "no-load"), ({"osl": "x"}, "no-load"), ({"mode": "both"}, "unknown-mode")],
)
def test_a_row_that_is_no_configuration_keeps_its_place_with_a_reason(tmp_path, changes, reason):
    found = read(tmp_path, **changes)
    assert isinstance(found, Refused)
    assert found.reason == reason


def test_a_file_without_the_columns_is_an_input_fault(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InvalidInput) as caught:
        read_configurations(tmp_path / "rows.csv")
    assert len(caught.value.faults) == 5


def test_measurements_are_seconds_and_rows_without_times_are_left_out(tmp_path):
    times = {"silicon_ttft_ms": "120", "silicon_tpot_ms": "7.5", "config_group": "3"}
    found = read_measurements(written(tmp_path, ROW | times, ROW | times | {"silicon_tpot_ms": ""}))
    assert [(each.ttft_s, each.tpot_s, each.group) for each in found] == [(0.12, 0.0075, 3)]


def test_predictions_are_written_in_milliseconds_with_refusals_in_place(tmp_path):
    asked = read_configurations(written(tmp_path, ROW, ROW | {"system": "abacus"}))
    write_predictions(
        tmp_path / "out.csv", [name for name, _ in asked], predict([each for _, each in asked], Correction.none())
    )
    with (tmp_path / "out.csv").open() as file:
        first, second = csv.DictReader(file)
    assert float(first["tpot_lo"]) < float(first["tpot_ms"]) < float(first["tpot_hi"])
    assert 1 < float(first["tpot_ms"]) < 100
    assert (second["id"], second["tpot_ms"], second["refused"]) == ("1", "", "unknown-system")
