"""BIRD's questions and predictions, judged by sets of rows and scored by VES and R-VES."""

import sqlite3

import pytest

from perfwise.core.metric import evaluate
from perfwise.core.task import REFERENCE
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.meters.sql import SqlMeter
from perfwise.programs.metrics.r_ves import RVes
from perfwise.programs.metrics.ves import Ves
from perfwise.programs.reading import Source, read_inputs, with_references
from perfwise.programs.suites.bird import Bird
from tests.programs.written import faults_of, json_file

GOLD = "select name from people where age > 30"


@pytest.fixture
def questions(tmp_path):
    folder = tmp_path / "dev_databases" / "town"
    folder.mkdir(parents=True)
    connection = sqlite3.connect(folder / "town.sqlite")
    connection.execute("create table people(name, age)")
    connection.executemany("insert into people values (?, ?)", [(f"name {i % 9}", i % 60) for i in range(90)])
    connection.commit()
    connection.close()
    record = {"question_id": 7, "db_id": "town", "question": "Who is older than 30?", "evidence": "ages", "SQL": GOLD}
    return json_file(tmp_path / "dev.json", [record])


def test_a_question_is_a_task_with_its_gold_query_and_its_database(questions):
    assert Bird().accepts(questions)
    (task,) = Bird().read(questions)
    assert (task.id, task.prompt, task.reference, task.reference_language) == (
        "BIRD/7",
        "Who is older than 30?\nages",
        GOLD,
        "sql",
    )
    before = task.digest
    database = questions.parent / "dev_databases" / "town" / "town.sqlite"
    connection = sqlite3.connect(database)
    connection.execute("delete from people")
    connection.commit()
    connection.close()
    assert Bird().read(questions)[0].digest != before


def test_every_fault_is_told(tmp_path):
    file = json_file(
        tmp_path / "dev.json", [{"db_id": "gone", "SQL": "x"}, {"db_id": "../x", "SQL": "x"}, 5, {"SQL": "x"}]
    )
    assert [code for _, code in faults_of(Bird().read, file)] == [
        "missing-database",
        "missing-database",
        "wrong-type",
        "missing-field",
    ]


def test_predictions_are_judged_as_sets_and_scored(questions):
    mark = "\t----- bird -----\ttown"
    sets = {
        "twice": f"select name from people where age > 30 union all {GOLD}",
        "distinct": f"{GOLD} group by name order by 1 desc",
        "all": "select name, age from people",
        "typo": "selec",
    }
    sources = [
        Source(name, json_file(questions.parent / f"{name}.json", {"7": query + mark})) for name, query in sets.items()
    ]
    inputs = read_inputs([questions], sources)
    engine = ProgramEngine(SqlMeter())
    outcomes = [engine.run(inputs.tasks[0], candidate, 0) for candidate in with_references(inputs)]
    found = {one.candidate_set: one for one in outcomes}
    kinds = {name: one.failure.kind if one.failure else "right" for name, one in found.items()}
    assert kinds == {
        REFERENCE: "right",
        "twice": "right",
        "distinct": "right",
        "all": "wrong-answer",
        "typo": "exception",
    }
    ratio = found[REFERENCE].cost["vm_steps"] / found["twice"].cost["vm_steps"]
    assert 0.25 < ratio < 0.75
    for metric, wanted in (
        (Ves("vm_steps"), 100 * ratio**0.5),
        (RVes("vm_steps"), 100 * (0.75 if ratio >= 0.5 else 0.5) ** 0.5),
    ):
        assert evaluate(metric, [found["twice"]], [found[REFERENCE]]).value == pytest.approx(wanted)
        assert evaluate(metric, [found["all"]], [found[REFERENCE]]).value == 0.0


def test_a_gold_query_that_fails_is_the_tasks_fault(questions, tmp_path):
    record = {"db_id": "town", "SQL": "select wealth from people"}
    file = json_file(tmp_path / "dev.json", [record])
    source = json_file(tmp_path / "mine.json", {"0": GOLD + "\t----- bird -----\ttown"})
    inputs = read_inputs([file], [Source("mine", source)])
    outcome = ProgramEngine(SqlMeter()).run(inputs.tasks[0], inputs.candidates[0], 0)
    assert outcome.failure.kind == "task-fault"
    assert "no such column" in outcome.failure.message
