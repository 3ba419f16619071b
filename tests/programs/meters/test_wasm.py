"""The WebAssembly meter: what is counted, and that it never moves."""

import pytest

from perfwise.programs import plain
from perfwise.programs.contracts import Limits
from perfwise.programs.meters.wasm import WasmMeter
from tests.programs.probe import attempt, body

LIMITS = Limits(budget=2e9)


def costs(source: str, *arguments: tuple, entry_point: str = "f", seed: int = 0) -> list[float | None]:
    run = WasmMeter().measure(source, entry_point, [plain.dumps(each) for each in arguments], LIMITS, seed)
    assert run.failure is None, run.failure
    return [call.cost for call in run.calls]


def test_an_empty_function_costs_nothing_in_any_call():
    assert costs("def f(): pass", *[()] * 64) == [0.0] * 64
    assert max(costs("def f(): pass", *[()] * 200)) < 1000  # the resolution of a comparison


def test_the_smallest_work_is_seen_in_every_call():
    assert all(0 < cost < 1000 for cost in costs("def f(n): return n", *[(5,)] * 60))


def test_a_count_is_the_same_on_every_run():
    source = "def f(n):\n    return sorted({str(k) for k in range(n)})\n"
    assert costs(source, (500,)) == costs(source, (500,)) == costs(source, (500,))


def test_twice_the_work_costs_twice():
    loop = "def f(n):\n    for _ in range(n): pass\n"
    (one,), (two,) = costs(loop, (100_000,)), costs(loop, (200_000,))
    assert two / one == pytest.approx(2, rel=0.005)


def test_import_is_not_counted():
    table = "TABLE = [k * k for k in range(100_000)]\n"
    assert costs(table + "def f(k): return TABLE[k]\n", (7,))[0] < 5_000


def test_time_entropy_and_hashes_are_the_same_on_every_run():
    source = """
import os, random, time, uuid, datetime, secrets
def double(n):
    seen = (time.time_ns(), time.monotonic_ns(), random.random(), os.urandom(8), uuid.uuid4().hex,
            datetime.datetime.now().isoformat(), secrets.token_hex(4), hash("perfwise"), id(object()))
    raise ValueError(seen)
"""
    first, second = attempt(source), attempt(source)
    assert first.failure == second.failure
    assert "2000" in first.failure.message


def test_another_seed_gives_other_random_numbers():
    source = "import random\n" + body("raise ValueError(random.random())")
    assert attempt(source, seed=1).failure != attempt(source, seed=2).failure


def test_sleeping_takes_virtual_time_only():
    source = "import time\n" + body("t = time.monotonic()", "time.sleep(10**6)", "assert time.monotonic() - t >= 10**6")
    assert attempt(source).succeeded


def test_the_whole_standard_library_is_there():
    names = (
        "decimal fractions statistics datetime hashlib heapq bisect json re typing dataclasses asyncio unittest numbers"
    )
    source = "".join(f"import {name}\n" for name in names.split()) + body()
    assert attempt(source).succeeded


def test_a_stdin_program_reads_and_writes_text():
    source = "import sys\nn = int(input())\nprint(sum(map(int, sys.stdin.read().split())) * n)\nsys.exit(0)\n"
    run = WasmMeter().measure(source, "", [plain.dumps(("2\n3 4\n",)), plain.dumps(("1\n5\n",))], LIMITS, 0)
    assert [call.answer for call in run.calls] == [plain.dumps("14\n"), plain.dumps("5\n")]


@pytest.mark.parametrize(
    "read",
    ["open(0).read()", "__import__('os').read(0, 99).decode()", "__import__('sys').stdin.buffer.read().decode()"],
)
def test_the_idioms_of_contest_programs_read_standard_input(read):
    run = WasmMeter().measure(f"print({read}.strip())", "", [plain.dumps(("hello\n",))], LIMITS, 0)
    assert run.calls[0].answer == plain.dumps("hello\n")
