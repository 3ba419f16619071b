"""What probes find, against counts of the same programs without them."""

import functools
from collections import Counter

import pytest

from perfwise.errors import InvalidCandidate
from perfwise.programs import plain
from perfwise.programs.contracts import Limits
from perfwise.programs.meters.wasm import WasmMeter
from perfwise.programs.probing import Probed, ProbedTask, probed


def count(source: str, *arguments: tuple) -> list[float]:
    run = WasmMeter().measure(source, "main", [plain.dumps(each) for each in arguments], Limits(1e12), 0)
    assert run.failure is None
    return [call.cost for call in run.calls]


@functools.cache
def watch(source: str, *arguments: tuple, lines: bool = False, counted: tuple[bool, ...] | None = None) -> Probed:
    inputs = [plain.dumps(each) for each in arguments]
    task = ProbedTask("main", inputs, counted or [True] * len(inputs), count(source, *arguments))
    return probed(source, task, lines=lines)


def own(found: Probed) -> Counter[str]:
    spent: Counter[str] = Counter()
    for node in found.nodes:
        spent[node.name] += node.spent
    return spent


def calls(found: Probed) -> dict[str, int]:
    return {node.name: node.calls for node in found.nodes}


def seen(found: Probed) -> float:
    return sum(node.spent for node in found.nodes if node.parent > 0)


SHAPES = {
    "recursion": "def main(n): return n if n < 2 else main(n - 1) + main(n - 2)\n",
    "generator": "def each(n):\n    for k in range(n * 40): yield k * k\ndef main(n): return sum(x for x in each(n))\n",
    "exception": (
        "def risky(k):\n    if k % 2: raise ValueError(k)\n    return k\n"
        "def main(n):\n    good = 0\n    for k in range(n * 40):\n        try: good += risky(k)\n"
        "        except ValueError: good -= 1\n    return good\n"
    ),
    "comprehension": "def main(n): return sum([k * k for k in range(n * 300)]) + len({k: k for k in range(n * 20)})\n",
    "called from C": "def main(n): return sorted(range(n * 40), key=lambda k: -k)[0]\n",
    "library": "from collections import Counter\ndef main(n): return Counter([k % 9 for k in range(n * 50)])[3]\n",
    "method": (
        "class P:\n    def __init__(self, k): self.k = k\n    def __lt__(self, other): return self.k < other.k\n"
        "def main(n): return sorted([P(k * 7919 % 101) for k in range(n * 10)])[0].k\n"
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_functions_add_up_to_the_count_without_probes(shape: str):
    found = watch(SHAPES[shape], (14,))
    assert seen(found) == pytest.approx(count(SHAPES[shape], (14,))[0], rel=0.1)
    assert found.complete
    assert not found.traced


def test_the_same_program_is_seen_the_same_twice():
    assert watch(SHAPES["recursion"], (10,)) == watch.__wrapped__(SHAPES["recursion"], (10,))


def test_calls_are_exact_and_a_function_that_calls_itself_stands_once_on_a_path():
    found = watch(SHAPES["recursion"], (10,))
    assert calls(found)["main"] == 177  # calls(n) = 1 + calls(n - 1) + calls(n - 2), calls(0) = calls(1) = 1
    assert [node.name for node in found.nodes].count("main") == 1


def test_cost_goes_to_the_function_that_spent_it():
    source = (
        "def heavy(n):\n    for k in range(n * 90): k * k\ndef light(n):\n    for k in range(n * 10): k * k\n"
        "def main(n): heavy(n); light(n)\n"
    )
    spent = own(watch(source, (200,)))
    assert spent["heavy"] / spent["light"] == pytest.approx(9, rel=0.05)


def test_only_counted_calls_are_recorded():
    source = "def main(n): return sum([k for k in range(n)])\n"
    found = watch(source, (20_000,), (100,), counted=(False, True))
    assert calls(found)["main"] == 1
    assert seen(found) == pytest.approx(count(source, (20_000,), (100,))[1], rel=0.1)


def test_lines_are_visited_as_often_as_the_program_comes_to_them():
    loop = "    for k in range(n):\n        total += k\n        total -= 1\n"
    source = f"def main(n):\n    total = 0\n{loop}    return total\n"
    found = watch(source, (50,), lines=True)
    assert {line.line: line.visits for line in found.lines} == {1: 0, 2: 1, 3: 51, 4: 50, 5: 50, 6: 1}


def test_a_line_has_its_calls_beside_its_own_cost():
    source = "def work(n):\n    return sum([k for k in range(n)])\ndef main(n):\n    a = work(n)\n    return a\n"
    found = {line.line: line for line in watch(source, (5000,), lines=True).lines}
    assert found[4].spent < 5000
    assert found[4].total == pytest.approx(found[2].total, rel=0.05)


def test_a_line_that_leads_to_itself_counts_what_it_called_once():
    source = "def main(n):\n    if n < 2: return n\n    return main(n - 1) + main(n - 2)\n"
    found = watch(source, (12,), lines=True)
    assert max(line.total for line in found.lines) <= seen(found)


def test_many_steps_are_sampled_and_a_rare_dear_one_is_not_lost():
    loop = "    for k in range(n):\n        a += k\n"
    source = f"def main(n):\n    a = 0\n{loop}    return sum([k for k in range(n * 8)]) + a\n"
    found = watch(source, (8_000,), lines=True)
    assert found.one_in > 1
    lines = {line.line: line for line in found.lines}
    assert lines[4].visits == pytest.approx(8_000, rel=0.05)
    assert lines[5].visits == 1
    assert lines[5].spent > lines[4].spent


def test_sleeping_spends_nothing():
    source = "import time\ndef main(n):\n    time.sleep(5)\n    return sum(range(n))\n"
    assert own(watch(source, (10,)))["main"] < 1e6


def test_a_loop_without_end_is_watched_as_far_as_it_came():
    source = "def main(n):\n    k = 0\n    while True:\n        k += 1\n"
    found = probed(source, ProbedTask("main", [plain.dumps((1,))], [True], [2e6], stopped=True), lines=True)
    assert 1.5e6 < seen(found) < 3e6
    assert found.calls[0].raised[0] == "_Enough"


def test_a_program_that_traces_is_told_of():
    source = "import sys\ndef main(n):\n    sys.settrace(lambda *_: None)\n    return n\n"
    assert watch(source, (1,)).traced


def test_a_program_that_takes_the_probes_away_is_told_of():
    source = "import sys\ndef main(n):\n    sys.monitoring.set_events(4, 0)\n    return n\n"
    assert watch(source, (1,)).traced


@pytest.mark.parametrize(
    "damage",
    ["sys.modules['candidate'].found = lambda: {'nodes': 3}", "sys.modules['candidate'].give = lambda: 'V?'"],
)
def test_forged_findings_are_refused(damage: str):
    with pytest.raises(InvalidCandidate, match="cannot be explained"):
        watch(f"import sys\ndef main(n):\n    {damage}\n    return n\n", (1,))
