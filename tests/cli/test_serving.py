"""The serving commands as a user runs them, on small traces of our own."""

import csv
import json

import numpy as np
import pytest

pytestmark = pytest.mark.xdist_group("serving-cli")  # compiled once


@pytest.fixture
def run(perfwise):
    return lambda *arguments: perfwise(*map(str, arguments))


@pytest.fixture
def trace(tmp_path):
    path = tmp_path / "trace.csv"
    rows = [(0.1 * i, 40 + 13 * (i % 7), 3 + i % 5) for i in range(40)]
    path.write_text("arrived_at,prefill,decode\n" + "".join(f"{a!r},{p},{d}\n" for a, p, d in rows))
    return path


@pytest.fixture
def tables(tmp_path):
    """Made-up tables with the keys of the frozen ones: 1 us a token and layer, 0.1 us a member and step of context."""
    path = tmp_path / "tables.npz"
    tokens, batch, steps = np.arange(513.0), np.arange(33.0), np.arange(10.0)
    np.savez(
        path,
        linear_ms_per_layer_by_tokens=0.01 + 1e-3 * tokens,
        kv_save_ms_by_tokens=1e-4 * tokens,
        decode_ms_by_batch_kv64=1e-3 + 1e-4 * batch[:, None] * steps,
        prefill_ms_by_kv64_chunk=1e-3 + 1e-5 * steps[:, None] + 1e-4 * tokens,
    )
    return path


def simulated(run, trace, tables, tmp_path, *options):
    out, document = tmp_path / "out.csv", tmp_path / "out.json"
    done = run(
        "serving", "simulate", "--requests", trace, "--tables", tables, "--out", out, "--json", document, *options
    )
    assert done.code == 0, done.err
    with out.open() as file:
        return list(csv.DictReader(file)), json.loads(document.read_text()), done


def test_simulate_writes_each_request_and_one_document(run, trace, tables, tmp_path):
    rows, document, done = simulated(run, trace, tables, tmp_path, "--blocks", 200)
    assert list(rows[0]) == ["arrived_at", "prefill", "decode", "scheduled_at", "prefill_completed_at", "completed_at"]
    assert [float(row["arrived_at"]) for row in rows] == [0.1 * i for i in range(40)]
    assert all(
        float(row["scheduled_at"]) < float(row["prefill_completed_at"]) <= float(row["completed_at"]) for row in rows
    )
    assert {"iterations", "restarts", "loop_cpu_s", "metrics"} <= document.keys()
    assert document["metrics"]["completed"] == 40
    assert "TTFT" in done.out
    assert "40 of 40 requests" in done.out


def test_the_same_command_gives_the_same_bytes(run, trace, tables, tmp_path):
    first, _, _ = simulated(run, trace, tables, tmp_path)
    second, _, _ = simulated(run, trace, tables, tmp_path)
    assert first == second


@pytest.mark.parametrize("batching", ["vllm", "sarathi:chunk_tokens=64", "orca", "static", "splitfuse"])
def test_every_scheduler_can_be_named(run, trace, tables, tmp_path, batching):
    _, document, _ = simulated(run, trace, tables, tmp_path, "--batching", batching, "--replicas", 2)
    assert document["metrics"]["completed"] == 40


def test_a_missed_objective_is_told_and_ends_with_4(run, trace, tables):
    done = run(
        *("serving", "simulate", "--requests", trace, "--tables", tables, "--slo-ttft", 1e-6, "--slo-attainment", 0.5)
    )
    assert done.code == 4
    assert "0.0% of the requests are in time; 50.0% are asked for" in done.out


