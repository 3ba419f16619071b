"""What every method of improving promises, whoever answers it."""

import json

import pytest

from perfwise.core.family import Family
from perfwise.improve.archive import Archive
from perfwise.improve.contracts import Answer, Budget
from perfwise.improve.loop import improve
from tests.improve.toy import Parrot, ToyBench

FAMILY = Family("perfwise.improve.methods")
ANSWERS = [
    "```python\n2 + 2\n```",
    "no program at all",
    "```python\n5\n```",
    '["an idea"]',
    "```python\n4\n```",
    "```\n1+\n```",
]
BUDGET = Budget(candidates=12, tokens=50_000, rounds=12)


class Failing:
    """A model that is never there."""

    name = "failing"

    def __init__(self):
        self.asked = 0

    def ask(self, request):
        self.asked += 1
        return Answer("", failure="nobody is there")


@pytest.fixture(params=FAMILY.names())
def method(request):
    return FAMILY.get(request.param)()


def run(method, client, path=None):
    bench = ToyBench()
    archive = Archive(path, {"method": type(method).__name__}, bench.cost_name)
    done = improve(bench, method, archive, BUDGET, client=client)
    archive.close()
    return done


def test_the_published_ones_are_there():
    assert set(FAMILY.names()) >= {
        *("rules", "sample", "alphacode", "words_to_code", "plansearch", "pie"),
        *("soap", "sysllmatic", "evolve", "interactive", "route"),
    }


@pytest.mark.parametrize("info", FAMILY.describe(), ids=lambda info: info.name)
def test_its_docstring_names_a_source(info):
    assert info.summary
    assert info.source


def test_the_same_answers_give_the_same_run_and_the_archive_replays_it(method, tmp_path):
    first, second = (run(method, Parrot(list(ANSWERS)), tmp_path / f"{n}.jsonl") for n in (1, 2))
    assert first == second
    kept = (tmp_path / "1.jsonl").read_bytes()
    assert kept == (tmp_path / "2.jsonl").read_bytes()
    assert run(method, Failing(), tmp_path / "1.jsonl") == first
    assert (tmp_path / "1.jsonl").read_bytes() == kept


def test_a_run_cut_anywhere_goes_on_to_the_same_archive(method, tmp_path):
    whole = tmp_path / "whole.jsonl"
    model = Parrot(list(ANSWERS))
    run(method, model, whole)
    lines = whole.read_bytes().splitlines(keepends=True)
    cut = tmp_path / "cut.jsonl"
    for kept in {1, len(lines) // 2, len(lines) - 1}:
        cut.write_bytes(b"".join(lines[:kept]) + b'{"entry": {"acc')
        answered = sum("answer" in json.loads(line) for line in lines[1:kept])
        later = Parrot(list(ANSWERS))
        later.asked = model.asked[:answered]  # it goes on with the answers that come next
        run(method, later, cut)
        assert cut.read_bytes() == whole.read_bytes()


def test_it_returns_an_accepted_candidate_and_nothing_wrong_is_accepted(method):
    done = run(method, Parrot(list(ANSWERS)))
    assert done.result.accepted
    assert all(entry.assessment.finding == "verified" for entry in done.entries if entry.accepted)
    assert eval(done.result.proposal.text) == 4


def test_a_model_that_is_not_there_leaves_the_original_and_is_not_asked_for_ever(method):
    model = Failing()
    done = run(method, model)
    assert done.result.number == 0
    assert model.asked <= 6
