"""SQLite's steps: exact, ranked as the plans are, and a query that can read the database and nothing else."""

import sqlite3

import pytest

from perfwise.programs import plain
from perfwise.programs.contracts import Limits
from perfwise.programs.meters.sql import SqlMeter

JOINED = "select count(*) from a join b on a.x = b.x"
CORRELATED = "select sum((select count(*) from b where b.x = a.x)) from a"
SCANNED = "select count(*) from a, b where a.x + 0 = b.x + 0"


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "small.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript("create table a(x, note); create table b(x); create index by_x on b(x);")
    connection.executemany("insert into a values (?, ?)", [(i % 50, f"note {i}") for i in range(200)])
    connection.executemany("insert into b values (?)", [(i,) for i in range(200)])
    connection.commit()
    connection.close()
    return path


def run(query, *databases, budget=10**7, case_budget=None):
    inputs = [plain.dumps((str(each),)) for each in databases]
    return SqlMeter().measure(query, "", inputs, Limits(budget, case_budget), 0)


def test_a_query_answers_with_its_rows_and_costs_the_same_steps_each_time(database):
    first, second = run(JOINED, database, database).calls
    assert plain.loads(first.answer) == [(200,)]
    assert first == second == run(JOINED, database).calls[0]
    assert first.cost % 1000 != 0  # SQLite's own counter, not one look in a thousand steps


def test_values_of_every_type_cross(database):
    query = "select 1, 2.5, 'text', x'00ff', null union all select -9223372036854775808, 'nä', '', x'', 0"
    assert plain.loads(run(query, database).calls[0].answer) == [
        (1, 2.5, "text", b"\x00\xff", None),
        (-(2**63), "nä", "", b"", 0),
    ]


def test_plans_of_very_different_cost_are_ranked_so(database):
    indexed, nested, scanned = (run(query, database).calls[0] for query in (JOINED, CORRELATED, SCANNED))
    assert indexed.cost < nested.cost < scanned.cost / 10
    assert indexed.answer == nested.answer == scanned.answer


@pytest.mark.parametrize(
    "query",
    [
        "delete from a",
        "drop table a",
        "attach '/etc/hosts' as other",
        "pragma user_version",
        "select load_extension('/tmp/x')",
        "create temp table t(x)",
        "vacuum into '/tmp/copy'",
        "select 1; select 2",
        "selec",
        "select nothing from nowhere",
    ],
)
def test_what_a_query_may_not_do_is_an_exception_and_changes_nothing(query, database):
    before = database.read_bytes()
    (call,) = run(query, database).calls
    assert call.raised is not None
    assert call.answer is None
    assert database.read_bytes() == before


ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n) select max(i) from n"


def test_a_query_without_end_is_stopped_at_the_budget(database):
    (call,) = run(ENDLESS, database, database, budget=50_000).calls
    assert (call.cost, call.stopped.kind) == (50_000, "out-of-fuel")
    assert run(ENDLESS, database, case_budget=2_000).calls[0].cost == 2_000


def test_a_large_answer_or_value_is_no_answer(database):
    rows = "with recursive n(i) as (select 1 union all select i + 1 from n limit 400000)"
    assert run(f"{rows} select printf('%100d', i) from n", database).calls[0].stopped.kind == "answer-too-large"
    assert run("select zeroblob(100000000)", database).calls[0].answer is None


def test_what_is_drawn_is_one_number(database):
    drawn = [run("select random(), hex(randomblob(4))", database).calls[0].answer for _ in range(2)]
    assert drawn[0] == drawn[1]


def test_a_missing_or_broken_database_is_an_exception(tmp_path):
    (tmp_path / "broken.sqlite").write_bytes(b"not a database" * 100)
    for name in ("missing.sqlite", "broken.sqlite"):
        assert run("select * from sqlite_master", tmp_path / name).calls[0].raised is not None


def test_the_meter_says_which_sqlite_it_is():
    assert sqlite3.sqlite_version in SqlMeter().identity()
    assert SqlMeter().for_language("python") is None


@pytest.mark.parametrize("query", ["", "-- nothing", ";"])
def test_no_query_is_no_answer_not_even_to_a_question_without_rows(database, query):
    (call,) = run(query, database).calls
    assert call.answer is None
    assert call.raised == ("ProgrammingError", "there is no query in it")