def test_policies_are_compared_and_kept(run, trace, tables, tmp_path):
    store = tmp_path / "store.db"
    done = run(
        *("serving", "compare-policies", "--requests", trace, "--tables", tables, "--blocks", 60),
        *("--batching", "vllm", "--batching", "sarathi", "--store", store),
    )
    assert done.code == 0, done.err
    assert "on the one task that both solve" in done.out
    compared = run("compare", "latest:vllm", "latest:sarathi", "--cost", "latency_s", "--store", store)
    assert compared.code == 0, compared.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "what serves? Name --model and --device"),
        (("--model", "llama-3-8b", "--device", "h10"), "did you mean"),
        (("--model", "llama-3-70b", "--device", "l4"), "[model-does-not-fit]"),
    ],
)
def test_what_cannot_serve_is_refused(run, trace, options, said):
    done = run("serving", "simulate", "--requests", trace, *options)
    assert done.code == 2
    assert said in done.err


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("0.0,0,5", "zero-tokens"),
        ("-1.0,5,5", "negative-time"),
        ("nan,5,5", "not-a-number"),
        ("0.0,9000,5", "request-too-long"),
    ],
)
def test_bad_requests_are_refused_by_name(run, tables, tmp_path, row, code):
    path = tmp_path / "bad.csv"
    path.write_text(f"arrived_at,prefill,decode\n{row}\n")
    done = run("serving", "simulate", "--requests", path, "--tables", tables, "--blocks", 100)
    assert done.code == 2
    assert code in done.err


def test_a_budget_below_every_prompt_is_told_not_waited_for(run, trace, tables):
    done = run("serving", "simulate", "--requests", trace, "--tables", tables, "--batching", "vllm:max_batch_tokens=10")
    assert done.code == 2
    assert "[stuck]" in done.err


def test_a_trace_is_described(run, trace, tmp_path):
    done = run("serving", "trace", trace, "--json", tmp_path / "t.json", "--plots", tmp_path / "plots")
    assert done.code == 0, done.err
    assert json.loads((tmp_path / "t.json").read_text())["requests"] == 40
    assert (tmp_path / "plots" / "arrivals.svg").stat().st_size > 1000


@pytest.mark.parametrize(
    "option", [("--tp", 2), ("--weights", "fp8"), ("--timer", "roofline"), ("--model", "llama-3-8b")]
)
def test_tables_leave_nothing_to_say_about_the_model(run, trace, tables, option):
    done = run("serving", "simulate", "--requests", trace, "--tables", tables, *option)
    assert done.code == 2
    assert f"leave out {option[0]}" in done.err


def test_tables_of_one_gpu_are_no_pipeline(run, trace, tables):
    done = run("serving", "simulate", "--requests", trace, "--tables", tables, "--pp", 2)
    assert done.code == 2
    assert "send_recv_ms_by_tokens" in done.err


def test_a_prompt_that_the_watermark_shuts_out_is_refused_at_the_door(run, tables, tmp_path):
    path = tmp_path / "full.csv"
    path.write_text("arrived_at,prefill,decode\n0.0,1595,5\n")  # 100 of 100 blocks, of which one is to stay free
    done = run("serving", "simulate", "--requests", path, "--tables", tables, "--blocks", 100)
    assert done.code == 2
    assert "[request-too-long]" in done.err


def test_plans_that_serve_nothing_end_with_4_and_say_why(run, tables, tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("arrived_at,prefill,decode\n0.0,5000,5\n")
    done = run("serving", "compare-policies", "--requests", path, "--tables", tables, "--blocks", 100)
    assert done.code == 4
    assert "5000 + 5 tokens do not fit into 100 blocks" in done.out


def test_one_row_that_cannot_be_split_does_not_take_the_others_along(run, tmp_path):
    rows, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    head = "id,model_path,system,backend,isl,osl,concurrency,tp_size\n"
    good, bad = (
        "meta-llama/Llama-3.1-8B,h100_sxm,vllm,1024,128,8,1",
        "meta-llama/Llama-3.1-8B,h100_sxm,vllm,1024,128,8,3",
    )
    endless = "meta-llama/Llama-3.1-8B,h100_sxm,vllm,1000000,1000,8,1"
    rows.write_text(f"{head}good,{good}\nbad,{bad}\nendless,{endless}\n")
    done = run("serving", "predict", "--rows", rows, "--out", out)
    assert done.code == 0, done.err
    with out.open() as file:
        found = {row["id"]: row for row in csv.DictReader(file)}
    assert float(found["good"]["ttft_lo"]) < float(found["good"]["ttft_ms"]) < float(found["good"]["ttft_hi"])
    assert (found["bad"]["ttft_ms"], found["bad"]["refused"]) == ("", "no-plan")
    assert (found["endless"]["ttft_ms"], found["endless"]["refused"]) == ("", "does-not-fit")
