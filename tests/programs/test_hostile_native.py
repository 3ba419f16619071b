"""The hostile list again, for every meter of native code on every rung of the native sandbox."""

from pathlib import Path

import pytest

from perfwise.errors import MissingMeter
from perfwise.kit.sandbox.rungs import rung_works, strongest_rung
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.meters.cpu_time import CpuTimeMeter
from perfwise.programs.meters.valgrind import ValgrindMeter
from tests.programs.probe import attempt, body
from tests.programs.test_hostile import BROKEN, CHEATS, FORGED, RECURSION

BUDGET = {"cpu_time": 0.2, "valgrind": 1e7}
METERS = {
    "cpu_time": lambda rung: CpuTimeMeter(2, rung=rung, patience_s=2),
    "valgrind": lambda rung: ValgrindMeter(rung=rung, patience_s=2),
}
# A run under valgrind takes long, so it gets its own choice below; the candidate's side and the sandbox are the same.
NATIVE = ["cpu_time-bubblewrap", "cpu_time-landlock"]


def runner(meter_and_rung: str):
    """Runs a program on a task by one meter on one rung; every outcome says on which."""
    name, _, rung = meter_and_rung.partition("-")
    if not rung_works(rung):
        pytest.skip(f"{rung} does not confine on this machine")
    meter = METERS[name](rung)
    try:
        meter.identity()
    except MissingMeter as missing:
        pytest.skip(str(missing))
    engine = ProgramEngine(meter, budget=BUDGET[name])

    def run(source: str):
        outcome = attempt(source, engine=engine)
        assert outcome.detail["sandbox"] == rung
        return outcome

    return run


@pytest.fixture(params=NATIVE)
def run(request):
    return runner(request.param)


@pytest.fixture
def run_once():
    """For what does not depend on the rung."""
    return runner(f"cpu_time-{strongest_rung()}")


ENDLESS = {
    "for ever inside except": (
        body("while True:", "    try:", "        while True: pass", "    except BaseException: pass"),
        {"out-of-time", "out-of-fuel"},
    ),
    "for ever in a C loop": (body("import itertools", "sum(itertools.repeat(1))"), {"out-of-time", "out-of-fuel"}),
    "for ever asleep": (body("import time", "time.sleep(10**6)"), {"out-of-time"}),
}


@pytest.mark.parametrize(("source", "kinds"), ENDLESS.values(), ids=ENDLESS)
def test_a_program_without_end_is_ended(run, source, kinds):
    outcome = run(source)
    assert outcome.quality == 0.0
    assert outcome.failure.kind in kinds


@pytest.mark.parametrize("source", RECURSION.values(), ids=RECURSION)
def test_endless_recursion_ends_as_an_outcome(run, source):
    outcome = run(source)
    assert outcome.quality == 0.0
    assert outcome.failure.kind in {"exception", "exit", "out-of-time", "out-of-fuel"}


GREEDY = {
    "a list without end": body("l = []", "while True: l.append('x' * 10**7)"),
    "one huge text": body("'x' * 10**12"),
    "print without end": body("while True: print('x' * 10**7)"),
}


@pytest.mark.parametrize("source", GREEDY.values(), ids=GREEDY)
def test_a_program_that_takes_all_memory_fails_alone(run, source):
    outcome = run(source)
    assert outcome.quality == 0.0
    assert "MemoryError" in outcome.failure.message or outcome.failure.kind in {"exit", "out-of-fuel", "out-of-time"}


REACHING = {
    "reads a file": body("open('/etc/passwd').read()"),
    "reads the tests": body(f"open({__file__!r}).read()"),
    "writes a file": body("open('/tmp/perfwise-was-here', 'w').write('x')"),
    "writes over its own library": body("open(__import__('os').__file__, 'a').write('x')"),
    "writes over the candidate's side": body("import sys", "open(sys.modules['candidate'].__file__, 'a').write('x')"),
    "fills the disk": body("f = open('big', 'wb', 0)", "while True: f.write(b'x' * 10**6)"),
    "opens a socket": body("import socket", "socket.create_connection(('127.0.0.1', 80))"),
    "listens": body("import socket", "socket.socket().bind(('127.0.0.1', 0))"),
    "a fork bomb": body("import os", "while True: os.fork()"),
    "a bomb of threads": body("import threading", "while True: threading.Thread(target=print).start()"),
    "starts a program": body("import subprocess", "subprocess.run(['ls'])"),
    "reads the environment of the host": body("import os", "assert os.environ['PATH']"),
    "exits": body("import sys", "sys.exit(0)"),
    "exits hard": body("import os", "os._exit(0)"),
    "aborts": body("import os", "os.abort()"),
    "kills itself": body("import os, signal", "os.kill(os.getpid(), signal.SIGKILL)"),
    "kills its parent": body("import os, signal", "os.kill(os.getppid(), signal.SIGKILL)", "1 / 0"),
    "crashes": body("import ctypes", "ctypes.string_at(0)"),
    "writes gigabytes wherever it can": body(
        "import os",
        "while True:",
        "    for fd in range(1, 64):",
        "        try: os.write(fd, b'{}' * 10**5)",
        "        except OSError: pass",
    ),
}


