"""What each importer makes of a small file, worked out by hand."""

import copy
import json

import pytest

from perfwise.core.outcome import Failure
from perfwise.core.task import REFERENCE
from perfwise.errors import InvalidInput
from perfwise.interchange.reading import read_outcomes
from tests.interchange.written import (
    AIPERF,
    ASV,
    DOCUMENT,
    EVALPERF,
    EVALPLUS,
    GENAI_PERF,
    GUIDELLM,
    HYPERFINE,
    PYPERF,
    PYTEST_BENCHMARK,
    ROWS,
    VLLM_BENCH,
    json_file,
    report,
    report_data,
)


def read(folder, data, name="file.json"):
    groups = read_outcomes(json_file(folder, data, name))
    return [one for group in groups.values() for one in group]


def changed(data, **changes):
    """A copy with other values at dotted places: `benchmarks.0.stats__data` reads better as a path."""
    data = copy.deepcopy(data)
    for path, value in changes.items():
        *way, last = path.split("__")
        part = data
        for key in way:
            part = part[int(key)] if isinstance(part, list) else part[key]
        if value is ...:
            del part[last]
        else:
            part[last] = value
    return data


def codes(refused):
    return [fault.code for fault in refused.value.faults]


class TestPytestBenchmark:
    def test_the_median_of_the_rounds_with_its_interval(self, tmp_path):
        (one,) = read(tmp_path, PYTEST_BENCHMARK)
        assert (one.task, one.candidate_set, one.candidate, one.quality) == ("test_b.py::test_sort", "file", "0", 1.0)
        assert one.cost.as_dict() == {"wall_s": 0.4}
        assert one.detail["cost_samples"] == [0.5, 0.1, 0.3, 0.2, 0.4, 0.7, 0.6]
        assert one.detail["cost_interval"] == [0.1, 0.7]  # 1 - 2 / 2**7 = 98.4 %; the next pair has 87.5 %
        assert (one.detail["repeats"], one.detail["sampled_cost"], one.detail["commit"]) == (7, "wall_s", "abc123")
        assert "memory layout" in one.caveats[0]

    def test_says_where_the_numbers_come_from(self, tmp_path):
        provenance = read(tmp_path, PYTEST_BENCHMARK)[0].provenance
        assert provenance.comparable() == {
            "engine": "pytest-benchmark",
            "engine version": "1",
            "meter": "perf_counter",
            "meter identity": "median of rounds, garbage collection on",
            "interpreter": "CPython 3.11.7",
            "machine": "x86_64 Linux AMD EPYC",
        }
        assert provenance.versions == (("pytest-benchmark", "5.1.0"),)

    def test_without_rounds_the_notch_of_the_median(self, tmp_path):
        (one,) = read(tmp_path, changed(PYTEST_BENCHMARK, benchmarks__0__stats__data=...))
        half = 1.57 * 0.2 / 7**0.5
        assert one.cost.as_dict() == {"wall_s": 0.3}
        assert one.detail["cost_interval"] == pytest.approx([0.3 - half, 0.3 + half])
        assert "cost_samples" not in one.detail

    def test_five_rounds_have_no_interval(self, tmp_path):
        (one,) = read(tmp_path, changed(PYTEST_BENCHMARK, benchmarks__0__stats__data=[5, 1, 3, 2, 4]))
        assert one.cost.as_dict() == {"wall_s": 3.0}
        assert "cost_interval" not in one.detail

    def test_another_clock_is_another_cost(self, tmp_path):
        (one,) = read(tmp_path, changed(PYTEST_BENCHMARK, benchmarks__0__options__timer="process_time"))
        assert (set(one.cost), one.provenance.meter) == ({"cpu_s"}, "process_time")

    @pytest.mark.parametrize("version", ["2.5.0", "6.0.0", None])
    def test_other_versions_are_refused(self, tmp_path, version):
        with pytest.raises(InvalidInput) as refused:
            read(tmp_path, {**PYTEST_BENCHMARK, "version": version})
        assert codes(refused) == ["unknown-version"]

    def test_all_faults_come_together(self, tmp_path):
        data = changed(PYTEST_BENCHMARK, benchmarks__0__stats__data=[1, -1], benchmarks__0__fullname=3)
        with pytest.raises(InvalidInput) as refused:
            read(tmp_path, data)
        assert sorted(codes(refused)) == ["wrong-type", "wrong-value"]
        assert all("benchmarks[0]" in fault.where for fault in refused.value.faults)


