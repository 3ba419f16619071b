"""What every meter promises, whatever it counts."""

import math
import pickle
from dataclasses import replace

import pytest

from perfwise.core.cost import unit_of
from perfwise.core.family import Family
from perfwise.errors import MissingExtra, MissingMeter
from perfwise.kit.sandbox.rungs import RUNGS
from perfwise.programs import plain
from perfwise.programs.contracts import LANGUAGES, Limits
from perfwise.programs.evaluate import meter_named

FAMILY = Family("perfwise.programs.meters")
MEMORY = 512 << 20
SUMS = "def f(n):\n    total = 0\n    for i in range(n):\n        total += i * i\n    return total\n"


@pytest.fixture(params=FAMILY.names())
def meter(request):
    """Each meter that works here and measures Python."""
    made = working(request.param)
    if made.for_language("python") is None:
        pytest.skip(f"{request.param} measures no Python")
    return made


def working(name):
    try:
        made = meter_named(name)
        return replace(made, repetitions=2) if hasattr(made, "repetitions") else made
    except (MissingMeter, MissingExtra) as missing:
        pytest.skip(str(missing))


def run(meter, source, *arguments, entry_point="f", budget=None, case_budget=None):
    limits = Limits(budget or meter.default_budget, case_budget, MEMORY)
    return meter.measure(source, entry_point, [plain.dumps(each) for each in arguments], limits, 0)


@pytest.mark.parametrize("name", FAMILY.names())
def test_a_meter_says_what_it_is_before_it_is_asked_whether_it_works(name):
    made = FAMILY.get(name)()
    assert made.name == name
    assert unit_of(made.cost_name)
    assert isinstance(made.exact, bool)
    assert 0 < made.case_allowance < made.default_budget
    assert pickle.loads(pickle.dumps(made)) == made
    assert hash(made) == hash(FAMILY.get(name)())
    text = FAMILY.get(name).__doc__
    assert "Cannot see:" in text
    assert "Source:" in text


@pytest.mark.parametrize("name", FAMILY.names())
def test_a_meter_speaks_for_itself_in_some_language_and_is_any_machines_or_one(name):
    made = working(name)
    spoken = [language for language in set(LANGUAGES.values()) if _speaks(made, language)]
    assert spoken
    assert made.identity() == working(name).identity()
    assert made.interpreter()
    assert (made.machine() == "any") == made.exact or name == "sql"


def _speaks(meter, language):
    try:
        return meter.for_language(language) is not None
    except (MissingExtra, MissingMeter):
        return False


def test_calls_come_in_order_with_answers_and_costs(meter):
    got = run(meter, SUMS, (10,), (2000,), (20,))
    assert got.failure is None
    assert [plain.loads(call.answer) for call in got.calls] == [285, 2664667000, 2470]
    assert all(0 <= call.cost < math.inf and call.stopped is None for call in got.calls)
    assert got.calls[1].cost > got.calls[0].cost


def test_twice_the_work_costs_twice(meter):
    if meter.cost_name == "cpu_s":
        pytest.skip("no test asserts on a clock")
    loop = "def f(n):\n    for _ in range(n): pass\n"
    small, large = (call.cost for call in run(meter, loop, (50_000,), (100_000,)).calls)
    assert large / small == pytest.approx(2, rel=0.03)


def test_counts_come_again(meter):
    if meter.cost_name == "cpu_s":
        pytest.skip("no test asserts on a clock")
    first, second = (run(meter, SUMS, (20_000,)).calls[0].cost for _ in range(2))
    assert first == second if meter.exact else first == pytest.approx(second, rel=0.003)


def test_a_noisy_meter_gives_an_interval_and_a_caveat(meter):
    got = run(meter, SUMS, (5000,), (5000,))
    if meter.exact:
        assert (got.interval, got.caveats) == (None, ())
        return
    assert got.caveats
    low, high = got.interval
    assert low <= sum(call.cost for call in got.calls) * 1.5
    assert low <= high


def test_native_code_says_in_which_sandbox_it_ran(meter):
    assert run(meter, SUMS, (5,)).sandbox in ((None,) if meter.name == "wasm" else RUNGS)


def test_memory_is_a_second_cost_of_the_same_run(meter):
    if meter.name == "valgrind":
        pytest.skip("what valgrind holds is not what the program holds")
    small, large = (run(meter, "def f(n): return len([0] * n)", (n,)).costs for n in (10, 20_000_000))
    if not small:
        pytest.skip("the memory of the guest cannot be seen on this system")
    assert large["peak_bytes"] - small["peak_bytes"] > 0.9 * 20_000_000 * (4 if meter.name == "wasm" else 8)


def test_what_was_asked_before_is_forgotten(meter):
    source = "SEEN = []\ndef f(n):\n    SEEN.append(n)\n    return len(SEEN)\n"
    assert [plain.loads(call.answer) for _ in range(2) for call in run(meter, source, (1,), (1,)).calls] == [1, 2, 1, 2]


def test_whole_programs_read_standard_input_and_write_standard_output(meter):
    got = run(meter, "print(sum(map(int, input().split())))", ("1 2 3\n",), ("4 5\n",), entry_point="")
    assert [plain.loads(call.answer) for call in got.calls] == ["6\n", "9\n"]


def test_randomness_is_the_seeds(meter):
    source = "import random\ndef f(): return random.random()\n"
    assert len({run(meter, source, ()).calls[0].answer for _ in range(2)}) == 1


@pytest.mark.parametrize(
    ("source", "kind"),
    [("def f(:", "syntax"), ("1 / 0", "exception"), ("g = 1", "no-entry-point")],
    ids=["syntax", "exception", "no-entry-point"],
)
def test_what_cannot_be_read_in_is_a_failure(meter, source, kind):
    got = run(meter, source, (1,))
    assert (got.failure.kind, got.calls) == (kind, ())


def test_an_exception_is_that_calls_and_the_next_goes_on(meter):
    first, second = run(meter, "def f(n): return 1 // n", (0,), (1,)).calls
    assert first.raised[0] == "ZeroDivisionError"
    assert plain.loads(second.answer) == 1


def test_a_call_beyond_its_budget_is_the_last(meter):
    # A clock's budget is generous, so that only the endless call can spend it.
    budget = {"cpu_s": 0.3}.get(meter.cost_name, 2e7)
    got = run(meter, "def f(n):\n    while n: pass\n", (0,), (1,), (0,), budget=budget)
    assert len(got.calls) == 2
    assert got.calls[1].stopped.kind in {"out-of-fuel", "out-of-time"}
