"""The store, on SQLite and on PostgreSQL."""

import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfwise.core.cost import Cost
from perfwise.core.json import digest
from perfwise.core.outcome import Attempt, Failure, Outcome, Provenance
from perfwise.core.store import RunRecord, Store, open_store
from perfwise.errors import InvalidOption, StoreError

from .outcomes import PROVENANCE, outcome, outcomes


def begin(store: Store, name: str | None = None) -> RunRecord:
    return store.begin("toy", {"tasks": ["T/0"]}, "2024-05-01T12:00:00Z", 3, name=name)


def keep(store: Store, run: RunRecord, *kept: Outcome) -> None:
    with store.writer(run) as writer:
        writer.append(kept)


AWKWARD = Outcome(
    task="nul \x00 and \x1a and \x1a0000",
    candidate_set="lone \ud800 surrogates \udfff, a split pair \ud83d\ude00 and a whole one \U0001f600",
    candidate="quotes ' \" \\ \n\r\t %s :name {}",
    seed=-(2**63),
    key="",
    quality=None,
    cost=Cost(),
    failure=Failure("wrong-answer", "got '\ud800\x00', wanted 'ü'"),
    caveats=("", "a\x00b", "\udc80"),
    provenance=Provenance("e", "1", "m", "\x00", "i", "any", (("z", "1"), ("a", "2"))),
    detail={"\ud83d\ude00": [1, 1.5, -0.0, 1e300, 10**400, None, True, {"deep": ["\x00", "\\u0000"]}]},
)


class TestRoundTrip:
    @pytest.mark.parametrize(
        "kept",
        [
            outcome(),
            outcome(quality=None, cost=Cost()),
            outcome(quality=0.1 + 0.2, cost=Cost(cpu_s=0.1, peak_bytes=2**60)),
            replace(outcome(), failure=Failure("out-of-fuel"), caveats=("one", "two")),
            AWKWARD,
        ],
        ids=["plain", "nothing known", "numbers", "failed", "awkward"],
    )
    def test_an_outcome_comes_back_equal(self, store: Store, kept: Outcome) -> None:
        run = begin(store)
        keep(store, run, kept)
        assert list(store.outcomes(run)) == [kept]
        assert store.outcome(run, kept.attempt) == kept
        assert store.done(run) == {kept.attempt: kept.key}

    def test_a_whole_number_stays_a_whole_number(self, store: Store) -> None:
        run = begin(store)
        keep(store, run, outcome(cost=Cost(wasm_instructions=2**53 + 1, cpu_s=2.0)))
        cost = next(iter(store.outcomes(run))).cost
        assert cost["wasm_instructions"] == 2**53 + 1
        assert isinstance(cost["cpu_s"], float)

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(text=st.text(st.characters(exclude_categories=())), number=st.floats(allow_nan=False, allow_infinity=False))
    def test_any_text_and_any_number_survive(self, store: Store, text: str, number: float) -> None:
        run = begin(store)
        kept = replace(outcome(), candidate=text, failure=Failure(text, text), detail={text: [text, number]})
        keep(store, run, kept)
        assert list(store.outcomes(run)) == [kept]

    def test_rows_are_the_rows_of_the_outcomes(self, store: Store) -> None:
        run = begin(store)
        keep(store, run, outcome("a"), outcome("b"))
        assert list(store.rows(run)) == [outcome("a").row(), outcome("b").row()]

    def test_a_provenance_is_kept_once(self, store: Store) -> None:
        first, second = begin(store), begin(store)
        keep(store, first, *outcomes(10))
        keep(store, second, *outcomes(10), replace(outcome("x"), provenance=replace(PROVENANCE, machine="other")))
        assert {o.provenance.machine for o in store.outcomes(second)} == {"any", "other"}
        assert len(store._provenances) == 2  # what was read for both runs


class TestWhatCannotBeStored:
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"quality": float("nan")}, "quality is nan"),
            ({"detail": {"x": float("inf")}}, "not plain JSON"),
            ({"detail": {"x": {1, 2}}}, "not plain JSON"),
            ({"seed": 2**63}, "64 bits"),
            ({"candidate": "x" * 2001}, "2000 bytes"),
        ],
    )
    def test_is_refused_at_once_by_name(self, store: Store, changes: dict[str, object], reason: str) -> None:
        run = begin(store)
        with store.writer(run) as writer, pytest.raises(StoreError, match=reason):
            writer.append([outcome("good"), replace(outcome("bad"), **changes)])  # type: ignore[arg-type]
        assert store.done(run) == {}