class TestPyperf:
    def test_a_process_is_a_repeat(self, tmp_path):
        (one,) = read(tmp_path, PYPERF)
        assert one.cost["wall_s"] == pytest.approx(0.4)  # of 0.2, 0.4 and 0.7
        assert one.detail["cost_samples"] == pytest.approx([0.2, 0.4, 0.7])
        assert (one.task, one.detail["values"], one.detail["repeats"]) == ("sum", 6, 3)
        assert one.provenance.machine == "x86_64 Linux AMD EPYC"
        assert one.provenance.interpreter == "CPython 3.11.7"

    def test_bytes_are_memory_and_other_counts_no_cost(self, tmp_path):
        (memory,) = read(tmp_path, changed(PYPERF, metadata__unit="byte"))
        assert set(memory.cost) == {"peak_bytes"}
        (count,) = read(tmp_path, changed(PYPERF, metadata__unit="integer"))
        assert (dict(count.cost), len(count.caveats), len(count.detail["tracked"])) == ({}, 1, 3)

    def test_a_suite_names_its_benchmarks_one_by_one(self, tmp_path):
        data = changed(PYPERF, metadata__name=...)
        data["benchmarks"] = [{**data["benchmarks"][0], "metadata": {"name": name}} for name in ("a", "b")]
        assert [one.task for one in read(tmp_path, data)] == ["a", "b"]

    @pytest.mark.parametrize("version", ["2.0", 6, None])
    def test_other_versions_are_refused(self, tmp_path, version):
        with pytest.raises(InvalidInput) as refused:
            read(tmp_path, {**PYPERF, "version": version})
        assert codes(refused) == ["unknown-version"]


class TestHyperfine:
    def test_a_command_is_a_task(self, tmp_path):
        first, second = read(tmp_path, HYPERFINE)
        assert (first.task, first.succeeded) == ("sleep 0.1", True)
        assert first.cost.as_dict() == {"cpu_s": 0.03, "peak_bytes": 3000.0, "wall_s": 0.2}
        assert first.detail["parameters"] == {"n": "1"}
        assert second.failure == Failure("exit", "1 of 1 runs ended with exit code 3")
        assert "does not say on which machine" in first.caveats[0]

    def test_a_signal_has_no_code(self, tmp_path):
        one = read(tmp_path, changed(HYPERFINE, results__0__exit_codes=[0, None, None]))[0]
        assert str(one.failure) == "exit: 2 of 3 runs ended by a signal"

    def test_the_files_of_version_2_are_refused(self, tmp_path):
        with pytest.raises(InvalidInput, match=r"version 2 of hyperfine's format; .* hyperfine 1\.x") as refused:
            read(tmp_path, {"schema_version": 2, **HYPERFINE})
        assert codes(refused) == ["unknown-version"]


