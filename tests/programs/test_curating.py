"""EvalPerf's curation, on tasks whose solutions cost what the tests say."""

import pytest

from perfwise.core.metric import evaluate
from perfwise.errors import InvalidOption
from perfwise.programs.benchmark_files import write_tasks
from perfwise.programs.contracts import ProgramCandidate, ProgramTask
from perfwise.programs.curating import Rules, curate, curated, survivors
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.meters.wasm import WasmMeter
from perfwise.programs.metrics.dps import DPS
from perfwise.programs.reading import Inputs, with_references
from perfwise.programs.suites.benchmark import Benchmark
from tests.outcomes import made, reference

COSTS = (1e6, 9e5, 5e5, 4.9e5, 1e5)  # EvalPerf's own example: 3 clusters, scores 40, 80, 100
RULES = Rules(min_solutions=3, min_clusters=3)
SCRIPT = "inputs = [(1,)]\nstress = [(50,), (70,)]\n\ndef check(n, answer):\n    return True\n"
TASK = ProgramTask("T", SCRIPT, "f", reference="def f(n): pass")


def solutions(costs, *, stopped=(), cases=None):
    """Outcomes and programs: the reference first, then a solution for each cost; `stopped` did not finish case 2."""
    outcomes, programs = [], {}
    for number, cost in enumerate(costs):
        rows = cases or [(0, 10.0, "ok"), (0, cost / 2, "ok"), (0, cost, "stopped" if number in stopped else "ok")]
        make = reference if number == 0 else made
        one = make("T", cost, candidate=str(number), cases=rows)
        one.detail["case_stress"] = [False, True, True][: len(rows)]
        outcomes.append(one)
        programs[one.attempt[:3]] = ProgramCandidate(str(number), one.candidate_set, "T", f"def f(n): return {number}")
    return outcomes, programs


def hold(costs, rules=RULES, **more):
    return curated(TASK, *solutions(costs, **more), rules)


def test_references_are_the_slowest_of_each_cluster_with_cumulative_scores():
    found = hold(COSTS)
    assert (found.dropped, found.solutions, found.clusters, found.case) == ("", 5, 3, 2)
    assert [one.detail["score"] for one in found.made.references] == [40, 80, 100]
    assert [one.source[-1] for one in found.made.references] == ["0", "2", "4"]


@pytest.mark.parametrize(
    ("costs", "rules", "dropped", "why"),
    [
        (COSTS, Rules(min_solutions=6), "solutions", "5 right solutions"),
        (COSTS, Rules(min_solutions=3, min_cost=2e5), "cost", "costs 100,000"),
        (COSTS, Rules(min_solutions=3), "clusters", "3 clusters"),
        ((), RULES, "input", "there is none"),
    ],
)
def test_each_filter_drops_what_it_should(costs, rules, dropped, why):
    found = hold(costs, rules)
    assert (found.dropped, found.made) == (dropped, None)
    assert why in found.why


def test_the_input_is_the_costliest_that_every_right_solution_survives():
    assert hold(COSTS, stopped={3}).case == 1
    assert hold(COSTS).case == 2


def test_no_input_that_all_survive_drops_the_task():
    rows = [(0, 10.0, "ok"), (0, 5.0, "stopped"), (0, None, "not-run")]
    assert hold(COSTS, cases=rows).why == "no input is survived by every right solution"


def test_a_noisy_meter_is_dropped_for_its_variation():
    outcomes, programs = [], {}
    for factor in (1.0, 1.2):
        more, programs = solutions([cost * factor for cost in COSTS])
        outcomes += more
    found = curated(TASK, outcomes, programs, RULES)
    assert (found.dropped, found.why) == ("variation", "costs vary by 9.1%")


def test_a_text_counts_once_and_a_wrong_solution_not_at_all():
    outcomes, programs = solutions(COSTS)
    for name in list(programs)[1:3]:
        programs[name] = ProgramCandidate(name[2], name[1], "T", "def f(n): return 'the same'")
    assert curated(TASK, outcomes, programs, Rules(min_solutions=1, min_clusters=1)).solutions == 4
    outcomes, programs = solutions(COSTS, cases=[(0, 10.0, "wrong"), (0, 5.0, "ok"), (0, 5.0, "ok")])
    assert curated(TASK, outcomes, programs, RULES).solutions == 0


def test_survivors_are_counted_filter_by_filter():
    results = [hold(COSTS), hold(COSTS, Rules()), hold(COSTS, Rules(min_solutions=3)), hold(())]
    assert survivors(results) == {"input": 3, "solutions": 2, "cost": 2, "variation": 2, "clusters": 1}


@pytest.mark.parametrize("bad", [{"min_solutions": 0}, {"rounds": 0}, {"base": -1}])
def test_rules_out_of_range_are_refused(bad):
    with pytest.raises(InvalidOption):
        Rules(**bad)


LOOP = "def f(n):\n    s = 0\n    for _ in range({times} * n * n):\n        s += 1\n    return n\n"
REAL = """
def inputs():
    yield 1,
    yield 3,

def stress():
    yield 30,
    yield 60,
    yield 20,

reference = program(REFERENCE, ENTRY_POINT)
"""
ASSERTED = REAL + "\ndef check_program(candidate):\n    assert candidate(2) == 2\n    assert candidate(5) == 5\n"


@pytest.mark.parametrize("script", [REAL, ASSERTED], ids=["inputs", "asserts"])
def test_a_curated_task_counts_its_one_input_and_gives_dps_its_references(script, tmp_path):
    task = ProgramTask("real", script, "f", reference=LOOP.format(times=1))
    programs = [ProgramCandidate(str(t), "m", "real", LOOP.format(times=t)) for t in (1, 2, 4, 9)]
    engine = ProgramEngine(WasmMeter())
    (found,) = curate(Inputs((task,), tuple(programs)), engine, Rules(min_solutions=4, min_clusters=4))
    assert found.dropped == ""
    write_tasks(tmp_path / "b.jsonl", [found.made])
    (made,) = Benchmark().read(tmp_path / "b.jsonl")
    cases = engine.opened(made).cases
    assert [case.stress for case in cases].count(True) == 1
    assert len(cases) == (3 if script is REAL else 5)
    everyone = [engine.run(made, one, 0) for one in with_references(Inputs((made,), tuple(programs)))]
    references, samples = everyone[:4], everyone[4:]
    scores = [evaluate(DPS(min_correct=1), [sample], references).value for sample in samples]
    assert scores == [100, 75, 50, 25]


def test_a_recorded_case_can_be_the_one_that_is_counted():
    script = "reference = program(REFERENCE, ENTRY_POINT)\n"
    script += "\ndef check_program(f):\n    assert f(2) == 2\n    assert f(50) == 50\n"
    task = ProgramTask("real", script, "f", reference=LOOP.format(times=1))
    programs = [ProgramCandidate(str(t), "m", "real", LOOP.format(times=t)) for t in (2, 4, 9)]
    engine = ProgramEngine(WasmMeter())
    (found,) = curate(Inputs((task,), tuple(programs)), engine, Rules(min_solutions=4, min_clusters=4))
    opened = engine.opened(found.made)
    assert [case.stress for case in opened.cases] == [False, False, True]
    assert opened.inputs[2] == opened.inputs[1]
