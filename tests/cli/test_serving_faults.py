"""What a user can get wrong with the serving commands: each time a code, never a traceback, and nothing is written."""

import csv
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.xdist_group("serving-cli")  # compiled once

LLAMA = ("--model", "llama-3-8b", "--device", "h100_sxm")


@pytest.fixture
def run(perfwise, tmp_path, monkeypatch):
    """The command in a fresh folder with a small trace."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    write("trace.csv", [(0.1 * i, 40 + 13 * (i % 7), 3 + i % 5) for i in range(20)])
    return lambda *arguments: perfwise("serving", *map(str, arguments))


def write(name, rows):
    with Path(name).open("w", newline="") as file:
        csv.writer(file).writerows([("arrived_at", "prefill", "decode"), *rows])


def refused(done, code):
    assert done.code == 2, done.out + done.err
    assert f"[{code}]" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ((1e300, 5, 5), "late-time"),
        ((1.7e12, 5, 5), "late-time"),  # milliseconds since 1970
        ((0, 9 * 10**18, 9 * 10**18), "too-many-tokens"),  # their sum is no 64-bit number
        ((0, 10**20, 5), "not-whole"),
        (("inf", 5, 5), "not-a-number"),
    ],
)
def test_huge_numbers_in_a_trace_are_refused_by_every_command(run, row, code):
    write("huge.csv", [row])
    refused(run("trace", "huge.csv"), code)
    refused(run("simulate", "--requests", "huge.csv", *LLAMA), code)


def test_a_trace_that_is_no_file_says_what_it_is(run, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.csv").touch()
    assert "it is a folder" in run("trace", "folder").err
    refused(run("trace", "empty.csv"), "empty-file")
    refused(run("trace", "nowhere.csv"), "unreadable-file")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--blocks", 10**20), "--blocks times --block-size is at most"),
        (("--block-size", 10**15), "--blocks times --block-size is at most"),
        (("--batch-cap", 10**12), "lower one of them"),
        (("--replicas", 10**8), "--replicas takes at most 65,536"),
        (("--slo-ttft", "inf"), "must be a finite time above 0 s"),
        (("--slo-tpot", "nan"), "must be a finite time above 0 s"),
        (("--gpu-hour-usd", "inf"), "must be finite"),
        (("--speedup", 0), "must be a finite number above 0"),
        (("--batching", "sarathi:chunk_tokens=-5"), "must be at least 1, not -5"),
        (("--batching", "vllm:max_batch_tokens=0"), "must be at least 1, not 0"),
        (("--batching", f"sarathi:chunk_tokens={10**20}"), "takes a value of the kind int"),
        (("--batching", "sarathi:chunk=5"), "there are: chunk_tokens"),
        (("--plots", "trace.csv"), "trace.csv is a file"),
        (("--plots", "trace.csv/plots"), "cannot be made: Not a directory"),
        (("--out", "trace.csv"), "trace.csv is read by this command"),
        (("--out", "./trace.csv"), "is read by this command"),
        (("--json", "trace.csv"), "is read by this command"),
        (("--out", "result", "--json", "result"), "would be written twice"),
        (("--out", "nowhere/result.csv"), "there is no folder nowhere"),
        (("--timeline", "."), "it is a folder"),
    ],
)
def test_an_option_that_cannot_be_is_refused_and_nothing_is_written(run, tmp_path, options, said):
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    done = run("simulate", "--requests", "trace.csv", *LLAMA, *options)
    refused(done, "invalid-option")
    assert said in " ".join(done.err.split())
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_one_wrong_output_keeps_the_others_from_being_written(run, tmp_path):
    done = run("simulate", "--requests", "trace.csv", *LLAMA, "--out", "good.csv", "--timeline", "nowhere/bad.json")
    refused(done, "invalid-option")
    assert not (tmp_path / "good.csv").exists()


def test_an_array_is_no_table_of_step_times(run):
    np.save("tables.npy", np.arange(3.0))
    refused(run("simulate", "--requests", "trace.csv", "--tables", "tables.npy"), "not-tables")


def test_a_bound_that_a_method_does_not_have_is_told(run):
    done = run("simulate", "--requests", "trace.csv", *LLAMA, "--batching", "orca", "--chunk", 256)
    assert done.code == 0
    assert "orca has no such bound, so --chunk says nothing" in done.err


def test_comparing_by_an_unknown_cost_is_refused_before_the_work(run, tmp_path):
    refused(run("compare-policies", "--requests", "trace.csv", *LLAMA, "--cost", "money"), "invalid-option")
    assert not (tmp_path / "store.db").exists()


@pytest.mark.parametrize("cost", ["price_usd", "energy_j"])
def test_a_cost_that_nothing_tells_is_refused(run, cost):
    write_tables("tables.npz")
    done = run("compare-policies", "--requests", "trace.csv", "--tables", "tables.npz", "--cost", cost)
    refused(done, "invalid-option")
    assert f"--cost {cost} needs" in done.err


def write_tables(name):
    tokens, rows = np.arange(65.0), np.ones((9, 65))
    names = ("linear_ms_per_layer_by_tokens", "kv_save_ms_by_tokens")
    np.savez(name, **dict.fromkeys(names, tokens + 1), decode_ms_by_batch_kv64=rows, prefill_ms_by_kv64_chunk=rows)


def test_traces_of_one_name_are_told_apart_by_their_folders(run, tmp_path):
    (tmp_path / "monday").mkdir()
    write("monday/trace.csv", [(0, 60, 4)])
    options = ("--batching", "sarathi", "--batching", "sarathi", "--batching", "orca")
    done = run("compare-policies", "--requests", "trace.csv", "--requests", "monday/trace.csv", *LLAMA, *options)
    assert done.code == 0, done.err
    assert "monday/trace.csv (1 requests)" in done.out
    assert "on the 2 tasks that both solve" in " ".join(done.out.split())
    refused(run("compare-policies", "--requests", "trace.csv", "--requests", "trace.csv", *LLAMA), "invalid-option")


@pytest.mark.parametrize(
    ("row", "code"), [((256, 128, 10**11, 10, 7), "too-many-requests"), ((256, 0, 1, 10, 7), "zero-tokens")]
)
def test_a_measurement_that_cannot_be_replayed_is_refused(run, tmp_path, row, code):
    columns = ("prompt_tokens", "output_tokens", "concurrency", "ttft_ms", "tpot_ms")
    with (tmp_path / "measured.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns, row])
    refused(run("calibrate", "--measurements", "measured.csv", *LLAMA, "--out", "fit.json"), code)
    assert not (tmp_path / "fit.json").exists()


def test_a_plan_that_cannot_serve_says_why_beside_the_others(run):
    write("long.csv", [(0, 5000, 3)])
    done = run("compare-policies", "--requests", "long.csv", *LLAMA, "--batching", "vllm", "--batching", "sarathi")
    assert done.code == 0, done.err
    said = " ".join(done.out.split())
    assert "vllm cannot serve it: 1 of 1 requests are never served" in said
    assert "[stuck]" in said
