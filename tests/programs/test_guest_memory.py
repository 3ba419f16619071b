"""The guest's memory, as the host sees it."""

import sys
from dataclasses import replace

import pytest

from perfwise.programs.guest.runtime import load_guest
from tests.programs.probe import DOUBLE, attempt, body

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the system does not show its mappings")


def test_the_watched_instance_is_told_apart_from_all_others():
    guest = load_guest()

    def watch(place=512 << 20):
        others = [guest.instance(place) for _ in range(3)]
        watched = guest.watched(place)
        before = watched.memory_bytes()
        for one in (others[1], others[2], watched):
            one.begin()
            one.call("load", "DATA = bytes(50_000_000)\ndef f(): pass", "f", 0)
        after = watched.memory_bytes()
        del watched, one, others[0]
        beside = guest.watched(place)  # where one of those was
        return before, after, beside.memory_bytes()

    before, after, again = guest.run(watch)
    assert before == again
    assert after - before >= 50_000_000
    assert before % 65536 == after % 65536 == 0


def test_instances_that_nobody_frees_hide_no_memory():
    guest = load_guest()
    leaked = [guest.run(lambda: guest.watched(512 << 20)) for _ in range(2)]
    assert attempt(body()).cost["peak_bytes"] > 1 << 20
    assert leaked


def test_the_peak_is_of_the_whole_run_and_comes_again():
    held = {
        source: {attempt(source).cost["peak_bytes"] for _ in range(3)}
        for source in (body(), body("'x' * 100_000_000"), body("'x' * 100_000_000", "'x' * 10"))
    }
    small, large, freed = (values.pop() for values in held.values())
    assert not any(held.values())
    assert large - small == pytest.approx(100_000_000, rel=0.01)
    assert freed == large


def test_a_task_opened_between_two_programs_hides_neither():
    tasks = [replace(DOUBLE, id=f"task {number}") for number in range(6)]
    tasks = [replace(task, script=f"# {task.id}\n{task.script}") for task in tasks]
    held = {attempt(body(), task).cost["peak_bytes"] for task in tasks for _ in range(2)}
    assert len(held) == 1
