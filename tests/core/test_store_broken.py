"""Stores that are damaged, of other versions, or without room."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from perfwise.core import _migrations
from perfwise.core._database import reading, writing
from perfwise.core._schema import metadata, runs, schema
from perfwise.core.merging import WholeRun, keep_runs
from perfwise.core.store import open_store
from perfwise.errors import StoreDamaged, StoreError, StoreFull, StoreVersion

from .outcomes import outcome, outcomes

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A store of 3,000 outcomes."""
    path = tmp_path_factory.mktemp("whole") / "store.db"
    full_store(path, 3_000)
    return path.read_bytes()


def full_store(path: Path, count: int) -> None:
    with open_store(path) as store:
        run = store.begin("toy", {}, "now", count)
        with store.writer(run) as writer:
            writer.append(outcomes(count))


def everything(path: Path) -> int:
    with open_store(path, create=False) as store:
        return sum(len(list(store.outcomes(run))) for run in store.runs())


class TestVersions:
    def test_a_newer_store_is_refused(self, place: str) -> None:
        with open_store(place) as store, writing(store._engine) as connection:
            connection.execute(schema.update().values(version=99))
        with pytest.raises(StoreVersion, match="update perfwise") as refused:
            open_store(place)
        assert refused.value.code == "store-version"

    def test_an_older_store_without_a_way_to_today_is_refused(self, place: str) -> None:
        with open_store(place) as store, writing(store._engine) as connection:
            connection.execute(schema.update().values(version=0))
        with pytest.raises(StoreVersion, match="use the perfwise that wrote it"):
            open_store(place)

    @pytest.fixture
    def next_version(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """As if today's version were 2 and had a column more."""

        def add_note(connection: sa.Connection) -> None:
            connection.execute(sa.text(f"alter table {runs.name} add column note text"))

        monkeypatch.setattr("perfwise.core._database.SCHEMA_VERSION", 2)
        monkeypatch.setattr(_migrations, "SCHEMA_VERSION", 2)
        monkeypatch.setattr(_migrations, "MIGRATIONS", {1: add_note})

    def test_an_older_store_is_brought_up_to_date_when_it_is_opened(
        self, place: str, request: pytest.FixtureRequest
    ) -> None:
        with open_store(place) as store:
            run = store.begin("toy", {}, "now", 1)
            with store.writer(run) as writer:
                writer.append([outcome()])
        request.getfixturevalue("next_version")
        for _ in range(2):
            with open_store(place, create=False) as store, reading(store._engine) as connection:
                assert list(store.outcomes(store.run("latest"))) == [outcome()]
                assert connection.execute(sa.select(schema.c.version)).scalars().all() == [2]
                assert "note" in {column["name"] for column in sa.inspect(connection).get_columns(runs.name)}

    def test_a_migration_that_fails_changes_nothing(self, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
        def half(connection: sa.Connection) -> None:
            connection.execute(sa.text(f"alter table {runs.name} add column note text"))
            connection.execute(sa.text("no SQL"))

        open_store(place).close()
        with monkeypatch.context() as changed:
            changed.setattr("perfwise.core._database.SCHEMA_VERSION", 2)
            changed.setattr(_migrations, "SCHEMA_VERSION", 2)
            changed.setattr(_migrations, "MIGRATIONS", {1: half})
            with pytest.raises(StoreError):
                open_store(place)
        with open_store(place) as store, reading(store._engine) as connection:
            assert "note" not in {column["name"] for column in sa.inspect(connection).get_columns(runs.name)}


class TestDamage:
    def test_a_store_without_some_table_is_refused(self, place: str) -> None:
        with open_store(place) as store, writing(store._engine) as connection:
            metadata.tables["perfwise_outcomes"].drop(connection)
        with pytest.raises(StoreDamaged, match="lacks perfwise_outcomes") as refused:
            open_store(place)
        assert refused.value.code == "store-damaged"

    @pytest.mark.parametrize("versions", [[], [1, 1]])
    def test_a_store_has_one_version(self, place: str, versions: list[int]) -> None:
        with open_store(place) as store, writing(store._engine) as connection:
            connection.execute(schema.delete())
            for version in versions:
                connection.execute(schema.insert().values(version=version))
        with pytest.raises(StoreDamaged, match="must have one schema version"):
            open_store(place)

    def test_an_empty_file_is_no_store_unless_one_may_be_made(self, tmp_path: Path) -> None:
        path = tmp_path / "empty.db"
        path.write_bytes(b"")
        with pytest.raises(StoreError, match="it is empty"):
            open_store(path, create=False)
        assert path.read_bytes() == b""
        open_store(path).close()

    @pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.9, 0.99])
    def test_a_store_that_was_cut_off_never_looks_like_a_smaller_one(
        self, tmp_path: Path, whole: bytes, share: float
    ) -> None:
        path = tmp_path / "store.db"
        path.write_bytes(whole[: int(len(whole) * share) // 512 * 512])
        with pytest.raises(StoreDamaged, match="from a backup"):
            everything(path)

    @pytest.mark.parametrize("place_", range(0, 100, 12))
    def test_a_page_of_noise_is_told_or_harmless(self, tmp_path: Path, whole: bytes, place_: int) -> None:
        path = tmp_path / "store.db"
        data = bytearray(whole)
        start = len(data) * place_ // 100 // 4096 * 4096
        data[start : start + 4096] = Random(place_).randbytes(4096)
        path.write_bytes(bytes(data))
        try:
            held = everything(path)
        except StoreError:
            return
        assert held == 3_000  # noise fell on a page that no outcome is on

    @pytest.mark.parametrize(
        ("table", "column", "value"),
        [
            ("perfwise_outcomes", "cost", "{"),
            ("perfwise_outcomes", "cost", '{"cpu_s": -1}'),
            ("perfwise_outcomes", "cost", '{"no unit": 1}'),
            ("perfwise_outcomes", "cost", "[]"),
            ("perfwise_outcomes", "caveats", "3"),
            ("perfwise_outcomes", "detail", "no JSON"),
            ("perfwise_provenances", "body", "{}"),
            ("perfwise_provenances", "body", "[1]"),
            ("perfwise_runs", "spec", "{"),
            ("perfwise_runs", "spec", "[]"),
        ],
    )
    def test_a_cell_that_perfwise_never_wrote_is_told(
        self, tmp_path: Path, table: str, column: str, value: str
    ) -> None:
        path = tmp_path / "store.db"
        full_store(path, 3)
        with sqlite3.connect(path) as connection:
            connection.execute(f"update {table} set {column} = ?", (value,))
        with pytest.raises(StoreDamaged, match=r"cannot be read|no object"):
            everything(path)


WRITE = """
import resource, sys
from dataclasses import replace
from pathlib import Path
from perfwise.core.store import open_store
from perfwise.errors import StoreError
from tests.core.outcomes import outcomes
place, limit = sys.argv[1], int(sys.argv[2])
with open_store(place) as store:
    run = store.begin("toy", {}, "now", 3_010)
    with store.writer(run) as writer:
        writer.append(outcomes(10)).result()
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        with store.writer(run) as writer:
            writer.append([replace(one, detail={"x": "y" * 2_000}) for one in outcomes(3_000)]).result()
    except StoreError as error:
        print(type(error).__name__, error)
"""


def write(place: Path, limit: int) -> str:
    done = subprocess.run(
        [sys.executable, "-c", WRITE, str(place), str(limit)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestNoRoom:
    def test_a_commit_that_does_not_fit_leaves_the_store_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "store.db"
        with open_store(path) as store:
            run = store.begin("toy", {}, "now", 9)
            keep_runs(store, [WholeRun("other", {}, "now", [outcome("kept")])])

            @sa.event.listens_for(store._engine, "begin")
            def _(connection: sa.Connection) -> None:
                connection.exec_driver_sql("PRAGMA max_page_count = 40")

            with pytest.raises(StoreFull, match=r"database or disk is full; .* make room") as full:
                keep_runs(store, [WholeRun("toy", {"a": 1}, "now", outcomes(5_000))])
            assert full.value.code == "store-full"
            with pytest.raises(StoreFull), store.writer(run) as writer:
                writer.append(outcomes(5_000))
        assert everything(path) == 1

    def test_a_limit_on_the_size_of_files_leaves_the_store_whole(self, tmp_path: Path) -> None:
        assert "nothing of this was kept" in write(tmp_path / "store.db", 400_000)
        assert everything(tmp_path / "store.db") == 10

    @pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="making a small disk needs root")
    def test_a_full_disk_leaves_the_store_whole(self, tmp_path: Path) -> None:
        disk = tmp_path / "disk"
        disk.mkdir()
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], check=False)
        if made.returncode:
            pytest.skip("mounting is not allowed here")
        try:
            assert write(disk / "store.db", 0).startswith("StoreFull the store")
            assert everything(disk / "store.db") == 10
        finally:
            subprocess.run(["umount", str(disk)], check=True)
