"""Languages: deduced from a file's ending, refused by a meter that does not speak them, never mixed up."""

from dataclasses import replace

from perfwise.programs.contracts import Call, ProgramCandidate
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.judge import Judge, answered
from perfwise.programs.meters.cpu_time import CpuTimeMeter
from perfwise.programs.samples.program_files import ProgramFiles
from tests.programs.probe import DOUBLE


def test_the_ending_of_a_file_says_its_language(tmp_path):
    names = ("a.py", "b.c", "c.cpp", "d.cc", "e.sql")
    for name in names:
        (tmp_path / name).write_text("x\n")
    found = ProgramFiles().read(tmp_path, {DOUBLE.id: DOUBLE}, "mine")
    assert [each.language for each in found] == ["python", "c", "c++", "c++", "sql"]


def test_a_meter_that_does_not_speak_a_language_refuses_it_with_an_outcome_that_says_so():
    candidate = ProgramCandidate("0", "mine", DOUBLE.id, "select 1", language="sql")
    outcome = ProgramEngine(CpuTimeMeter(2)).run(DOUBLE, candidate, 0)
    assert (outcome.quality, outcome.failure.kind) == (None, "unsupported")
    assert "cpu_time does not measure programs in sql" in outcome.failure.message


def test_the_same_text_in_two_languages_is_two_programs():
    python = ProgramCandidate("0", "mine", DOUBLE.id, "x = 1")
    other = replace(python, language="c")
    assert python.digest != other.digest
    engine = ProgramEngine(CpuTimeMeter(2))
    assert engine.key(DOUBLE, python, 0) != engine.key(DOUBLE, other, 0)


def test_a_reference_that_the_judge_cannot_run_answers_with_what_the_meter_saw():
    task = replace(
        DOUBLE, script="def inputs():\n    yield (1,)\n    yield (2,)\n", reference="?", reference_language="c"
    )
    judge = Judge()
    inputs = judge.open(task).inputs
    told = judge.open(answered(task, inputs, [Call(1.0, b"i\x07\0\0\0"), Call(1.0, b"i\x09\0\0\0")]))
    right, wrong = Call(1.0, b"i\x07\0\0\0"), Call(1.0, b"i\x08\0\0\0")
    assert told.judge([right, wrong]).verdicts == ("ok", "wrong")