class TestAsv:
    def test_parameters_make_tasks_and_what_was_skipped_is_left_out(self, tmp_path):
        outcomes = {one.task: one for one in read(tmp_path, ASV)}
        assert list(outcomes)[:3] == [f"b.Time.time_sum({each})" for each in ("1, 'a'", "1, 'b'", "2, 'b'")]
        first = outcomes["b.Time.time_sum(1, 'a')"]
        assert first.cost.as_dict() == {"wall_s": 0.2}
        assert (first.detail["cost_interval"], first.detail["cost_interval_level"]) == ([0.1, 0.3], 0.99)
        assert first.detail["repeats"] == 9
        assert outcomes["b.Time.time_sum(2, 'b')"].failure == Failure("failed", "asv recorded no result")
        assert outcomes["b.time_bad"].quality == 0.0
        assert outcomes["b.peakmem_list"].cost.as_dict() == {"peak_bytes": 27168768}
        assert first.provenance.machine == "x86_64 Linux AMD EPYC"
        assert (first.provenance.interpreter, first.provenance.versions) == ("Python 3.11", (("numpy", "1.26"),))

    def test_a_tracked_number_is_a_cost_where_its_unit_says_so(self, tmp_path):
        (tmp_path / "vm").mkdir()
        assert {one.task: dict(one.cost) for one in read(tmp_path, ASV, "vm/x.json")}["b.track_count"] == {}
        json_file(tmp_path, {"b.track_count": {"unit": "seconds"}, "version": 2}, "benchmarks.json")
        tracked = {one.task: one for one in read(tmp_path, ASV, "vm/x.json")}["b.track_count"]
        assert tracked.cost.as_dict() == {"tracked_s": 42}

    def test_every_file_of_a_folder_is_a_set(self, tmp_path):
        (tmp_path / "vm").mkdir()
        for name in ("old", "new"):
            json_file(tmp_path, ASV, f"vm/{name}.json")
        json_file(tmp_path, {"machine": "vm", "version": 1}, "vm/machine.json")
        assert list(read_outcomes(tmp_path / "vm")) == ["new", "old"]

    def test_samples_are_kept_where_they_were_recorded(self, tmp_path):
        row = [[0.2], [], "v", 1, 2, None, None, None, None, None, None, [[0.3, 0.1, 0.2]]]
        (one,) = read(tmp_path, {**ASV, "results": {"b.time_x": row}})
        assert (one.cost["wall_s"], one.detail["cost_samples"]) == (0.2, [0.3, 0.1, 0.2])

    def test_other_versions_are_refused(self, tmp_path):
        with pytest.raises(InvalidInput, match="asv update"):
            read(tmp_path, {**ASV, "version": 1})


class TestEvalPlus:
    def test_right_is_what_passes_all_tests_that_were_run(self, tmp_path):
        outcomes = read(tmp_path, EVALPLUS, "gpt_eval_results.json")
        assert [(one.task, one.candidate, one.quality) for one in outcomes] == [
            ("HumanEval/0", "0", 1.0),
            ("HumanEval/0", "1", 0.0),
            ("HumanEval/0", "2", 0.0),
            ("HumanEval/1", "0", 1.0),
        ]
        assert [str(one.failure) for one in outcomes[1:3]] == [
            "tests-failed: plus tests: fail",
            "out-of-time: base tests: timeout",
        ]
        assert {one.candidate_set for one in outcomes} == {"gpt"}
        assert all(len(one.cost) == 0 for one in outcomes)

    def test_a_folder_of_samples_names_the_set(self, tmp_path):
        (tmp_path / "gpt").mkdir()
        assert read(tmp_path, EVALPLUS, "gpt/eval_results.json")[0].candidate_set == "gpt"

    def test_the_old_form_is_refused(self, tmp_path):
        with pytest.raises(InvalidInput) as refused:
            read(tmp_path, {**EVALPLUS, "eval": {"HumanEval/0": {"nfiles": 1, "base": [["success", []]]}}})
        assert codes(refused) == ["unknown-version"]

    def test_an_unknown_status_is_a_fault(self, tmp_path):
        with pytest.raises(InvalidInput, match="must be pass, fail or timeout, not 'maybe'"):
            read(tmp_path, changed(EVALPLUS, **{"eval__HumanEval/1__0__base_status": "maybe"}))


class TestEvalPerf:
    def test_samples_and_references_have_instructions(self, tmp_path):
        outcomes = read(tmp_path, EVALPERF, "gpt_evalperf_results.json")
        told = [(one.candidate_set, one.candidate, one.quality, one.cost.as_dict()) for one in outcomes]
        assert told == [
            ("gpt", "0", 1.0, {"instructions": 900.0}),
            ("gpt", "1", 0.0, {}),
            (REFERENCE, "0", 1.0, {"instructions": 1000.5}),
            (REFERENCE, "1", 1.0, {}),
        ]
        assert [one.detail.get("score") for one in outcomes[2:]] == [50.0, 100.0]

    def test_the_brief_file_is_refused(self, tmp_path):
        with pytest.raises(InvalidInput, match=r"without `\.brief`"):
            read(tmp_path, {"date": "x", "config": {}, "summary": {}, "eval": {}})


