import json

import numpy as np
import pytest

from perfwise.errors import InvalidInput
from perfwise.serving.measuring import read_measurements


@pytest.fixture
def read(tmp_path):
    def from_text(name, content):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return read_measurements([path])

    return from_text


RUN = {
    "backend": "vllm",
    "model_id": "meta-llama/Llama-3.1-8B",
    "num_prompts": 40,
    "request_rate": "inf",
    "max_concurrency": 8,
    "duration": 12.0,
    "completed": 40,
    "total_input_tokens": 40_960,
    "total_output_tokens": 5_120,
    "mean_ttft_ms": 120.0,
    "median_ttft_ms": 110.0,
    "mean_tpot_ms": 9.5,
}


def test_vllm_bench_with_clients_is_a_steady_load_of_all_its_requests(read):
    (load,) = read("run.json", RUN).observations
    assert (load.clients, len(load.trace), load.leading) == (8, 40, 0)
    assert (load.trace.prompt[0], load.trace.output[0]) == (1024, 128)
    assert load.ttft_s == pytest.approx(0.12)
    assert load.tpot_s == pytest.approx(0.0095)


def test_vllm_bench_at_a_rate_arrives_at_that_rate(read):
    (load,) = read("run.json", {**RUN, "max_concurrency": None, "request_rate": 4.0}).observations
    assert load.clients == 0
    assert load.trace.arrival_s[-1] == pytest.approx(40 / 4.0, rel=0.5)


def test_vllm_bench_in_detail_is_replayed_at_its_times_without_what_failed(read):
    detail = {
        "start_times": [1000.5, 1000.0, 1001.0],
        "input_lens": [20, 10, 30],
        "output_lens": [3, 2, 0],
        "ttfts": [0.2, 0.1, 0.0],
        "itls": [[0.01, 0.03], [0.04], []],
    }
    measured = read("run.json", {**RUN, **detail})
    (load,) = measured.observations
    assert load.trace.arrival_s.tolist() == [0.0, 0.5]
    assert load.trace.prompt.tolist() == [10, 20]
    assert load.ttft_s == pytest.approx(0.15)
    assert load.tpot_s == pytest.approx(0.03)  # 20 ms and 40 ms
    assert "1 requests without an answer" in measured.notes[0]


def test_appended_vllm_runs_are_several_loads(read):
    text = json.dumps(RUN) + "\n" + json.dumps({**RUN, "max_concurrency": 16}) + "\n"
    loads = read("runs.json", text).observations
    assert [load.clients for load in loads] == [8, 16]
    assert [load.name for load in loads] == ["runs#0", "runs#1"]


def test_a_vllm_run_that_completed_nothing_is_refused(read):
    with pytest.raises(InvalidInput, match="completed"):
        read("run.json", {**RUN, "completed": 0})


def mean(value):
    return {"successful": {"mean": value, "median": value}}


REPORT_METRICS = {
    "request_totals": {"successful": 50, "errored": 0},
    "request_concurrency": mean(4.2),
    "prompt_token_count": mean(256.0),
    "output_token_count": mean(64.0),
    "time_to_first_token_ms": mean(80.0),
    "inter_token_latency_ms": mean(12.0),
}


def test_a_guidellm_report_without_all_requests_is_a_load_of_its_mean_concurrency(read):
    served = [{"request_start_time": 5.0, "prompt_tokens": 256, "output_tokens": 64}]
    report = {"benchmarks": [{"metrics": REPORT_METRICS, "requests": {"successful": served}}]}
    (load,) = read("benchmarks.json", report).observations
    assert (load.clients, load.trace.prompt[0], load.trace.output[0]) == (4, 256, 64)
    assert (load.ttft_s, load.tpot_s) == (pytest.approx(0.08), pytest.approx(0.012))


