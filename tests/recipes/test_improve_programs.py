"""The bench of programs: what it finds out of candidates, and which originals it refuses."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from perfwise.errors import InvalidCandidate
from perfwise.improve.archive import Archive
from perfwise.improve.loop import improve
from perfwise.improve.methods.rules import Rules
from perfwise.improve.reward import Reward
from perfwise.programs.contracts import ProgramTask
from perfwise.programs.meters.wasm import WasmMeter
from perfwise.recipes.improve_programs.bench import Effort, ProgramBench
from perfwise.recipes.improve_programs.running import Job, Plan, run_job
from perfwise.recipes.improve_programs.telling import improvement_data

SCRIPT = """
reference = program(REFERENCE, ENTRY_POINT)
def inputs():
    return [(each,) for each in DATA["inputs"]]
def stress():
    return [(each,) for each in DATA["stress"]]
"""
EFFORT = Effort(mutations=20, confirming=30)
TOTAL = "def f(xs):\n    total = 0\n    for x in xs:\n        total += x\n    return total\n"


def job(source):
    made = bench(source)
    return Job("job", made._task, source)


def bench(source, inputs=([1, 2, 3], [], [5]), stress=(list(range(500)),), reference=None):
    data = {"inputs": list(inputs), "stress": list(stress)}
    task = ProgramTask("t", SCRIPT, "f", reference=source if reference is None else reference, data=data)
    return ProgramBench(task, source, WasmMeter(), EFFORT)


@pytest.fixture(scope="module")
def total():
    made = bench(TOTAL)
    return made, made.baseline()


def found(total, text):
    made, baseline = total
    return made.assess(text, baseline)


def test_a_cheaper_program_is_verified_up_to_the_last_level(total):
    one = found(total, "def f(xs):\n    return sum(xs)\n")
    assert (one.finding, one.level, one.unfinished) == ("verified", "further mutations and argument states", 0)
    assert one.costs["wasm_instructions"] < total[1].costs["wasm_instructions"] / 2
    assert one.tried > 50
    assert one.costs["peak_bytes"] > 0


def test_a_dearer_one_is_stopped_as_soon_as_it_is(total):
    one = found(total, "def f(xs):\n    return sum([y for x in xs for y in [x] * 3]) // 3\n")
    assert one.finding == "dearer"
    assert one.costs == {}


@pytest.mark.parametrize(
    "text",
    [
        "def f(xs):\n    return sum(xs) if len(xs) < 100 else 0\n",  # only the measured input shows it
        "def f(xs):\n    return float(sum(xs))\n",
        "def f(xs):\n    return True if xs == [1] else sum(xs)\n",
        "def f(xs):\n    xs.sort()\n    return sum(xs)\n",
        "def f(xs):\n    print(1)\n    return sum(xs)\n",
        "class Any:\n    def __eq__(self, other):\n        return True\ndef f(xs):\n    return Any()\n",
        "def f(xs):\n    return float('nan')\n",
        "def f(xs, seen=[]):\n    seen.append(1)\n    return sum(xs) + (len(seen) > 20)\n",
    ],
)
def test_what_behaves_otherwise_is_told_with_a_counterexample(total, text):
    one = found(total, text)
    assert one.finding == "different", one
    assert one.counterexample.input


def test_a_program_that_replaces_what_watches_it_is_not_believed(total):
    lines = ["import builtins", "builtins.isinstance = lambda *_: True", "builtins.list = None", "return sum(xs)"]
    forged = "def f(xs):\n    " + "\n    ".join(lines) + "\n"
    assert found(total, forged).finding == "different"
    marshal = "type('M', (), {'loads': marshal.loads, 'dumps': lambda *_: b'u\\x01\\0\\0\\0\\xff'})"
    answer = f"import candidate, marshal\ncandidate.marshal = {marshal}\n"
    assert found(total, answer + "def f(xs):\n    return sum(xs)\n").finding in {"different", "broken"}


def test_what_is_no_program_is_broken(total):
    assert found(total, "def f(xs:\n").finding == "broken"
    assert "name 'f' is not defined" in found(total, "def g(xs):\n    return 0\n").message


def test_numbers_too_long_to_be_written_out_are_compared_and_shown():
    power = "def f(n):\n    return 7 ** n\n"
    made = bench(power, inputs=(5, 9000), stress=(20000,))
    baseline = made.baseline()
    assert made.assess("def f(n):\n    return 7 ** n + (n > 8000)\n", baseline).finding == "different"
    assert made.assess("def f(n):\n    return pow(7, n)\n", baseline).finding in {"verified", "dearer"}


def test_work_moved_to_the_modules_own_statements_is_charged(total):
    table = "TABLE = [sum(range(n)) for n in range(3000)]\ndef f(xs):\n    return sum(xs)\n"
    assert found(total, table).finding == "dearer"


def test_where_the_original_does_not_finish_nothing_is_known_and_a_candidate_may():
    fast = "def f(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a if n > 1 else n\n"
    slow = "def f(n):\n    return n if n < 2 else f(n - 1) + f(n - 2)\n"
    made = bench(slow, inputs=(5, 9), stress=(12, 60), reference=fast)
    baseline = made.baseline()
    assert (baseline.unfinished, baseline.by_input[1]) == (1, None)
    one = made.assess(fast, baseline)
    assert (one.finding, one.unfinished) == ("verified", 0)
    assert one.unknown >= 1


def test_an_original_that_fails_its_tests_is_refused():
    with pytest.raises(InvalidCandidate, match="fails its tests: on") as caught:
        bench("def f(xs):\n    return 1\n", reference=TOTAL).baseline()
    assert caught.value.code == "original-fails"


@pytest.mark.parametrize(
    "source",
    [
        "import random\ndef f(xs):\n    return random.random()\n",
        "import time\ndef f(xs):\n    return time.time()\n",
        "def f(xs, seen=[]):\n    seen.append(1)\n    return len(seen)\n",
    ],
)
def test_an_original_that_is_not_deterministic_is_refused(source):
    made = bench(source, reference="def f(xs):\n    return 0\n")
    made._task = ProgramTask("t", SCRIPT + "def check(args, answer):\n    return True\n", "f", data=made._task.data,
                             reference=TOTAL)  # fmt: skip
    with pytest.raises(InvalidCandidate, match="not deterministic") as caught:
        made.baseline()
    assert caught.value.code == "not-deterministic"


@pytest.mark.parametrize(
    "source",
    [
        "import random\ndef f(xs):\n    return len(xs) * int(random.random() * 1000) if len(xs) != 3 else 0\n",
        "seen = []\ndef f(xs):\n    seen.append(1)\n    return len(seen) - 1 if len(xs) != 3 else 0\n",
    ],
)
def test_an_original_that_is_deterministic_on_its_tests_only_is_refused(source):
    made = bench(source, reference="def f(xs):\n    return 0\n", inputs=([1, 2, 3],))
    with pytest.raises(InvalidCandidate, match="not deterministic") as caught:
        made.baseline()
    assert caught.value.code == "not-deterministic"


def test_an_original_that_is_not_python_is_refused():
    with pytest.raises(InvalidCandidate, match="not Python") as caught:
        bench("def f(:\n", reference=TOTAL).baseline()
    assert caught.value.code == "does-not-parse"


def test_rules_improve_a_program_and_say_why():
    made = bench("def f(xs):\n    return len([x for x in xs if x in list(range(50)) or xs.count(x) > 1])\n")
    result = improve(made, Rules(), Archive(None, {}, made.cost_name))
    assert result.ratio > 2
    assert result.steps
    assert all(step.proposal.reason for step in result.steps)


def test_a_run_that_was_killed_goes_on_to_the_same_archive(tmp_path):
    body = ["out = []", "for x in xs:", "    if x in xs and x % 2 == 0:", "        out.append(x)", "return len(out)"]
    source = "def f(xs):\n    " + "\n    ".join(body) + "\n"
    code = f"""