class TestGuideLlm:
    def test_a_strategy_is_a_task_and_its_mean_latency_the_cost(self, tmp_path):
        (one,) = read(tmp_path, GUIDELLM)
        assert (one.task, one.quality, one.failure) == ("constant rate=4", 0.9, None)
        assert one.cost.as_dict() == pytest.approx(
            {"latency_s": 1.5, "span_s": 30.0, "ttft_s": 0.05, "tpot_s": 0.008, "itl_s": 0.009}
        )
        assert one.detail["latency_interval_s"] == [1.4, 1.6]
        assert "cost_samples" not in one.detail  # requests are no repeats
        assert one.provenance.versions == (("guidellm", "0.8.1"), ("python", "3.12.1"))

    def test_where_nothing_was_served_there_are_no_latencies(self, tmp_path):
        totals = {"successful": 0, "errored": 3, "incomplete": 0}
        (one,) = read(tmp_path, changed(GUIDELLM, benchmarks__0__metrics__request_totals=totals))
        assert (one.quality, str(one.failure)) == (0.0, "not-served: none of 3 requests was served")
        assert one.cost.as_dict() == {"span_s": 30.0}

    @pytest.mark.parametrize("metadata", [{"version": 3}, {"version": True}, {}])
    def test_other_versions_are_refused(self, tmp_path, metadata):
        with pytest.raises(InvalidInput) as refused:
            read(tmp_path, {**GUIDELLM, "metadata": metadata})
        assert codes(refused) == ["unknown-version"]

    def test_version_1_is_read_alike(self, tmp_path):
        assert read(tmp_path, changed(GUIDELLM, metadata__version=1))[0].cost["latency_s"] == 1.5


class TestProfiles:
    def test_genai_perf_counts_no_failures(self, tmp_path):
        (one,) = read(tmp_path, GENAI_PERF)
        assert (one.task, one.quality) == ("concurrency=8", 1.0)
        assert one.cost.as_dict() == pytest.approx({"latency_s": 1.5, "ttft_s": 0.05, "itl_s": 0.009})
        assert one.detail["latency_p99_s"] == pytest.approx(2.0)
        assert "nothing of failed requests" in one.caveats[1]

    def test_the_older_settings_stand_at_the_top(self, tmp_path):
        old = {**GENAI_PERF, "input_config": {"model": ["m"], "concurrency": 2, "request_rate": None}}
        assert read(tmp_path, old)[0].task == "concurrency=2"

    def test_aiperf_counts_failures(self, tmp_path):
        (one,) = read(tmp_path, AIPERF)
        assert (one.task, one.quality) == ("concurrency=8", 0.9)
        assert one.cost.as_dict() == pytest.approx({"latency_s": 1.5, "ttft_s": 0.05, "span_s": 30.0})
        assert one.provenance.versions == (("aiperf", "0.13.0"),)

    def test_a_run_that_broke_off_has_failed(self, tmp_path):
        assert read(tmp_path, {**AIPERF, "was_cancelled": True})[0].failure.kind == "cancelled"
        (one,) = read(tmp_path, {**AIPERF, "is_complete": False, "incomplete_reason": "stalled"})
        assert (one.quality, str(one.failure)) == (0.0, "incomplete: stalled")

    def test_an_unknown_unit_is_refused(self, tmp_path):
        for data in (GENAI_PERF, AIPERF):
            with pytest.raises(InvalidInput) as refused:
                read(tmp_path, changed(data, request_latency__unit="fortnights"))
            assert codes(refused) == ["unknown-unit"]

    def test_another_schema_is_refused(self, tmp_path):
        with pytest.raises(InvalidInput) as refused:
            read(tmp_path, {**AIPERF, "schema_version": "2.0"})
        assert codes(refused) == ["unknown-version"]


