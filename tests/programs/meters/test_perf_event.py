"""The perf_event meter: its probe, its refusal and its reading, also where no hardware counts."""

import errno
import json

import pytest

from perfwise.errors import MissingMeter
from perfwise.kit.sandbox.rungs import strongest_rung
from perfwise.programs import plain
from perfwise.programs.contracts import Limits
from perfwise.programs.meters import perf_event
from perfwise.programs.meters.perf_event import PerfEventMeter, doubt, refusal

TASK_CLOCK = (1, 1)  # counted by the kernel in software, so it is there where perf_event_open is


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOENT, "virtual machines"),
        (errno.EOPNOTSUPP, "virtual machines"),
        (errno.EACCES, "perf_event_paranoid"),
        (errno.EPERM, "container"),
        (errno.ENOSYS, "without performance events"),
    ],
)
def test_every_refusal_says_what_to_do(number, remedy):
    told = f"Traceback ...\nOSError: [Errno {number}] perf_event_open: as the system says\n"
    assert remedy in refusal(told)
    assert "as the system says" in refusal(told)


def test_another_end_of_the_probe_is_told_as_it_was():
    assert refusal("bwrap: no permissions\n") == "bwrap: no permissions"
    assert refusal("") == "the probe did not run"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ([4_000_000, 900_000, 900_000], ""),
        ([0, 900_000, 900_000], "counts nothing"),
        ([4_000_000, 900_000, 450_000], "shared"),
    ],
    ids=["counts", "counts nothing", "shared"],
)
def test_a_count_is_believed_only_if_nothing_speaks_against_it(told, said):
    assert said in doubt(json.dumps(told).encode())
    assert bool(doubt(json.dumps(told).encode())) == bool(said)
    assert doubt(b"garbage") == doubt(b"7") == "the probe told nothing"


def test_the_meter_refuses_with_what_the_probe_found(monkeypatch):
    monkeypatch.setattr(perf_event, "_fault", lambda sandbox, event: "no counters")
    with pytest.raises(MissingMeter, match="no counters; valgrind counts"):
        PerfEventMeter(allow_unsandboxed=True).identity()


@pytest.fixture
def clocked() -> PerfEventMeter:
    """The meter on an event that the kernel counts itself: everything but the hardware is real."""
    if strongest_rung() is None:
        pytest.skip("no sandbox works on this machine")
    made = PerfEventMeter(2, patience_s=5, event=TASK_CLOCK)
    try:
        made.identity()
    except MissingMeter as missing:
        pytest.skip(str(missing))
    return made


def test_calls_are_read_from_a_counter_that_was_open_before_the_program(clocked):
    source = "def f(n):\n    for _ in range(n): pass\n    return n\n"
    run = clocked.measure(source, "f", [plain.dumps((n,)) for n in (1, 300_000)], Limits(1e10), 0)
    short, long = run.calls
    assert 0 < short.cost < long.cost
    assert run.interval[0] <= short.cost + long.cost <= run.interval[1]


def test_a_program_cannot_open_a_counter_of_its_own(clocked):
    source = """
import ctypes, os
def f():
    return ctypes.CDLL(None).syscall(298 if os.uname().machine == "x86_64" else 241, bytes(112), 0, -1, -1, 0)
"""
    run = clocked.measure(source, "f", [plain.dumps(())], Limits(1e10), 0)
    assert plain.loads(run.calls[0].answer) == -1


def test_a_counter_that_runs_backwards_was_tampered_with(clocked):
    source = "import fcntl\ndef f():\n    fcntl.ioctl(9, 0x2403, 0)\n"  # PERF_EVENT_IOC_RESET
    run = clocked.measure(source, "f", [plain.dumps(())], Limits(1e10), 0)
    assert run.calls[0].stopped.kind == "tampered"


def test_a_counter_that_had_to_be_shared_is_no_cost():
    from perfwise.programs.meters._repeating import _call

    assert _call({"cost": float("nan"), "text": "VN"}).stopped.kind == "unsupported"
    assert _call({"cost": 5, "text": "VN"}).cost == 5.0
