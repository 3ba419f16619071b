"""The valgrind meter: what its counts are, and what its template survives."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from perfwise.errors import InvalidCandidate, MissingMeter
from perfwise.kit.sandbox.rungs import rung_works
from perfwise.programs import plain
from perfwise.programs.contracts import Limits
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.meters import _cachegrind, _template
from perfwise.programs.meters.valgrind import ValgrindMeter
from perfwise.programs.meters.wasm import WasmMeter
from tests.programs.probe import attempt, body

LIMITS = Limits(budget=1e9, memory_bytes=512 << 20)


@pytest.fixture(scope="module")
def meter() -> ValgrindMeter:
    made = ValgrindMeter(patience_s=5)
    try:
        made.identity()
    except MissingMeter as missing:
        pytest.skip(str(missing))
    return made


def costs(meter: ValgrindMeter, source: str, *arguments: tuple) -> list[float | None]:
    run = meter.measure(source, "f", [plain.dumps(each) for each in arguments], LIMITS, 0)
    assert run.failure is None, run.failure
    return [call.cost for call in run.calls]


def test_an_empty_function_costs_next_to_nothing_in_any_call(meter):
    assert max(costs(meter, "def f(): pass", *[()] * 6)) < 1000


def test_a_known_loop_costs_what_it_did_when_this_was_written(meter):
    # 17.4 to 17.8 million by what was imported before, with CPython 3.11; others are not far.
    (cost,) = costs(meter, "def f(n): return sum(range(n))", (100_000,))
    assert 4e6 < cost < 4e7


def test_counts_drift_by_less_than_a_third_of_a_per_cent_within_a_server(meter):
    source = "def f(n): return len({str(k): [k] for k in range(n)})"
    found = [costs(meter, source, (3000,))[0] for _ in range(4)]
    assert max(found) / min(found) < 1.003


def test_reading_a_program_in_and_its_imports_are_not_counted(meter):
    assert costs(meter, "TABLE = [k * k for k in range(100_000)]\ndef f(k): return TABLE[k]", (7,))[0] < 5000


def test_numpy_is_counted_which_the_guest_does_not_have(meter):
    pytest.importorskip("numpy")
    source = "import numpy\n" + body("numpy.arange(n).sum()")
    engine = ProgramEngine(WasmMeter(), ValgrindMeter(patience_s=5))
    outcome = attempt(source, engine=engine)
    assert outcome.succeeded
    assert outcome.provenance.meter == "valgrind"
    assert outcome.cost["instructions"] > 1000
    assert attempt(source, engine=ProgramEngine(WasmMeter())).failure.kind == "unsupported"


def test_a_budget_and_a_bound_on_one_case_hold_by_count(meter):
    loop = "def f(n):\n    for _ in range(n): pass\n"
    inputs = [plain.dumps((n,)) for n in (100, 50_000, 100)]
    (first, second) = meter.measure(loop, "f", inputs, Limits(1e9, 1e5, 512 << 20), 0).calls
    assert (first.stopped, second.stopped.kind, second.cost) == (None, "out-of-fuel", 1e5)


def test_a_program_that_takes_its_process_down_leaves_the_next_one_well(meter):
    inputs = [plain.dumps((1,))]
    gone = meter.measure("import os\ndef f(n): os._exit(3)", "f", inputs, LIMITS, 0)
    assert gone.calls[0].stopped.kind == "exit"
    asleep = meter.measure("import time\ndef f(n): time.sleep(10**6)", "f", inputs, Limits(1e6, None, 512 << 20), 0)
    assert asleep.calls[0].stopped.kind == "out-of-time"
    assert costs(meter, "def f(n): return n", (1,))[0] < 1000


def test_nothing_that_a_program_leaves_is_there_for_the_next(meter):
    inputs = [plain.dumps(())]
    source = "import os\ndef f():\n    seen = os.listdir('.')\n    os.makedirs('left/there')\n    return seen\n"
    seen = [meter.measure(source, "f", inputs, LIMITS, 0).calls[0].answer for _ in range(2)]
    assert [plain.loads(each) for each in seen] == [[], []]


def test_a_program_may_fork_once_at_most_and_gains_nothing(meter):
    source = """
import os
def f():
    made = 0
    try:
        while os.fork(): made += 1
        while True: pass
    except OSError:
        return made
"""
    run = meter.measure(source, "f", [plain.dumps(())], Limits(1e6, None, 512 << 20), 0)
    assert run.calls[0].stopped is not None


def test_a_template_outlives_the_thread_that_asked_for_it(meter):
    source = "def f(n):\n    for _ in range(n): pass"
    with ThreadPoolExecutor(1) as thread:
        fresh = ValgrindMeter(rung="landlock" if rung_works("landlock") else None, patience_s=5)
        inputs = [plain.dumps((10_000,))]
        first = thread.submit(fresh.measure, source, "f", inputs, LIMITS, 0).result()
    again = fresh.measure(source, "f", inputs, LIMITS, 0)
    assert again.calls[0].stopped is None
    assert again.calls[0].cost == pytest.approx(first.calls[0].cost, rel=0.003)


def test_outside_any_sandbox_it_counts_as_well_and_says_so(meter):
    bare = ValgrindMeter(rung="none", allow_unsandboxed=True, patience_s=5)
    run = bare.measure("def f(n):\n    for _ in range(n): pass", "f", [plain.dumps((10_000,))], LIMITS, 0)
    confined = meter.measure("def f(n):\n    for _ in range(n): pass", "f", [plain.dumps((10_000,))], LIMITS, 0)
    assert run.calls[0].cost == pytest.approx(confined.calls[0].cost, rel=0.01)
    assert run.sandbox == "none"
    assert any("outside any sandbox" in caveat for caveat in run.caveats)
    with pytest.raises(MissingMeter, match="--unsandboxed"):
        ValgrindMeter(rung="none").identity()


def test_a_whole_program_is_counted_the_same_each_time(meter):
    found = [meter.count_program(["/bin/echo", "hi"], b"", LIMITS) for _ in range(2)]
    assert found[0] == found[1]
    assert found[0][0] > 10_000
    assert found[0][1] == b"hi\n"
    with pytest.raises(InvalidCandidate, match="did not end by itself"):
        meter.count_program(["/bin/false"], b"", LIMITS)


def test_without_valgrind_the_remedy_is_told(monkeypatch):
    monkeypatch.setattr(_cachegrind.shutil, "which", lambda name: None)
    with pytest.raises(MissingMeter, match="apt install valgrind"):
        _cachegrind.counted_interpreter()


def test_a_launcher_script_is_not_taken_for_an_interpreter(monkeypatch, tmp_path):
    script = tmp_path / "python"
    script.write_text('#!/bin/sh\nexec python3 "$@"\n')
    monkeypatch.setattr(sys, "executable", str(script))
    with pytest.raises(MissingMeter, match="no ELF program"):
        _cachegrind.counted_interpreter()


def test_packages_are_those_that_are_installed_and_not_the_librarys():
    source = "import os, numpy.linalg\nfrom scipy import stats\nfrom . import x\ndef f():\n    import no_such_module\n"
    assert _cachegrind.packages_of(source) == ("numpy", "scipy")
    assert _cachegrind.packages_of("def f(:") == ()


def test_the_log_is_read_line_by_line_whatever_the_pieces():
    log = b"==12== Command: x\n==12== I   refs:      1,074,646,361\n==13== I refs: 5\nI refs: 7\n"
    found = [(int(m[1]), m[2]) for m in map(_template._REFERENCES.match, log.split(b"\n")) if m]
    assert found == [(12, b"1,074,646,361"), (13, b"5")]