import os, signal
from pathlib import Path
from tests.recipes.test_improve_programs import job
from perfwise.recipes.improve_programs.running import Plan, run_job
def progress(done, most):
    if done == 2:
        os.kill(os.getpid(), signal.SIGKILL)
run_job(job({source!r}), Plan(archive=Path({str(tmp_path / "cut")!r}), effort=EFFORT), progress)
""".replace("EFFORT", "__import__('tests.recipes.test_improve_programs', fromlist=['EFFORT']).EFFORT")
    killed = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False)
    assert killed.returncode == -signal.SIGKILL
    cut = next((tmp_path / "cut").iterdir())
    assert cut.read_text().count("\n") == 4
    cut_run, made = (run_job(job(source), Plan(archive=tmp_path / name, effort=EFFORT)) for name in ("cut", "whole"))
    assert made.steps
    assert repr(improvement_data("job", cut_run)) == repr(improvement_data("job", made))
    assert cut.read_bytes() == (tmp_path / "whole" / cut.name).read_bytes()


def test_a_reward_is_exact_and_steps_down_with_what_was_found():
    reward = Reward(bench(TOTAL))
    texts = ["def f(xs):\n    return sum(xs)\n", TOTAL, "def f(xs):\n    return 0\n", "def f(:\n"]
    first = reward.batch(texts)
    assert first == Reward(bench(TOTAL)).batch(texts)
    assert first[0] > first[1] > 0.99 > first[2] > first[3] == -1.0
