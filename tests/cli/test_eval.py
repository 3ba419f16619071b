import json
import sqlite3
from pathlib import Path

from perfwise.core.family import Family
from tests.cli.conftest import Perfwise

FILES = ("slow.py", "loop.py", "wrong.py")


def test_files_beside_a_task_file_are_ranked_best_first_with_a_verdict(folder: Path, perfwise: Perfwise):
    ended = perfwise("eval", *FILES)
    places = [ended.out.index(f"\n{name}") for name in ("loop", "slow", "wrong")]
    assert (ended.code, places) == (0, sorted(places))
    assert "3 programs, all distinct and run" in ended.out
    assert "loop takes" in ended.out
    assert "times the wasm_instructions of slow" in " ".join(ended.out.split())


def test_document_on_standard_output_is_alone_there_and_has_the_promised_keys(folder: Path, perfwise: Perfwise):
    document = json.loads(perfwise("eval", "--tasks", "task.py", "--json", "-", *FILES).out)
    assert list(document) == ["run", "meter", "metrics", "sets", "tasks", "outcomes", "caveats"]
    assert document["sets"]["wrong"]["pass@1"]["value"] == 0.0
    assert document["metrics"]["pass@1"].items() >= {"value": 2 / 3, "unit": "share", "n": 1}.items()
    assert document["tasks"][0].items() >= {"id": "task", "samples": 3, "right": 2}.items()
    assert [row["set"] for row in document["outcomes"]] == ["@reference", "loop", "slow", "wrong"]
    assert document["meter"]["cost"] == "wasm_instructions"


def test_references_are_run_but_not_ranked(folder: Path, perfwise: Perfwise):
    document = json.loads(perfwise("eval", "--json", "-", *FILES).out)
    assert document["run"]["ranking"] == ["loop", "slow", "wrong"]
    assert document["run"]["samples"] == 3


def test_same_program_in_another_layout_is_not_run_again(folder: Path, perfwise: Perfwise):
    (folder / "again.py").write_text("# a comment\n" + (folder / "loop.py").read_text())
    assert "2 programs, 1 distinct and run" in perfwise("eval", "loop.py", "again.py").out


def test_counts_are_the_same_in_one_process_and_in_two(folder: Path, perfwise: Perfwise):
    alone, together = (json.loads(perfwise("eval", *FILES, "-j", jobs, "--json", "-").out) for jobs in ("1", "2"))
    assert [row["cost"] for row in alone["outcomes"]] == [row["cost"] for row in together["outcomes"]]


def test_every_candidate_failing_ends_with_4(folder: Path, perfwise: Perfwise):
    assert perfwise("eval", "wrong.py").code == 4


def test_verbose_shows_source_failing_input_answers_and_cost_by_case(folder: Path, perfwise: Perfwise):
    out = perfwise("eval", "wrong.py", "loop.py", "--candidate", "wrong", "-v").out
    for line in ("return n * n", "input: (3,)", "expected: 5", "got: 9", "stress"):
        assert line in out
    assert "total += i * i" not in out


def test_terminal_escapes_of_a_program_and_its_answer_are_spelt_out(folder: Path, perfwise: Perfwise):
    (folder / "rude.py").write_text('def squares(n):\n    return "\\x1b[2J [bold]x[/bold]"  # \x1b[31m\n')
    out = perfwise("eval", "rude.py", "-v").out
    assert "\x1b" not in out
    assert "got: '\\x1b[2J [bold]x[/bold]'" in out


def test_resume_runs_nothing_again_and_keeps_one_run(folder: Path, perfwise: Perfwise):
    first = json.loads(perfwise("eval", *FILES, "--json", "-").out)
    again = json.loads(perfwise("eval", *FILES, "--json", "-", "--resume").out)
    assert again == first
    with sqlite3.connect(folder / "store.db") as database:
        assert database.execute("select count(*) from perfwise_outcomes").fetchone() == (4,)


def test_resume_goes_on_where_a_run_was_cut_off(folder: Path, perfwise: Perfwise):
    first = json.loads(perfwise("eval", *FILES, "--json", "-").out)
    with sqlite3.connect(folder / "store.db") as database:
        database.execute("delete from perfwise_outcomes where candidate_set <> 'loop'")
        database.execute("update perfwise_runs set finished = 0")
    again = json.loads(perfwise("eval", *FILES, "--json", "-", "--resume").out)
    assert (again["run"]["id"], again["metrics"]) == (first["run"]["id"], first["metrics"])


