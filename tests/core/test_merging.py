"""Runs of other stores, and whole runs, into a store; on SQLite and on PostgreSQL."""

from dataclasses import replace
from pathlib import Path

import pytest

from perfwise.core.cost import Cost
from perfwise.core.merging import WholeRun, keep_runs, merge_stores
from perfwise.core.outcome import Failure, Outcome
from perfwise.core.store import RunRecord, Store, open_store
from perfwise.errors import InvalidOption, StoreConflict, StoreError

from .outcomes import PROVENANCE, outcome, outcomes
from .test_store import AWKWARD

SPEC = {"tasks": ["T/0"]}


@pytest.fixture
def other(tmp_path: Path):
    with open_store(tmp_path / "other.db") as opened:
        yield opened


def kept(store: Store, *of: Outcome, spec=SPEC, planned: int | None = None, name: str | None = None) -> RunRecord:
    run = store.begin("toy", spec, "2024-05-01T12:00:00Z", len(of) if planned is None else planned, name=name)
    with store.writer(run) as writer:
        writer.append(of)
    if len(of) == run.planned:
        store.finish(run)
    return run


def state(store: Store) -> list[tuple[str, bool, int, list[Outcome]]]:
    """Everything that a reader can see, the oldest run first."""
    return [(run.name, run.finished, run.planned, list(store.outcomes(run))) for run in reversed(store.runs())]


class TestShards:
    def test_two_halves_of_one_question_become_one_run(self, store: Store, other: Store) -> None:
        kept(store, outcome("0"), planned=2)
        kept(other, outcome("1"), planned=2)
        (joined,) = merge_stores(store, [other])
        assert (joined.new, joined.added, joined.known) == (False, 1, 0)
        assert state(store) == [("toy-1", True, 2, [outcome("0"), outcome("1")])]

    def test_two_finished_shards_make_a_finished_run_of_both(self, store: Store, other: Store) -> None:
        kept(store, outcome("0"))
        kept(other, outcome("1"), outcome("2"))
        merge_stores(store, [other])
        assert [(run.planned, run.finished) for run in store.runs()] == [(3, True)]

    def test_a_run_that_lacks_something_is_not_finished(self, store: Store, other: Store) -> None:
        kept(store, outcome("0"), planned=9)
        kept(other, outcome("1"))
        merge_stores(store, [other])
        assert [(run.planned, run.finished) for run in store.runs()] == [(9, False)]

    def test_another_question_or_another_engine_is_another_run(self, store: Store, other: Store) -> None:
        kept(store, outcome("0"))
        kept(other, outcome("0"), spec={"tasks": ["T/1"]})
        run = other.begin("serving", SPEC, "2024-05-01T12:00:00Z", 0)
        assert [each.new for each in merge_stores(store, [other])] == [True, True]
        assert [(each.engine, each.name) for each in store.runs()] == [
            ("serving", "serving-3"),
            ("toy", "toy-2"),
            ("toy", "toy-1"),
        ]
        assert run.engine == "serving"

    def test_what_both_have_is_kept_once(self, store: Store, other: Store) -> None:
        for each in (store, other):
            kept(each, outcome("0"), AWKWARD)
        before = state(store)
        (joined,) = merge_stores(store, [other])
        assert (joined.added, joined.known) == (0, 2)
        assert state(store) == before

    def test_merging_again_changes_nothing(self, store: Store, other: Store) -> None:
        kept(other, *outcomes(2_100), AWKWARD)
        assert [joined.added for joined in merge_stores(store, [other])] == [2_101]
        before = state(store)
        assert [(joined.added, joined.known) for joined in merge_stores(store, [other])] == [(0, 2_101)]
        assert state(store) == before == state(other)

    def test_several_stores_at_once(self, store: Store, other: Store, tmp_path: Path) -> None:
        with open_store(tmp_path / "third.db") as third:
            kept(other, outcome("0"))
            kept(third, outcome("1"))
            merge_stores(store, [other, third])
        assert [one.candidate for one in store.outcomes(store.run("latest"))] == ["0", "1"]

    def test_the_source_stays_as_it_was(self, store: Store, other: Store) -> None:
        kept(store, outcome("0"))
        kept(other, outcome("1"))
        before = state(other)
        merge_stores(store, [other])
        assert state(other) == before