class TestPaging:
    def test_pages_go_on_where_the_last_ended(self, store: Store) -> None:
        run = begin(store)
        sets = ["b", "a"]
        keep(store, run, *(outcome(c, candidate_set=s, task=t) for t in ["T/1", "T/0"] for s in sets for c in "210"))
        whole = list(store.outcomes(run))
        assert [o.attempt[:3] for o in whole] == [(t, s, c) for s in "ab" for t in ["T/0", "T/1"] for c in "012"]
        first = list(store.outcomes(run, limit=5))
        second = list(store.outcomes(run, limit=100, after=first[-1].attempt))
        assert [*first, *second] == whole

    def test_more_than_one_page_is_walked(self, store: Store) -> None:
        run, other = begin(store), begin(store)
        keep(store, run, *outcomes(4_001))
        keep(store, other, outcome("other run"))
        assert [o.candidate for o in store.outcomes(run)] == [f"{n:06d}" for n in range(4_001)]
        assert len(list(store.outcomes(run, limit=2_001))) == 2_001

    def test_sets_and_tasks_can_be_asked_for(self, store: Store) -> None:
        run = begin(store)
        keep(store, run, outcome("1"), outcome("2", candidate_set="@reference"), outcome("3", task="T/1"))
        assert [o.candidate for o in store.outcomes(run, candidate_set="model")] == ["1", "3"]
        assert [o.candidate for o in store.outcomes(run, task="T/0")] == ["2", "1"]
        assert list(store.outcomes(run, candidate_set="absent")) == []
        assert store.sets(run) == {"@reference": 1, "model": 2}

    def test_an_absent_attempt_is_none(self, store: Store) -> None:
        assert store.outcome(begin(store), Attempt("T/0", "model", "0", 0)) is None


class TestRuns:
    def test_a_run_is_found_by_number_name_and_latest(self, store: Store) -> None:
        first, second = begin(store), begin(store, name="nightly")
        assert first.name == f"toy-{first.id}"
        assert store.run(first.id) == store.run(str(first.id)) == store.run(first.name) == first
        assert store.run("nightly") == store.run("latest") == second
        assert store.runs() == [second, first]
        assert store.runs(limit=1, offset=1) == [first]

    def test_a_run_keeps_what_it_was_told(self, store: Store) -> None:
        spec = {"tasks": "ü\ud800\x00", "k": [1, 10], "seed": None}
        run = store.begin("toy", spec, "2024-05-01T12:00:00Z", 7)
        assert store.run(run.id) == run
        assert (run.spec, run.spec_digest, run.planned, run.finished) == (spec, digest(spec), 7, False)

    def test_an_unknown_run_names_those_there_are(self, store: Store) -> None:
        begin(store, name="nightly")
        with pytest.raises(InvalidOption, match=r"no run 'weekly' .* the newest are: nightly"):
            store.run("weekly")
        with pytest.raises(InvalidOption, match="no run '99999999999999999999'"):
            store.run("99999999999999999999")

    def test_latest_of_nothing_says_so(self, store: Store) -> None:
        with pytest.raises(InvalidOption, match="the newest are: none"):
            store.run("latest")

    @pytest.mark.parametrize("name", ["", "12", "latest"])
    def test_a_name_that_means_something_else_is_refused(self, store: Store, name: str) -> None:
        with pytest.raises(StoreError, match="cannot be called"):
            begin(store, name=name)

    def test_a_name_is_given_once(self, store: Store) -> None:
        begin(store, name="nightly")
        with pytest.raises(StoreError, match="already"):
            begin(store, name="nightly")

    def test_unfinished_is_the_newest_of_the_spec(self, store: Store) -> None:
        first, second = begin(store), begin(store)
        other = store.begin("toy", {"tasks": []}, "2024-05-01T12:00:00Z", 0)
        assert store.unfinished(first.spec_digest) == second
        store.finish(second)
        assert store.run(second.id).finished
        assert store.unfinished(first.spec_digest) == first
        store.finish(first)
        assert store.unfinished(first.spec_digest) is None
        assert store.unfinished(other.spec_digest) == other