@pytest.mark.parametrize("source", REACHING.values(), ids=REACHING)
def test_a_program_that_reaches_out_fails(run, source):
    outcome = run(source)
    assert outcome.failure is not None
    assert outcome.quality == 0.0
    assert not Path("/tmp/perfwise-was-here").exists()


def test_what_a_program_prints_is_lost_and_harms_nothing(run):
    assert run(body("import os", "os.write(1, b'x' * 10)", "os.write(2, b'x' * 10)", "print('x' * 10)")).succeeded


@pytest.mark.parametrize(("source", "kind"), BROKEN.values(), ids=BROKEN)
def test_a_broken_program_says_how_it_failed(run_once, source, kind):
    outcome = run_once(source)
    assert (outcome.quality, outcome.failure.kind) == (0.0, kind)


@pytest.mark.parametrize("source", CHEATS.values(), ids=CHEATS)
def test_a_cheat_wins_nothing(run, source):
    outcome = run(source)
    assert outcome.failure is not None
    assert outcome.quality == 0.0


@pytest.mark.parametrize("told", FORGED.values(), ids=FORGED)
def test_a_forged_failure_is_the_programs_own(run_once, told):
    outcome = run_once(f"import sys\nsys.modules['candidate']._failure = lambda *_: {told}\n1 / 0\n")
    assert (outcome.quality, outcome.failure.kind) == (0.0, "tampered")


REPORTS = {
    "no JSON": "b'garbage'",
    "another shape": "b'[1]'",
    "a failure of the task": """b'{"failure": "[\\\\"task-fault\\\\", \\\\"not mine\\\\"]"}'""",
    "an endless cost": """b'{"cost": 1e999, "text": "VN"}'""",
    "a negative cost": """b'{"cost": -1, "text": "VN"}'""",
    "no number": """b'{"cost": [], "text": {}, "peak_bytes": "much"}'""",
}


@pytest.mark.parametrize("line", REPORTS.values(), ids=REPORTS)
def test_a_forged_report_is_the_programs_own(run_once, line):
    write = f"[os.write(fd, {line} + b'\\n') for fd in range(3, 20) if is_open(fd)]"
    source = f"""
import os, stat
def is_open(fd):
    try: return stat.S_ISFIFO(os.fstat(fd).st_mode)
    except OSError: return False
{write}
def double(n):
    {write}
    os._exit(0)
"""
    outcome = run_once(source)
    assert outcome.quality == 0.0
    assert outcome.failure.kind in {"tampered", "exit", "wrong-answer", "exception"}


CHOSEN = {
    "for ever": ENDLESS["for ever inside except"][0],
    "for ever asleep": ENDLESS["for ever asleep"][0],
    "recursion": RECURSION["plain"],
    "one huge text": GREEDY["one huge text"],
    "reading the judge's answers": CHEATS["reading the judge's answers"],
    "patched builtins": CHEATS["patched builtins"],
    "a forged hand-over": CHEATS["a forged hand-over of code"],
    **{
        name: REACHING[name]
        for name in ("reads the tests", "writes over the candidate's side", "fills the disk", "opens a socket")
    },
    **{name: REACHING[name] for name in ("a fork bomb", "exits hard", "aborts", "kills its parent")},
}


@pytest.mark.parametrize(
    ("rung", "name"),
    [("bubblewrap", name) for name in CHOSEN]
    + [("landlock", name) for name in ("reads the tests", "fills the disk", "opens a socket", "a fork bomb")],
)
def test_under_valgrind_it_fails_as_well(name, rung):
    outcome = runner(f"valgrind-{rung}")(CHOSEN[name])
    assert outcome.failure is not None
    assert outcome.quality == 0.0
    assert not Path("/tmp/perfwise-was-here").exists()


def test_under_valgrind_what_a_program_prints_is_lost_and_harms_nothing():
    run = runner("valgrind-bubblewrap")
    assert run(body("import os", "os.write(1, b'x' * 10)", "os.write(2, b'x' * 10)", "print('x' * 10)")).succeeded
