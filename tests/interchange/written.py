"""Small files of every format, written by hand after the tools' own sources."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

from tests.outcomes import made

ROWS = [made("t", 120.0, candidate="0").row(), made("u", None, candidate="0", right=False).row()]
"""Two outcomes of our own, of set `a`."""

PYTEST_BENCHMARK: dict[str, Any] = {
    "machine_info": {
        "node": "runner-7",
        "machine": "x86_64",
        "system": "Linux",
        "python_implementation": "CPython",
        "python_version": "3.11.7",
        "cpu": {"brand_raw": "AMD EPYC", "count": 2},
    },
    "commit_info": {"id": "abc123", "time": None, "dirty": False},
    "benchmarks": [
        {
            "group": None,
            "name": "test_sort",
            "fullname": "test_b.py::test_sort",
            "params": None,
            "extra_info": {},
            "options": {"disable_gc": False, "timer": "perf_counter", "min_rounds": 5},
            "stats": {
                "median": 0.3,
                "iqr": 0.2,
                "stddev": 0.1,
                "rounds": 7,
                "iterations": 1,
                "data": [0.5, 0.1, 0.3, 0.2, 0.4, 0.7, 0.6],
            },
        }
    ],
    "datetime": "2024-05-01T12:00:00.123456+00:00",
    "version": "5.1.0",
}
PYPERF: dict[str, Any] = {
    "version": "1.0",
    "metadata": {
        "name": "sum",
        "unit": "second",
        "loops": 100,
        "timer": "clock_gettime(CLOCK_MONOTONIC), resolution: 1.00 ns",
        "python_implementation": "cpython",
        "python_version": "3.11.7 (64-bit)",
        "platform": "Linux-6.1.0-x86_64-with-glibc2.36",
        "cpu_model_name": "AMD EPYC",
        "hostname": "vm",
        "perf_version": "2.10.0",
    },
    "benchmarks": [
        {
            "runs": [
                {"metadata": {"date": "2024-05-01 12:00:00.5"}, "warmups": [[1, 0.5]]},
                {"metadata": {"date": "2024-05-01 12:00:01.5"}, "values": [0.1, 0.3]},
                {"metadata": {"date": "2024-05-01 12:00:02.5"}, "values": [0.4, 0.4]},
                {"values": [0.6, 0.8]},
            ]
        }
    ],
}
HYPERFINE: dict[str, Any] = {
    "results": [
        {
            "command": "sleep 0.1",
            "mean": 0.2,
            "stddev": 0.1,
            "median": 0.2,
            "user": 0.01,
            "system": 0.02,
            "min": 0.1,
            "max": 0.3,
            "times": [0.1, 0.3, 0.2],
            "memory_usage_byte": [1000, 3000, 2000],
            "exit_codes": [0, 0, 0],
            "parameters": {"n": "1"},
        },
        {
            "command": "exit 3",
            "mean": 0.1,
            "stddev": None,
            "median": 0.1,
            "user": 0.0,
            "system": 0.0,
            "min": 0.1,
            "max": 0.1,
            "times": [0.1],
            "exit_codes": [3],
        },
    ]
}
ASV: dict[str, Any] = {
    "commit_hash": "f8403101f78ad5270e7f6192d0e4578518354d24",
    "env_name": "existing-py",
    "date": 1714564800000,
    "params": {"arch": "x86_64", "cpu": "AMD EPYC", "machine": "vm", "os": "Linux 6.1.0", "python": "3.11"},
    "python": "3.11",
    "requirements": {"numpy": "1.26"},
    "env_vars": {},
    "result_columns": [
        *("result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b", "stats_q_25"),
        *("stats_q_75", "stats_number", "stats_repeat", "samples", "profile"),
    ],
    "results": {
        "b.Time.time_sum": [
            *([0.2, 0.4, float("nan"), None], [["1", "2"], ["'a'", "'b'"]], "v", 1, 2),
            *([0.1, 0.3, None, None], [0.3, 0.5, None, None], None, None, None, [9, 9, None, None]),
        ],
        "b.peakmem_list": [[27168768], []],
        "b.track_count": [[42], []],
        "b.time_bad": [None, [], "v", 1, 0.5],
    },
    "durations": {},
    "version": 2,
}
EVALPLUS: dict[str, Any] = {
    "date": "2024-05-01 12:00",
    "hash": "d41d8c",
    "eval": {
        "HumanEval/0": [
            {"task_id": "HumanEval/0", "solution": "s", "base_status": "pass", "plus_status": "pass"},
            {"task_id": "HumanEval/0", "solution": "s", "base_status": "pass", "plus_status": "fail"},
            {"task_id": "HumanEval/0", "solution": "s", "base_status": "timeout", "plus_status": "fail"},
        ],
        "HumanEval/1": [{"task_id": "HumanEval/1", "solution": "s", "base_status": "pass", "plus_status": None}],
    },
}
EVALPERF: dict[str, Any] = {
    "date": "2024-05-01 12:00",
    "n_samples": 2,
    "temperature": 1.0,
    "min_correct": 1,
    "max_profile": 2,
    "eval": {
        "HumanEval/9": {
            "task_id": "HumanEval/9",
            "results": [
                {
                    "solution": "s",
                    "pass": True,
                    "profiled": True,
                    "dps": 50.0,
                    "dps_norm": 40.0,
                    "_num_cpu_instructions": 900,
                },
                {"solution": "s", "pass": False, "profiled": False, "dps": None, "dps_norm": None},
            ],
            "ref": [
                {"solution": "r", "score": 50.0, "_num_cpu_instructions": 1000.5},
                {"solution": "r", "score": 100.0, "_num_cpu_instructions": None},
            ],
        }
    },
}


def _distribution(mean: float) -> dict[str, Any]:
    return {"successful": {"mean": mean, "median": mean, "std_dev": 0.1, "count": 9}, "total": None}


GUIDELLM: dict[str, Any] = {
    "metadata": {
        "version": 2,
        "guidellm_version": "0.8.1",
        "python_version": "3.12.1",
        "platform": "Linux-6.1.0-x86_64-with-glibc2.36",
    },
    "config": {},
    "benchmarks": [
        {
            "type_": "generative_benchmark",
            "duration": 30.0,
            "config": {"strategy": {"type_": "constant", "rate": 4.0, "max_concurrency": None}},
            "metrics": {
                "request_totals": {"successful": 9, "errored": 1, "incomplete": 2, "total": 12},
                "request_latency": {
                    "successful": {"mean": 1.5, "std_dev": 0.1, "mean_ci": {"lower": 1.4, "upper": 1.6}}
                },
                "time_to_first_token_ms": _distribution(50.0),
                "time_per_output_token_ms": _distribution(8.0),
                "inter_token_latency_ms": _distribution(9.0),
            },
            "requests": {"successful": [], "errored": [], "incomplete": []},
        }
    ],
}
GENAI_PERF: dict[str, Any] = {
    "request_throughput": {"unit": "requests/sec", "avg": 2.0},
    "request_latency": {"unit": "ms", "avg": 1500.0, "p50": 1400.0, "p99": 2000.0, "min": 1, "max": 3000, "std": 100.0},
    "time_to_first_token": {"unit": "ms", "avg": 50.0},
    "inter_token_latency": {"unit": "ms", "avg": 9.0},
    "request_count": {"unit": "count", "avg": 20.0},
    "input_config": {"model_names": ["m"], "perf_analyzer": {"stimulus": {"concurrency": 8}}},
}
AIPERF: dict[str, Any] = {
    "schema_version": "1.4",
    "aiperf_version": "0.13.0",
    "benchmark_id": "b",
    "request_latency": {"unit": "ms", "avg": 1500.0, "p50": 1400.0, "std": 100.0, "count": 18},
    "time_to_first_token": {"unit": "ms", "avg": 50.0},
    "request_count": {"unit": "requests", "avg": 18.0},
    "error_request_count": {"unit": "requests", "avg": 2.0},
    "benchmark_duration": {"unit": "sec", "avg": 30.0},
    "input_config": {"endpoint": {}},
    "run_info": {"variation_label": "concurrency=8", "run_label": "concurrency_8"},
    "was_cancelled": False,
    "start_time": "2024-05-01T12:00:00",
}
VLLM_BENCH: dict[str, Any] = {
    "date": "20240501-120000",
    "endpoint_type": "vllm",
    "backend": "vllm",
    "label": None,
    "model_id": "meta-llama/Llama-3.1-8B",
    "tokenizer_id": "meta-llama/Llama-3.1-8B",
    "num_prompts": 10,
    "request_rate": "inf",
    "burstiness": 1.0,
    "max_concurrency": 4,
    "duration": 5.0,
    "completed": 8,
    "failed": 2,
    "total_input_tokens": 100,
    "total_output_tokens": 200,
    "request_throughput": 1.6,
    "mean_ttft_ms": 50.0,
    "mean_tpot_ms": 8.0,
    "mean_itl_ms": 9.0,
    "mean_e2el_ms": 1500.0,
}
DOCUMENT: dict[str, Any] = {
    "run": {
        "format": 1,
        "id": 3,
        "name": "nightly",
        "created_at": "2024-05-01T12:00:00+00:00",
        "spec": {"tasks": ["t"]},
    },
    "meter": {},
    "metrics": {},
    "sets": {},
    "tasks": [],
    "outcomes": ROWS,
    "caveats": [],
}


def report_data(rows: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """What a report carries: the outcomes of one run in columns, after docs/report.md."""
    columns: dict[str, Any] = {
        name: [row[name] for row in rows]
        for name in ("task", "set", "candidate", "seed", "key", "quality", "caveats", "detail")
    }
    costs = sorted({name for row in rows for name in row["cost"]})
    columns["cost"] = {name: [row["cost"].get(name) for row in rows] for name in costs}
    columns["failure"] = [row["failure"] and [row["failure"]["kind"], row["failure"]["message"]] for row in rows]
    columns["provenance"] = [0] * len(rows)
    run = {"id": 3, "name": "nightly", "created_at": "2024-05-01T12:00:00+00:00", "spec": {"tasks": ["t"]}}
    return {
        "format": 1,
        "perfwise": "0.1.0",
        "abridged": False,
        "parts": [{"title": "nightly", "run": run, "outcomes": columns}],
        "provenances": [rows[0]["provenance"]],
        "programs": [],
        **changes,
    }


def report(data: Any) -> str:
    """A page that carries the data."""
    packed = base64.b64encode(gzip.compress(json.dumps(data).encode(), mtime=0)).decode()
    element = f'<script type="application/vnd.perfwise+gzip" id="perfwise-data">{packed}</script>'
    return f'<!doctype html>\n<html lang="en"><title>r</title><body><p>x</p>{element}</body></html>\n'


JSON = {
    "pytest_benchmark": PYTEST_BENCHMARK,
    "pyperf": PYPERF,
    "hyperfine": HYPERFINE,
    "asv": ASV,
    "evalplus": EVALPLUS,
    "evalperf": EVALPERF,
    "guidellm": GUIDELLM,
    "genai_perf": GENAI_PERF,
    "aiperf": AIPERF,
    "vllm_bench": VLLM_BENCH,
    "perfwise_document": DOCUMENT,
}
"""Documents by importer."""

TEXTS = {
    **{name: (f"{name}.json", json.dumps(data)) for name, data in JSON.items()},
    "perfwise_rows": ("rows.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS)),
    "perfwise_report": ("report.html", report(report_data(ROWS))),
}
"""File name and text by importer."""


def json_file(folder: Path, data: Any, name: str = "file.json") -> Path:
    """The data as a file."""
    path = folder / name
    path.write_text(json.dumps(data), "utf-8")
    return path
