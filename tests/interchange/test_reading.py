"""A file that a user names -> outcomes by set."""

import gzip
import json
import re

import pytest

from perfwise.core.compare import Side, compare
from perfwise.core.store import open_store
from perfwise.errors import InvalidInput, InvalidOption, NotComparable
from perfwise.interchange.importing import Wanted, whole_runs, whole_runs_of
from perfwise.interchange.reading import as_one_task, read_outcomes, read_results
from tests.interchange.written import (
    DOCUMENT,
    HYPERFINE,
    PYPERF,
    PYTEST_BENCHMARK,
    ROWS,
    json_file,
    report,
    report_data,
)

NOW = "2024-06-01T00:00:00+00:00"


def codes(refused):
    return [fault.code for fault in refused.value.faults]


class TestReadOutcomes:
    def test_two_files_of_one_tool_compare(self, tmp_path):
        slow = json.loads(json.dumps(PYPERF))
        for run in slow["benchmarks"][0]["runs"]:
            run["values"] = [2 * value for value in run.get("values", ())]
        before, after = json_file(tmp_path, slow, "before.json"), json_file(tmp_path, PYPERF, "after.json")
        sides = [Side(name, group) for path in (before, after) for name, group in read_outcomes(path).items()]
        found = compare(*sides, cost="wall_s")
        assert (found.first, found.second) == ("before", "after")
        assert found.cost_ratio.value == pytest.approx(0.5)

    def test_files_of_two_tools_or_two_interpreters_do_not(self, tmp_path):
        older = {**PYPERF, "metadata": {**PYPERF["metadata"], "python_version": "3.10.1"}}
        first = Side("a", read_outcomes(json_file(tmp_path, PYPERF))["file"])
        for other, what in ((older, "interpreter"), (HYPERFINE, "engine")):
            with pytest.raises(NotComparable, match=what):
                compare(first, Side("b", read_outcomes(json_file(tmp_path, other))["file"]), cost="wall_s")

    def test_a_zipped_file_is_read_and_named_without_its_endings(self, tmp_path):
        (tmp_path / "b.json.gz").write_bytes(gzip.compress(json.dumps(PYPERF).encode()))
        assert list(read_outcomes(tmp_path / "b.json.gz")) == ["b"]

    @pytest.mark.parametrize(
        ("name", "text", "code"),
        [
            ("a.json", "{", "malformed-json"),
            ("a.json", "", "empty-file"),
            ("a.json", "[]", "wrong-type"),
            ("a.json", '{"a": 1}', "unknown-format"),
            ("a.txt", "hello", "unknown-format"),
            ("a.json", json.dumps({**PYTEST_BENCHMARK, "benchmarks": []}), "no-results"),
            ("a.json", json.dumps({**DOCUMENT, "outcomes": []}), "no-results"),
        ],
    )
    def test_what_nobody_can_read_has_a_code(self, tmp_path, name, text, code):
        (tmp_path / name).write_text(text)
        with pytest.raises(InvalidInput) as refused:
            read_outcomes(tmp_path / name)
        assert codes(refused) == [code]

    def test_an_absent_file_is_unreadable_and_a_folder_of_something_else_unknown(self, tmp_path):
        for path, code in ((tmp_path / "absent.json", "unreadable-file"), (tmp_path, "unknown-format")):
            with pytest.raises(InvalidInput) as refused:
                read_outcomes(path)
            assert codes(refused) == [code]

    def test_a_named_format_is_used_and_an_unknown_one_refused(self, tmp_path):
        path = json_file(tmp_path, PYPERF)
        assert read_results(path, "pyperf").importer == "pyperf"
        with pytest.raises(InvalidInput):
            read_outcomes(path, "hyperfine")
        with pytest.raises(InvalidOption, match="has no method 'gperf'; there are aiperf, asv"):
            read_outcomes(path, "gperf")


