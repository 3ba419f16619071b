"""DuckDB as a second engine of queries: the same rows, seconds with an interval, nothing but the tables in reach."""

import json
import sqlite3

import pytest

from perfwise.programs import plain
from perfwise.programs.contracts import Limits
from perfwise.programs.meters.duckdb import DuckdbMeter
from perfwise.programs.meters.sql import SqlMeter

pytest.importorskip("duckdb", reason="the meter duckdb needs DuckDB: pip install 'perfwise[data]'")

LIMITS = Limits(10.0, None, 1 << 30)


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "shop.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(
        "create table sold(id integer primary key, price real, name text, photo blob);"
        'create table "odd ""name"(x int);'
        "create view dear as select * from sold where price > 5;"
    )
    rows = [(1, 2.5, "nä", b"\x00\xff"), (2, 7.0, "tea", None), (3, None, "", b"")]
    connection.executemany("insert into sold values (?, ?, ?, ?)", rows)
    connection.execute('insert into "odd ""name" values (9)')
    connection.commit()
    connection.close()
    return path


def run(query, *databases, meter=DuckdbMeter(repetitions=3), limits=LIMITS):  # noqa: B008 - frozen
    return meter.measure(query, "", [plain.dumps((str(each),)) for each in databases], limits, 0)


@pytest.mark.parametrize(
    "query",
    [
        "select id, price, name, photo from sold order by id",
        "select count(*), sum(price), max(name) from sold where id < 3",
        'select x, x * 2, x = 9 from "odd ""name"',
        "select distinct 1 where false",
    ],
)
def test_it_answers_as_sqlite_does(database, query):
    (ours,) = run(query, database).calls
    (theirs,) = run(query, database, meter=SqlMeter(), limits=Limits(1e6, None, 1 << 30)).calls
    assert plain.loads(ours.answer) == plain.loads(theirs.answer)


def test_the_cost_is_seconds_of_every_database_with_an_interval_over_the_repetitions(database):
    got = run("select sum(a.id * b.id) from sold a, sold b", database, database)
    assert len(got.calls) == 2
    assert all(call.cost >= 0 for call in got.calls)
    low, high = got.interval
    assert 0 <= low <= high
    assert "noisy" in got.caveats[0]


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "copy sold to '/tmp/perfwise-stolen.csv'",
        "attach '/tmp/perfwise-other.db'",
        "install httpfs",
        "set enable_external_access = true",
        "select 1; select 2",
        "select * from nowhere",
        "selec 1",
    ],
)
def test_nothing_but_the_tables_is_in_reach_and_a_bad_query_raises(database, query):
    (call,) = run(query, database).calls
    assert call.answer is None
    assert call.raised


def test_a_query_without_end_and_an_answer_without_end_are_stopped(database):
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
    (call,) = run(endless, database, limits=Limits(0.5, None, 1 << 30)).calls
    assert call.stopped or call.raised
    (call,) = run("select repeat('x', 20000000)", database).calls
    assert call.stopped.kind == "answer-too-large"


def test_a_file_that_is_no_database_raises(tmp_path):
    path = tmp_path / "none.sqlite"
    path.write_text("hello " * 1000)
    (call,) = run("select 1", path).calls
    assert "cannot be copied" in call.raised[1]


def test_questions_are_judged_and_costed_on_duckdb_by_the_command(tmp_path, database, monkeypatch):
    from perfwise.cli import main

    question = {"question_id": 0, "db_id": "shop", "question": "?", "SQL": "select name from sold where price > 5"}
    (tmp_path / "questions.json").write_text(json.dumps([question]))
    (tmp_path / "good.sql").write_text("select name from sold where price >= 7")
    (tmp_path / "bad.sql").write_text("select name from sold")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    arguments = ["eval", "--tasks", "questions.json", "good.sql", "bad.sql", "--meter", "duckdb", "--json", "out.json"]
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--store", "kept.db"])
    assert not ended.value.code
    outcomes = {row["set"]: row for row in json.loads((tmp_path / "out.json").read_text())["outcomes"]}
    assert outcomes["good"]["quality"] == 1
    assert outcomes["good"]["cost"]["cpu_s"] >= 0
    assert outcomes["bad"]["quality"] == 0
