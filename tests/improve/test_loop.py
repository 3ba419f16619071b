"""The loop and its archive, over a bench that fits on a screen."""

import json

import pytest

from perfwise.errors import InvalidInput, InvalidOption
from perfwise.improve.accepting import front
from perfwise.improve.archive import Archive
from perfwise.improve.contracts import Budget
from perfwise.improve.loop import improve
from tests.improve.toy import Asking, Listed, Parrot, ToyBench

TEXTS = ("1+3", "1 + 3", "5", "(", "2 * 2 * 1 * 1 * 1", "4")


def archive(path=None, question=None):
    return Archive(path, question or {"toy": 1}, "toy_instructions")


def test_what_is_cheaper_and_right_becomes_the_incumbent_and_the_rest_is_told_why_not():
    bench = ToyBench()
    found = improve(bench, Listed(TEXTS), archive())
    assert [entry.accepted for entry in found.entries] == [True, True, False, False, False, False, True]
    assert found.entries[2].refusal == "the same as candidate 1"
    assert found.entries[3].refusal == "on () it gives 5 instead of 4"
    assert "never closed" in found.entries[4].refusal
    assert found.entries[5].refusal == "it costs 466.7% more"
    assert (found.result.proposal.text, found.ratio, found.stopped) == ("4", 13.0, "nothing left to try")
    assert [step.number for step in found.steps] == [6] or [step.number for step in found.steps] == [1, 6]
    assert bench.assessed == ["1+3", "5", "(", "2 * 2 * 1 * 1 * 1", "4"]
    assert [example.got for example in bench.learned] == ["5"]


def test_a_budget_ends_the_run_and_says_so():
    found = improve(ToyBench(), Listed(TEXTS), archive(), Budget(candidates=2))
    assert (len(found.entries), found.stopped) == (4, "the budget of 2 candidates is spent")
    found = improve(ToyBench(), Listed(TEXTS), archive(), Budget(baselines=0.1))
    assert found.stopped == "the budget of 0.1 times the original's count is spent"


def test_two_runs_write_the_same_bytes_and_a_cut_one_goes_on_to_the_same(tmp_path):
    for name in ("a", "b"):
        improve(ToyBench(), Listed(TEXTS), archive(tmp_path / name))
    whole = (tmp_path / "a").read_bytes()
    assert whole == (tmp_path / "b").read_bytes()
    for cut in range(0, len(whole), 97):
        (tmp_path / "cut").write_bytes(whole[:cut])
        bench = ToyBench()
        kept = max(whole[:cut].count(b"\n") - 2, 0)
        improve(bench, Listed(TEXTS), archive(tmp_path / "cut"))
        assert (tmp_path / "cut").read_bytes() == whole
        assert len(bench.assessed) == 5 - len([n for n in (1, 3, 4, 5, 6) if n <= kept])


def test_answers_of_a_model_are_kept_and_not_asked_for_again(tmp_path):
    parrot = Parrot(["1+3", "5", "4"])
    first = improve(ToyBench(), Asking(), archive(tmp_path / "a"), client=parrot)
    assert (len(parrot.asked), first.result.proposal.text, first.spent["tokens"]) == (3, "4", 30)
    again = improve(ToyBench(), Asking(), archive(tmp_path / "a"), client=parrot)
    assert len(parrot.asked) == 3
    assert again.entries == first.entries


def test_a_model_is_not_asked_beyond_the_ceiling_of_tokens():
    parrot = Parrot(["1+3"])
    found = improve(ToyBench(), Asking(), archive(), Budget(tokens=25), client=parrot)
    assert len(parrot.asked) == 2
    assert found.spent["tokens"] == 20


def test_an_archive_of_another_question_is_refused(tmp_path):
    improve(ToyBench(), Listed(TEXTS), archive(tmp_path / "a"))
    with pytest.raises(InvalidOption, match="another question"):
        archive(tmp_path / "a", {"toy": 2})


def test_what_is_no_archive_is_left_alone(tmp_path):
    (tmp_path / "a").write_text("dear diary\n")
    with pytest.raises(InvalidInput, match="no archive"):
        archive(tmp_path / "a")
    assert (tmp_path / "a").read_text() == "dear diary\n"


def test_a_damaged_line_is_named(tmp_path):
    improve(ToyBench(), Listed(TEXTS), archive(tmp_path / "a"))
    lines = (tmp_path / "a").read_text().splitlines()
    (tmp_path / "a").write_text("\n".join([*lines[:2], "{}", *lines[3:]]) + "\n")
    with pytest.raises(InvalidInput, match="a:3: cannot be read"):
        archive(tmp_path / "a")


def test_the_front_holds_what_nothing_beats_in_every_cost():
    found = improve(ToyBench(), Listed(TEXTS), archive())
    assert [entry.number for entry in front(found.entries, "toy_instructions")] == [0, 6]


def test_every_line_of_an_archive_is_json(tmp_path):
    improve(ToyBench(), Listed(TEXTS), archive(tmp_path / "a"))
    rows = [json.loads(line) for line in (tmp_path / "a").read_text().splitlines()]
    assert rows[0]["format"] == "perfwise-improve-1"
    assert [row["entry"]["number"] for row in rows[1:]] == list(range(7))