@pytest.mark.parametrize("start", ["request_start_time", "start_time"])
def test_a_guidellm_report_with_all_requests_is_replayed(read, start):
    served = [
        {
            start: 1e9 + 2,
            "prompt_tokens": 9,
            "output_tokens": 4,
            "time_to_first_token_ms": 30,
            "inter_token_latency_ms": 5,
        },
        {
            start: 1e9,
            "prompt_tokens": 8,
            "output_tokens": 1,
            "time_to_first_token_ms": 10,
            "inter_token_latency_ms": None,
        },
    ]
    metrics = {**REPORT_METRICS, "request_totals": {"successful": 2}}
    (load,) = read("b.json", {"benchmarks": [{"metrics": metrics, "requests": {"successful": served}}]}).observations
    assert load.trace.arrival_s.tolist() == [0.0, 2.0]
    assert load.trace.prompt.tolist() == [8, 9]
    assert (load.ttft_s, load.tpot_s) == (pytest.approx(0.02), pytest.approx(0.005))


SUMMARY = {
    "schema_version": "1.5",
    "time_to_first_token": {"unit": "ms", "avg": 45.0},
    "inter_token_latency": {"unit": "us", "avg": 11_000.0},
    "request_latency": {"unit": "ms", "avg": 2_000.0},
    "input_sequence_length": {"unit": "tokens", "avg": 550.2},
    "output_sequence_length": {"unit": "tokens", "avg": 99.9},
    "request_throughput": {"unit": "requests/sec", "avg": 3.0},
    "request_count": {"unit": "requests", "avg": 30.0},
}


def test_an_aiperf_summary_takes_the_concurrency_of_its_configuration_and_minds_units(read):
    (load,) = read("a.json", {**SUMMARY, "input_config": {"loadgen": {"concurrency": 10}}}).observations
    assert (load.clients, len(load.trace)) == (10, 30)
    assert (load.trace.prompt[0], load.trace.output[0]) == (550, 100)
    assert (load.ttft_s, load.tpot_s) == (pytest.approx(0.045), pytest.approx(0.011))


def test_an_aiperf_summary_without_a_configuration_takes_the_concurrency_by_littles_law(read):
    (load,) = read("a.json", SUMMARY).observations
    assert load.clients == 6  # 3 a second, 2 s each


def test_a_genai_perf_table_is_read_with_its_thousands(read):
    text = (
        "Metric,avg,min,max,p99\r\n"
        'Time To First Token (ms),"1,146.31",249.48,"3,485.23","3,457.97"\r\n'
        "Inter Token Latency (ms),30.35,27.59,35.60,35.23\r\n"
        'Request Latency (ms),"6,000.00",1,2,3\r\n'
        "Output Sequence Length (tokens),174.45,164,187,186\r\n"
        'Input Sequence Length (tokens),"3,000.05",2999,3001,3001\r\n'
        "\r\nMetric,Value\r\nRequest Throughput (per sec),2.00\r\n"
    )
    (load,) = read("profile_export_genai_perf.csv", text).observations
    assert load.ttft_s == pytest.approx(1.14631)
    assert (load.clients, load.trace.prompt[0], load.leading) == (12, 3000, 12)


def test_aiperf_records_are_replayed_without_warmup_and_failures(read):
    def record(start_s, phase="profiling", error=None):
        return {
            "metadata": {"request_start_ns": int(start_s * 1e9), "benchmark_phase": phase},
            "metrics": {
                "input_sequence_length": {"value": 550, "unit": "tokens"},
                "output_sequence_length": {"value": 9, "unit": "tokens"},
                "time_to_first_token": {"value": 250.0, "unit": "ms"},
                "inter_token_latency": {"value": 5.0, "unit": "ms"},
            },
            "error": error,
        }

    rows = [record(1.0, "warmup"), record(3.0), record(2.0), record(4.0, error={"code": 499})]
    measured = read("profile_export.jsonl", "\n".join(json.dumps(row) for row in rows))
    (load,) = measured.observations
    assert load.trace.arrival_s.tolist() == pytest.approx([0.0, 1.0])
    assert (load.ttft_s, load.tpot_s) == (pytest.approx(0.25), pytest.approx(0.005))
    assert "2 requests" in measured.notes[0]
    assert np.isfinite(load.tpot_s)