class TestOpening:
    def test_what_was_kept_is_there_after_opening_again(self, place: str) -> None:
        with open_store(place) as store:
            run = begin(store)
            keep(store, run, AWKWARD)
        with open_store(place, create=False) as store:
            assert list(store.outcomes(store.run("latest"))) == [AWKWARD]

    def test_another_version_is_refused(self, place: str) -> None:
        from perfwise.core._database import writing
        from perfwise.core._schema import schema

        with open_store(place) as store, writing(store._engine) as connection:
            connection.execute(schema.update().values(version=99))
        with pytest.raises(StoreError, match="schema version 99, this perfwise reads version 1"):
            open_store(place)

    def test_several_processes_make_one_store(self, place: str) -> None:
        code = (
            "import sys\nfrom perfwise.core.store import open_store\nfrom tests.core.outcomes import outcome\n"
            "with open_store(sys.argv[1]) as store:\n"
            "    run = store.begin('toy', {}, 'now', 1)\n"
            "    with store.writer(run) as writer:\n"
            "        for number in range(5):\n"
            "            writer.append([outcome(str(number))]).result()  # a commit each\n"
        )
        root = Path(__file__).parents[2]
        children = [subprocess.Popen([sys.executable, "-c", code, place], cwd=root) for _ in range(3)]
        assert [child.wait() for child in children] == [0, 0, 0]
        with open_store(place) as store:
            assert [store.sets(run) for run in store.runs()] == [{"model": 5}] * 3

    def test_a_file_of_something_else_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "text.db").write_text("no database at all\n" * 100)
        with pytest.raises(StoreError, match=r"text\.db failed: file is not a database"):
            open_store(tmp_path / "text.db")

    def test_a_damaged_store_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "store.db"
        with open_store(path) as store:
            run = begin(store)
            keep(store, run, *outcomes(2_000))
        whole = path.read_bytes()
        path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
        with pytest.raises(StoreError, match="malformed"), open_store(path) as store:
            list(store.outcomes(store.run("latest")))

    def test_a_database_of_another_program_is_refused(self, tmp_path: Path) -> None:
        with sqlite3.connect(tmp_path / "other.db") as connection:
            connection.execute("create table recipes (name text)")
        with pytest.raises(StoreError, match="another program"):
            open_store(tmp_path / "other.db")

    def test_a_missing_store_can_be_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="there is no store at"):
            open_store(tmp_path / "absent.db", create=False)
        assert not (tmp_path / "absent.db").exists()

    def test_folders_are_made(self, tmp_path: Path) -> None:
        with open_store(tmp_path / "a" / "b" / "store.db") as store:
            assert store.runs() == []

    def test_a_folder_in_the_way_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StoreError, match=r"Not a directory|File exists"):
            open_store(tmp_path / "file" / "store.db")

    @pytest.mark.parametrize("place", ["", ":memory:", "mysql://host/db", "sqlite://", "a b://c"])
    def test_other_places_are_refused(self, place: str) -> None:
        with pytest.raises(InvalidOption):
            open_store(place)

    def test_an_sqlite_url_is_its_file(self, tmp_path: Path) -> None:
        with open_store(f"sqlite:///{tmp_path}/store.db") as store:
            begin(store)
        assert (tmp_path / "store.db").exists()

    def test_without_a_place_it_is_in_the_users_data_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("platformdirs.user_data_dir", lambda *_, **__: str(tmp_path / "data"))
        with open_store() as store:
            assert store.url.endswith("data/store.db")

    def test_an_unreachable_server_is_a_store_error_without_the_password(self, tmp_path: Path) -> None:
        pytest.importorskip("psycopg")
        with pytest.raises(StoreError) as caught:
            open_store(f"postgresql://someone:secret@/db?host={tmp_path}")
        assert "secret" not in str(caught.value)

    def test_importing_perfwise_leaves_sqlalchemy_alone(self) -> None:
        code = "import perfwise, perfwise.core, perfwise.core.study, sys; assert 'sqlalchemy' not in sys.modules"
        subprocess.run([sys.executable, "-c", code], check=True)


def test_details_left_unread_are_the_same_when_they_are_asked_for(tmp_path):
    with open_store(tmp_path / "store.db") as store:
        run = store.begin("toy", {}, "2024-05-01T12:00:00Z", 1)
        with store.writer(run) as writer:
            writer.append([replace(outcome(), detail={"text": "a\x00b\x1a\ud800", "n": [1, 2]})])
        (read,), (unread,) = list(store.outcomes(run)), list(store.outcomes(run, unread_detail=True))
    assert unread == read
    assert (dict(unread.detail), len(unread.detail)) == (read.detail, 2)
