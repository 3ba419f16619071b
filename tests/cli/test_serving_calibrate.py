"""Calibrating as a user does it: measure, calibrate, simulate with the calibration."""

import json

import pytest

pytestmark = pytest.mark.xdist_group("serving-cli")  # compiled once

HARDWARE = ("--model", "llama-3-8b", "--device", "a100_sxm")


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.csv"
    loads = [(256, 4, 55.0, 19.0), (1024, 4, 150.0, 21.0), (256, 16, 60.0, 22.0)]
    lines = [f"{prompt},256,{clients},{ttft},{tpot}" for prompt, clients, ttft, tpot in loads]
    path.write_text("prompt_tokens,output_tokens,concurrency,ttft_ms,tpot_ms\n" + "\n".join(lines))
    return path


def test_a_calibration_is_told_kept_and_used(perfwise, rows, tmp_path):
    out = tmp_path / "mine.json"
    ended = perfwise("serving", "calibrate", "--measurements", str(rows), *HARDWARE, "--out", str(out))
    assert ended.code == 0, ended.err
    assert "TPOT, decodes" in ended.out
    assert "no error band" in ended.out
    assert "covers steps of at most 16 sequences" in ended.out
    kept = json.loads(out.read_text())
    assert kept["settings"] == [{"model": "llama-3-8b", "device": "a100_sxm", "plan": "tp1 pp1 dp1 ep1"}]
    assert kept["after"]["tpot"]["median"] < kept["before"]["tpot"]["median"]
    trace = tmp_path / "trace.csv"
    trace.write_text("arrived_at,prefill,decode\n0.0,256,16\n")
    simulate = ("serving", "simulate", "--requests", str(trace), *HARDWARE, "--json", "-")
    plain, calibrated = (json.loads(perfwise(*simulate, *more).out) for more in ((), ("--calibration", str(out))))
    assert calibrated["metrics"]["tpot_s"]["mean"] > 1.2 * plain["metrics"]["tpot_s"]["mean"]
    assert "calibrated with" in calibrated["deployment"]["timer"]


def test_a_row_may_say_how_its_system_was_set(perfwise, rows, tmp_path):
    rows.write_text(
        "prompt_tokens,output_tokens,concurrency,tpot_ms,tensor,batching\n128,8,2,12,2,vllm\n128,8,2,15,1,\n"
    )
    out = tmp_path / "mine.json"
    ended = perfwise("serving", "calibrate", "--measurements", str(rows), *HARDWARE, "--out", str(out))
    assert ended.code == 0, ended.err
    plans = [setting["plan"] for setting in json.loads(out.read_text())["settings"]]
    assert plans == ["tp2 pp1 dp1 ep1", "tp1 pp1 dp1 ep1"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("prompt_tokens,output_tokens,concurrency,tpot_ms,tensor\n128,8,2,12,two\n", "tensor"),
        ("a,b\n1,2\n", "unknown-format"),
    ],
)
def test_what_cannot_be_read_is_a_usage_error(perfwise, rows, tmp_path, text, told):
    rows.write_text(text)
    ended = perfwise("serving", "calibrate", "--measurements", str(rows), *HARDWARE, "--out", str(tmp_path / "m.json"))
    assert ended.code == 2
    assert told in ended.err


def test_tables_cannot_be_calibrated(perfwise, rows, tmp_path):
    ended = perfwise("serving", "calibrate", "--measurements", str(rows), "--out", str(tmp_path / "m.json"))
    assert ended.code == 2
    assert "--model and --device" in ended.err