class TestOneTask:
    def test_commands_of_a_file_become_alternatives(self, tmp_path):
        (outcomes,) = read_outcomes(json_file(tmp_path, HYPERFINE)).values()
        moved = as_one_task(outcomes, "wait")
        assert [(one.task, one.candidate_set) for one in moved] == [("wait", "sleep 0.1"), ("wait", "exit 3")]

    def test_several_sets_cannot(self, tmp_path):
        outcomes = [one for name in "ab" for one in read_outcomes(json_file(tmp_path, PYPERF), None, name)[name]]
        with pytest.raises(InvalidOption, match="there are a, b"):
            as_one_task(outcomes, "t")


class TestWholeRuns:
    def test_the_file_and_how_it_was_read_name_the_run(self, tmp_path):
        path = json_file(tmp_path, PYPERF)
        (plain,), (again,) = whole_runs(path, Wanted(), NOW), whole_runs(path, Wanted(), "2025-01-01T00:00:00")
        (named,) = whole_runs(path, Wanted(set_name="x"), NOW)
        assert plain.spec == again.spec != named.spec
        assert (plain.spec["imported"], plain.spec["file"], named.spec["set"]) == ("pyperf", "file.json", "x")
        assert re.fullmatch("[0-9a-f]{64}", plain.spec["sha256"])
        assert (plain.engine, plain.created_at) == ("pyperf", "2024-05-01T12:00:00")

    def test_a_file_that_says_no_date_is_of_now(self, tmp_path):
        (run,) = whole_runs(json_file(tmp_path, HYPERFINE), Wanted(), NOW)
        assert run.created_at == NOW

    def test_our_own_documents_are_the_runs_they_were(self, tmp_path):
        (run,) = whole_runs(json_file(tmp_path, DOCUMENT), Wanted(), NOW)
        assert (run.engine, run.name, run.spec) == ("programs", "nightly", {"tasks": ["t"]})
        assert run.created_at == "2024-05-01T12:00:00+00:00"
        assert [one.row() for one in run.outcomes] == ROWS

    def test_a_report_holds_several_and_an_abridged_run_is_another_one(self, tmp_path):
        data = report_data(ROWS)
        data["parts"] *= 2
        (tmp_path / "whole.html").write_text(report(data))
        (tmp_path / "abridged.html").write_text(report(report_data(ROWS, abridged=True)))
        runs = whole_runs_of([tmp_path / "whole.html", tmp_path / "abridged.html"], Wanted(), NOW)
        assert [run.spec for _, run in runs] == [{"tasks": ["t"]}] * 2 + [{"tasks": ["t"], "abridged": True}]

    def test_the_faults_of_all_files_come_together(self, tmp_path):
        (tmp_path / "a.json").write_text("{")
        with pytest.raises(InvalidInput) as refused:
            whole_runs_of([tmp_path / "a.json", json_file(tmp_path, PYPERF), tmp_path / "b.json"], Wanted(), NOW)
        assert codes(refused) == ["malformed-json", "unreadable-file"]

    def test_a_run_called_like_a_number_gets_another_name(self, tmp_path):
        for name in ("12", "latest", ""):
            data = {**DOCUMENT, "run": {**DOCUMENT["run"], "name": name}}
            assert whole_runs(json_file(tmp_path, data), Wanted(), NOW)[0].name is None

    def test_what_was_read_can_be_kept_and_read_back(self, tmp_path):
        from perfwise.core.merging import keep_runs

        runs = [
            run
            for data in (PYPERF, HYPERFINE, DOCUMENT)
            for run in whole_runs(json_file(tmp_path, data), Wanted(), NOW)
        ]
        with open_store(tmp_path / "s.db") as store:
            joined = keep_runs(store, runs)
            for run, kept in zip(runs, joined, strict=True):
                held = list(store.outcomes(store.run(kept.run_id)))
                assert sorted(held, key=lambda one: one.attempt) == sorted(run.outcomes, key=lambda one: one.attempt)
