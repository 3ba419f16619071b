from dataclasses import replace

import pytest

from perfwise.core.store import Page
from perfwise.errors import InvalidOption
from tests.outcomes import made


@pytest.fixture
def run(store):
    outcomes = [
        made("t/1", 30.0, candidate="x"),
        made("t/2", 10.0, candidate="100%"),
        made("t/3", None, candidate="y", candidate_set="b", right=False),
        replace(made("t/4", 20.0, candidate="a_b", candidate_set="b"), quality=0.5),
        replace(made("t/5", 5.0, candidate_set="b"), quality=None),
        made("other", 2.0, candidate="axb", cost_name="cpu_s"),
    ]
    begun = store.begin("programs", {}, "2024-05-01", len(outcomes))
    with store.writer(begun) as writer:
        writer.append(outcomes)
    return begun


def tasks(store, run, **wanted):
    return [outcome.task for outcome in store.page(run, Page(**wanted))]


def test_a_page_is_in_the_order_of_the_attempts(store, run):
    assert tasks(store, run) == ["other", "t/1", "t/2", "t/3", "t/4", "t/5"]
    assert tasks(store, run, descending=True) == ["t/5", "t/4", "t/3", "t/2", "t/1", "other"]
    assert tasks(store, run, limit=2, offset=1) == ["t/1", "t/2"]


def test_unknown_values_come_last_either_way(store, run):
    assert tasks(store, run, order="wasm_instructions") == ["t/5", "t/2", "t/4", "t/1", "other", "t/3"]
    assert tasks(store, run, order="wasm_instructions", descending=True) == ["t/1", "t/4", "t/2", "t/5", "other", "t/3"]
    assert tasks(store, run, order="quality") == ["t/3", "t/4", "other", "t/1", "t/2", "t/5"]


def test_a_page_is_chosen_by_set_task_and_state(store, run):
    assert tasks(store, run, candidate_set="b") == ["t/3", "t/4", "t/5"]
    assert tasks(store, run, task="t/2") == ["t/2"]
    assert tasks(store, run, state="succeeded") == ["other", "t/1", "t/2", "t/4"]
    assert tasks(store, run, state="failed") == ["t/3"]
    assert tasks(store, run, state="unjudged") == ["t/5"]


def test_a_text_is_found_to_the_letter(store, run):
    assert tasks(store, run, text="t/") == ["t/1", "t/2", "t/3", "t/4", "t/5"]
    assert tasks(store, run, text="%") == ["t/2"]
    assert tasks(store, run, text="a_b") == ["t/4"]
    assert tasks(store, run, text="\\") == []


@pytest.mark.parametrize("order", ["", 'x" or 1', "a'b", "1_s", "$.a"])
def test_an_order_that_no_cost_can_be_is_refused(store, run, order):
    with pytest.raises(InvalidOption, match="sorted by"):
        store.page(run, Page(order=order))


def test_details_are_there_when_asked_for(store):
    outcome = made("t", cases=[(0, 1.0, "ok")])
    begun = store.begin("programs", {}, "2024-05-01", 1)
    with store.writer(begun) as writer:
        writer.append([outcome])
    (found,) = store.page(begun, Page())
    assert dict(found.detail) == dict(outcome.detail)


def test_runs_are_counted_and_found_by_name_or_engine(store):
    for engine, name in (("programs", "night_1"), ("serving", "nightX1"), ("serving", "day")):
        store.begin(engine, {}, "2024-05-01", 1, name=name)
    assert [run.name for run in store.runs(text="night_")] == ["night_1"]
    assert [run.name for run in store.runs(text="serv")] == ["day", "nightX1"]
    assert (store.run_count(), store.run_count(text="serv"), store.run_count(text="none")) == (3, 2, 0)
