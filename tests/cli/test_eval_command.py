import pytest

from perfwise.cli.eval_command import command_of
from perfwise.core.store import RunRecord

USUAL = {"tasks": None, "samples": [], "files": [], "meter": "wasm", "memory_bytes": 512 << 20, "seed": 0}


def run(engine="programs", **spec):
    return RunRecord(1, "r", "2024-05-01", engine, 1, True, "d", {**USUAL, **spec})


@pytest.mark.parametrize(
    ("spec", "command"),
    [
        ({"files": ["task.py", "a b.py"]}, "perfwise eval task.py 'a b.py'"),
        (
            {"tasks": "t.jsonl", "samples": ["m=s.jsonl", "n=u"], "task": ["T/1"], "seed": 3},
            "perfwise eval --samples m=s.jsonl --samples n=u --task T/1 --tasks t.jsonl --seed 3",
        ),
        (
            {"files": ["a.py"], "fallback": "cpu_time", "memory_bytes": 1 << 20, "budget": 1e6},
            "perfwise eval a.py --budget 1000000.0 --memory 1048576 --allow-native",
        ),
        ({"files": ["a.py"], "fallback": "valgrind"}, "perfwise eval a.py --fallback valgrind"),
        ({"tasks": "demo"}, "perfwise demo"),
        ({}, ""),
    ],
)
def test_the_command_asks_what_the_run_asked_and_no_more(spec, command):
    assert command_of(run(**spec)) == command


def test_a_run_of_another_engine_has_no_such_command():
    assert command_of(run("serving", files=["a.py"])) == ""