class TestRepeatedRuns:
    def test_runs_of_one_source_stay_apart(self, store: Store, other: Store) -> None:
        dearer = outcome("0", cost=Cost(wasm_instructions=1300))
        for one in (outcome("0"), dearer):
            kept(other, one)
        merge_stores(store, [other])
        merge_stores(store, [other])
        assert [list(store.outcomes(run)) for run in reversed(store.runs())] == [[outcome("0")], [dearer]]

    def test_a_run_that_differs_can_be_kept_apart(self, store: Store, other: Store) -> None:
        dearer = outcome("0", cost=Cost(wasm_instructions=1300))
        kept(store, outcome("0"))
        kept(other, outcome("1"), dearer)
        (joined,) = merge_stores(store, [other], apart=True)
        assert (joined.new, joined.name, joined.added) == (True, "toy-2", 2)
        assert [len(list(store.outcomes(run))) for run in reversed(store.runs())] == [1, 2]


class TestConflicts:
    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"cost": Cost(wasm_instructions=1201)}, "differ in cost"),
            ({"quality": 0.5, "key": "x"}, "differ in key, quality"),
            ({"failure": Failure("exit")}, "differ in failure_kind, failure_message"),
            ({"caveats": ("x",)}, "differ in caveats"),
            ({"detail": {"x": 1}}, "differ in detail"),
            ({"provenance": replace(PROVENANCE, machine="x")}, "differ in provenance"),
        ],
    )
    def test_name_the_attempt_and_what_differs_and_merge_nothing(
        self, store: Store, other: Store, changes: dict[str, object], told: str
    ) -> None:
        kept(store, outcome("0"), outcome("1"))
        kept(other, outcome("a"), spec={"tasks": ["first"]})
        kept(other, outcome("0"), replace(outcome("1"), **changes), outcome("2"))  # type: ignore[arg-type]
        before = state(store)
        with pytest.raises(StoreConflict, match=f"candidate '1' of set 'model' on task 'T/0' .* {told}") as raised:
            merge_stores(store, [other])
        assert raised.value.code == "store-conflict"
        assert state(store) == before

    def test_a_damaged_source_merges_nothing(self, store: Store, other: Store) -> None:
        from perfwise.core._database import writing
        from perfwise.core._schema import outcomes as table

        kept(other, *outcomes(3))
        with writing(other._engine) as connection:
            connection.execute(table.update().where(table.c.candidate == "000002").values(cost='{"cpu_s": '))
        with pytest.raises(StoreError, match="000002"):
            merge_stores(store, [other])
        assert state(store) == []

    def test_a_store_is_not_its_own_source(self, store: Store, other: Store, tmp_path: Path) -> None:
        kept(other, outcome())
        with open_store(tmp_path / "." / "other.db") as again, pytest.raises(InvalidOption, match="with itself"):
            merge_stores(other, [again])
        with open_store(tmp_path / "other.db") as again, pytest.raises(InvalidOption, match="with itself"):
            merge_stores(store, [other, again])
        with pytest.raises(InvalidOption, match="with itself"):
            merge_stores(store, [store])


class TestNames:
    def test_a_name_goes_along_and_one_that_is_taken_is_numbered(self, store: Store, other: Store) -> None:
        kept(store, outcome("0"), name="nightly")
        kept(other, outcome("0"), spec={"tasks": []}, name="nightly")
        kept(other, outcome("0"), spec={"tasks": [1]}, name="weekly")
        assert [(each.source_name, each.name) for each in merge_stores(store, [other])] == [
            ("nightly", "nightly-2"),
            ("weekly", "weekly"),
        ]

    def test_a_name_that_a_store_gave_is_given_anew(self, store: Store, other: Store) -> None:
        kept(store, outcome("0"), spec={"tasks": [1]})
        kept(other, outcome("0"))
        assert [(each.source_name, each.name) for each in merge_stores(store, [other])] == [("toy-1", "toy-2")]


class TestWholeRuns:
    def test_are_kept_finished_and_once(self, store: Store) -> None:
        run = WholeRun("toy", SPEC, "2024-05-01T12:00:00Z", [outcome("0"), AWKWARD], "nightly")
        (first,) = keep_runs(store, [run])
        (again,) = keep_runs(store, [run])
        assert (first.new, first.added, again.new, again.added, again.known) == (True, 2, False, 0, 2)
        assert state(store) == [("nightly", True, 2, [AWKWARD, outcome("0")])]

    def test_all_of_them_or_none(self, store: Store) -> None:
        good = WholeRun("toy", SPEC, "2024-05-01T12:00:00Z", [outcome("0")])
        bad = WholeRun("toy", {}, "2024-05-01T12:00:00Z", [outcome("0"), replace(outcome("1"), seed=2**63)])
        with pytest.raises(StoreError, match="64 bits"):
            keep_runs(store, [good, bad])
        assert state(store) == []
