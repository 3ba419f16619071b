"""A method of one's own: a file in another package, found through its entry point, plain and compiled."""

import sys

import pytest

pytestmark = pytest.mark.xdist_group("serving-cli")  # compiled once

LLAMA = ("--model", "llama-3-8b", "--device", "h100_sxm")
LAST = '''
"""All requests go to the last replica."""

from dataclasses import dataclass

import numpy as np

from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import CHOOSE


def choose(now_s, requests, request, replicas, state):
    {body}
    return replicas.shape[0] - 1


@dataclass(frozen=True)
class Last:
    """All requests go to the last replica.

    Source: ours.
    """

    choose = staticmethod({mark})

    def state(self, shape):
        return np.zeros(1)
'''


@pytest.fixture
def served(perfwise, tmp_path, monkeypatch):
    """A run with the method, as it is written, on two replicas."""
    name = f"own_{tmp_path.name.replace('-', '_')}"
    about = tmp_path / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[perfwise.serving.dispatch]\nlast = {name}:Last\n")
    (tmp_path / "trace.csv").write_text("arrived_at,prefill,decode\n0,50,3\n0.1,60,4\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def run(mark, body="pass"):
        (tmp_path / f"{name}.py").write_text(LAST.format(mark=mark, body=body))
        sys.modules.pop(name, None)
        options = ("--dispatch", "last", "--replicas", "2", "--out", "out.csv")
        return perfwise("serving", "simulate", "--requests", "trace.csv", *LLAMA, *options)

    return run


def test_plain_python_runs_and_is_told_to_be_slow(served):
    done = served("choose")
    assert done.code == 0, done.err
    assert "note: Last: plain Python, so steps take about a thousand times longer" in " ".join(done.err.split())
    assert "sarathi + last" in done.out


def test_marked_it_runs_compiled_without_a_note(served):
    done = served("compilable(CHOOSE)(choose)")
    assert done.code == 0, done.err
    assert "plain Python" not in done.err


def test_what_numba_does_not_know_is_told_without_a_traceback(served):
    done = served("compilable(CHOOSE)(choose)", body='text = f"{now_s:.3f}"')
    assert done.code == 2
    assert "[not-compilable]" in done.err
    assert "f-strings" in done.err
    assert "Traceback" not in done.err


def test_a_replica_that_is_not_there_is_told(served):
    done = served("compilable(CHOOSE)(choose)", body="return 17")
    assert done.code == 2
    assert "Last or NoMigration sent request 0 to a replica that is not there" in done.err
    assert "[bad-target]" in done.err