def test_faults_of_all_inputs_are_one_report_and_nothing_is_stored(folder: Path, perfwise: Perfwise):
    (folder / "a.jsonl").write_text('not json\n{"task_id": "task"}\n')
    (folder / "b.jsonl").write_text('{"task_id": "nowhere", "solution": "x = 1"}\n')
    ended = perfwise(
        "eval", "--tasks", "task.py", "--samples", "a.jsonl", "--samples", "b.jsonl", "--format", "evalplus"
    )
    assert ended.code == 2
    for place in ("a.jsonl:1: ", "a.jsonl:2: ", "b.jsonl:1: "):
        assert place in ended.err
    assert not (folder / "store.db").exists()


def test_wrong_usage_ends_with_2_a_sentence_and_no_traceback(folder: Path, perfwise: Perfwise):
    for arguments, said in (
        ((), "name programs"),
        (("--samples", "loop.py"), "--tasks"),
        (("--tasks", "nowhere.jsonl", "loop.py"), "nowhere.jsonl"),
        (("loop.py", "--metric", "nosuch"), "nosuch"),
        (("loop.py", "--meter", "nosuch"), "nosuch"),
        (("loop.py", "--k", "0"), "at least 1"),
        (("loop.py", "--memory", "much"), "512M"),
        (("loop.py", "--task", "tusk"), "such as task"),
        (("loop.py", "-j", "-1"), "jobs"),
        (("loop.py", "--json", "nowhere/out.json"), "no such folder"),
    ):
        ended = perfwise("eval", *arguments)
        assert (ended.code, said in ended.err, "Traceback" in ended.err) == (2, True, False), (arguments, ended)


def test_missing_library_of_a_meter_ends_with_5(folder: Path, perfwise: Perfwise, monkeypatch):
    there = Family.get

    def unavailable(self, name):
        if name == "wasm":
            raise ImportError("no wheel", name="wasmtime")
        return there(self, name)

    monkeypatch.setattr("perfwise.core.family.Family.get", unavailable)
    ended = perfwise("eval", "--tasks", "task.py", "loop.py", "--suite", "taskfile")
    assert ended.code == 5
    assert "pip install wasmtime" in ended.err


def test_native_meter_says_that_it_is_noisy(folder: Path, perfwise: Perfwise):
    ended = perfwise("eval", "loop.py", "--meter", "cpu_time", "--unsandboxed")
    assert ended.code == 0
    assert "CPU time is noisy" in " ".join(ended.out.split())


def test_native_meter_without_a_sandbox_is_refused_unless_said_otherwise(folder: Path, perfwise: Perfwise, monkeypatch):
    monkeypatch.setattr("perfwise.programs.meters._confined.strongest_rung", lambda: None)
    ended = perfwise("eval", "loop.py", "--meter", "cpu_time")
    assert ended.code == 5
    assert "--unsandboxed" in ended.err
    ended = perfwise("eval", "loop.py", "--meter", "cpu_time", "--unsandboxed")
    assert ended.code == 0
    assert "outside any sandbox" in " ".join(ended.out.split())


def test_undefined_k_is_told_and_the_rest_still_shown(folder: Path, perfwise: Perfwise):
    document = json.loads(perfwise("eval", *FILES, "--metric", "pass_at_k", "--k", "1,5", "--json", "-").out)
    five = document["sets"]["loop"]["pass@5"]
    assert five["value"] is None
    assert "only 1 sample" in five["note"]
    assert document["sets"]["loop"]["pass@1"]["value"] == 1.0


def test_a_k_that_was_asked_for_stays_beside_one_that_ranks(folder: Path, perfwise: Perfwise):
    document = json.loads(perfwise("eval", *FILES, "--k", "5", "--json", "-").out)
    of_loop = document["sets"]["loop"]
    assert list(of_loop)[:2] == ["pass@1", "pass@5"]
    assert "only 1 sample" in of_loop["pass@5"]["note"]


def test_a_question_names_its_samples_by_their_whole_path(folder: Path, perfwise: Perfwise):
    document = json.loads(perfwise("eval", "--tasks", "task.py", "--samples", "mine=loop.py", "--json", "-").out)
    assert document["run"]["spec"]["samples"] == [f"mine={(folder / 'loop.py').resolve()}"]


def test_an_interrupt_keeps_what_was_finished_and_says_how_to_go_on(folder: Path, perfwise: Perfwise, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("perfwise.cli.running.evaluate", interrupted)
    ended = perfwise("eval", "loop.py")
    assert (ended.code, "--resume" in ended.err) == (130, True)