class TestVllmBench:
    def test_a_load_is_a_task(self, tmp_path):
        (one,) = read(tmp_path, VLLM_BENCH)
        assert (one.task, one.quality) == ("10 prompts rate=inf concurrency=4", 0.8)
        assert one.cost.as_dict() == pytest.approx(
            {"latency_s": 1.5, "ttft_s": 0.05, "tpot_s": 0.008, "itl_s": 0.009, "span_s": 5.0}
        )
        assert one.detail["model_id"] == "meta-llama/Llama-3.1-8B"

    def test_older_files_count_failures_by_what_is_missing(self, tmp_path):
        assert read(tmp_path, changed(VLLM_BENCH, failed=...))[0].quality == 0.8

    def test_a_detailed_file_has_latencies_of_requests(self, tmp_path):
        data = {**VLLM_BENCH, "latencies": [1.0, 9.0, 3.0], "errors": ["", "refused", ""], "mean_e2el_ms": None}
        assert read(tmp_path, data)[0].cost["latency_s"] == 2.0

    def test_appended_results_stand_on_lines(self, tmp_path):
        path = tmp_path / "two.json"
        path.write_text("\n".join(json.dumps({**VLLM_BENCH, "num_prompts": count}) for count in (10, 10, 20)))
        (outcomes,) = read_outcomes(path).values()
        assert [(one.task.split()[0], one.candidate) for one in outcomes] == [("10", "0"), ("10", "1"), ("20", "0")]


class TestOurOwn:
    def test_a_document_and_rows_and_a_report_give_the_outcomes_back(self, tmp_path):
        (tmp_path / "r.html").write_text(report(report_data(ROWS)))
        (tmp_path / "r.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
        json_file(tmp_path, DOCUMENT, "d.json")
        for name in ("r.html", "r.jsonl", "d.json"):
            (outcomes,) = read_outcomes(tmp_path / name).values()
            assert [one.row() for one in outcomes] == ROWS

    def test_another_format_is_refused(self, tmp_path):
        (tmp_path / "r.html").write_text(report(report_data(ROWS, format=2)))
        with pytest.raises(InvalidInput) as refused:
            read_outcomes(tmp_path / "r.html")
        assert codes(refused) == ["unknown-version"]
        with pytest.raises(InvalidInput) as refused:
            read(tmp_path, changed(DOCUMENT, run__format=2))
        assert codes(refused) == ["unknown-version"]

    def test_an_attempt_twice_is_a_fault(self, tmp_path):
        with pytest.raises(InvalidInput) as refused:
            read(tmp_path, {**DOCUMENT, "outcomes": [ROWS[0], ROWS[0]]})
        assert codes(refused) == ["duplicate-attempt"]

    def test_an_abridged_report_says_so(self, tmp_path):
        data = report_data([{**row, "detail": None} for row in ROWS], abridged=True)
        (tmp_path / "r.html").write_text(report(data))
        (outcomes,) = read_outcomes(tmp_path / "r.html").values()
        assert all("left out of the report" in one.caveats[-1] for one in outcomes)

    def test_runs_with_sets_of_one_name_stay_apart(self, tmp_path):
        data = report_data(ROWS)
        data["parts"].append({**data["parts"][0], "run": {**data["parts"][0]["run"], "name": "weekly"}})
        (tmp_path / "r.html").write_text(report(data))
        assert list(read_outcomes(tmp_path / "r.html")) == ["a (nightly)", "a (weekly)"]

    @pytest.mark.parametrize(
        "spoil", [lambda text: text.replace("H4sI", "AAAA"), lambda text: text.replace("perfwise-data", "x")]
    )
    def test_a_spoilt_report_is_refused(self, tmp_path, spoil):
        (tmp_path / "r.html").write_text(spoil(report(report_data(ROWS))))
        with pytest.raises(InvalidInput):
            read_outcomes(tmp_path / "r.html")
