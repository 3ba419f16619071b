"""`perfwise serving predict` as a user runs it."""

import csv

import pytest

COLUMNS = ("id", "model_path", "system", "backend", "isl", "osl", "concurrency", "tp_size")
LLAMA = ("meta-llama/Llama-3.1-8B", "h100_sxm", "vllm")


@pytest.fixture
def predict(perfwise, tmp_path, monkeypatch):
    """The command on rows, in 80 columns and a fresh folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(rows, *options):
        with (tmp_path / "rows.csv").open("w", newline="") as file:
            csv.writer(file).writerows([COLUMNS, *rows])
        return perfwise("serving", "predict", "--rows", "rows.csv", *options)

    return run


def test_each_row_gets_an_answer_with_a_band_around_it(predict, tmp_path):
    done = predict([("small", *LLAMA, 1000, 200, 8, 1), ("busy", *LLAMA, 1000, 200, 64, 1)], "--out", "out.csv")
    assert done.code == 0, done.err
    with (tmp_path / "out.csv").open() as file:
        small, busy = ({key: value for key, value in row.items() if key != "source"} for row in csv.DictReader(file))
    assert (small["id"], busy["id"]) == ("small", "busy")
    for row in (small, busy):
        assert float(row["ttft_lo"]) < float(row["ttft_ms"]) < float(row["ttft_hi"])
        assert float(row["tpot_lo"]) < float(row["tpot_ms"]) < float(row["tpot_hi"])
    assert float(small["tpot_ms"]) < float(busy["tpot_ms"])
    assert max(len(line.rstrip()) for line in done.out.splitlines()) <= 80
    assert "…" not in done.out
    assert "2 predicted, 0 refused" in done.out


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (("some/model", "h100_sxm", "vllm", 1000, 200, 8, 1), "unknown-model"),
        (("meta-llama/Llama-3.1-8B", "abacus", "vllm", 1000, 200, 8, 1), "unknown-system"),
        (("meta-llama/Llama-3.1-8B", "h100_sxm", "slide-rule", 1000, 200, 8, 1), "unknown-backend"),
        ((*LLAMA, "1e300", 200, 8, 1), "no-load"),
        ((*LLAMA, 1000, "nan", 8, 1), "no-load"),
        ((*LLAMA, 1000, 200, "inf", 1), "no-load"),
        ((*LLAMA, 1000, 200, 8, "1e300"), "no-plan"),
        ((*LLAMA,), "no-value"),
    ],
)
def test_a_row_that_cannot_be_predicted_is_named_with_its_reason(predict, row, code):
    done = predict([("good", *LLAMA, 1000, 200, 8, 1), ("bad", *row)])
    assert done.code == 0, done.err
    said = " ".join(done.out.split())
    assert "1 predicted, 1 refused" in said
    assert "refused bad: " in said
    assert f"[{code}]" in said
    assert "[invalid-option]" not in said


def test_what_is_read_is_not_written_over(predict):
    done = predict([("small", *LLAMA, 1000, 200, 8, 1)], "--out", "rows.csv")
    assert done.code == 2
    assert "rows.csv is read by this command" in done.err
