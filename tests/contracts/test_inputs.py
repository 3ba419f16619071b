"""What every way to make inputs promises, whatever it does."""

import pytest

from perfwise.core.family import Family
from perfwise.errors import InvalidTask
from perfwise.programs import plain
from perfwise.programs.contracts import FoundInput, KnownInputs, ProgramCandidate, ProgramTask
from perfwise.programs.inputs.contract_checked import ContractChecked
from perfwise.programs.meters.wasm import WasmMeter
from perfwise.programs.trying import Bounds, GuestTrial

FAMILY = Family("perfwise.programs.inputs")
REFERENCE = """
def common(first: list[int], second: list[int]) -> int:
    if len(first) > 300:
        raise ValueError("too long")
    return sum(number in second for number in first)
"""
QUICK = "def common(first, second):\n    known = set(second)\n    return sum(number in known for number in first)\n"
CONTRACT = "def contract(first, second):\n    assert len(first) >= 2\n    return first != second\n"
SCRIPT = "reference = program(REFERENCE, ENTRY_POINT)\n\ndef inputs():\n    yield [1, 2, 3], [3, 4]\n"
TASK = ProgramTask("common", SCRIPT, "common", reference=REFERENCE)
EXAMPLES = tuple(map(plain.dumps, [([1, 2, 3], [3, 4]), ([5, 6], [6]), ([7, 7], [1, 2])]))
KNOWN = KnownInputs("common", EXAMPLES, REFERENCE)


@pytest.fixture(params=FAMILY.names())
def method(request):
    quick = {"property_based": {"examples": 15}, "scale_and_search": {"tried_plans": 6, "rounds": 8}}
    return FAMILY.get(request.param)(**quick.get(request.param, {}))


BOUNDS = Bounds(2e7, 5e9)


def trial(task=TASK, programs=(REFERENCE, QUICK), bounds=BOUNDS, contract=CONTRACT):
    programs = [ProgramCandidate(str(i), "m", task.id, each) for i, each in enumerate(programs)]
    made = GuestTrial(task, tuple(programs), WasmMeter(), bounds)
    return made.under(contract) if contract else made


def values(found):
    """The inputs themselves, made in a guest of their own."""
    return [plain.loads(one.arguments) for one in trial(programs=(), contract="").run(found)]


def test_every_method_of_the_papers_is_there():
    names = ["contract_checked", "mutation", "property_based", "scale_and_search", "typed_random"]
    assert FAMILY.names() == names


@pytest.mark.parametrize("info", FAMILY.describe(), ids=lambda info: info.name)
def test_docstring_summarises_and_cites(info):
    assert info.summary.endswith(".")
    assert len(info.source) > 20


def test_makes_distinct_inputs_that_the_contract_and_every_program_take_and_the_same_under_a_seed(method):
    found = method.make(KNOWN, trial(), 4, 7)
    assert 1 <= len(found) <= 4
    assert found == method.make(KNOWN, trial(), 4, 7)
    made = values(found)
    assert len(set(map(repr, made))) == len(made)
    for first, second in made:
        assert 2 <= len(first) <= 300
        assert first != second
    assert all(len(one.costs) == 2 and max(one.costs) <= 2e7 for one in found)


def test_an_input_is_short_however_large_what_it_makes(method):
    assert all(len(one.expression) < 1000 for one in method.make(KNOWN, trial(), 4, 1))


def test_a_spent_budget_ends_the_search(method):
    spent = trial(bounds=Bounds(2e7, 1.0))
    spent.run([FoundInput("([1, 2], [3])", 0)])
    assert spent.exhausted
    assert method.make(KNOWN, spent, 4, 0) == ()


def test_a_contract_that_nothing_satisfies_leaves_nothing(method):
    assert method.make(KNOWN, trial(contract="def contract(*_):\n    return False\n"), 2, 0) == ()


def test_programs_that_always_raise_leave_nothing(method):
    raising = "def common(first, second):\n    raise ValueError\n"
    assert method.make(KNOWN, trial(programs=(raising,)), 2, 0) == ()


@pytest.mark.parametrize(
    "example",
    [
        (),
        ([],),
        (None, ()),
        ("",),
        ({},),
        ({1, 2}, frozenset({"a"})),
        (1.5, -2, True, 3j),
        (b"ab", {"a": [1, (2, "x")]}),
    ],
    ids=repr,
)
def test_survives_whatever_an_example_is(method, example):
    task = ProgramTask("any", "def inputs():\n    yield ()\n\ndef check(args, answer):\n    return True\n", "any")
    known = KnownInputs("any", (plain.dumps(example),))
    found = method.make(known, trial(task, ("def any(*_): pass\n",), contract=""), 2, 0)
    assert len(found) <= 2


def test_nothing_known_is_named(method):
    known = KnownInputs("common", (), "def common(first, second): pass\n")
    with pytest.raises(InvalidTask, match="example"):
        method.make(known, trial(), 2, 0)


# What an input method can be told


def checked(*lines, **more):
    return ContractChecked(lines, method="mutation", **more)


def test_assertions_of_the_user_hold_for_every_input():
    found = checked("assert second and max(second) < 9").make(KNOWN, trial(), 4, 0)
    assert found
    assert all(second and max(second) < 9 for _, second in values(found))


def test_an_assertion_that_contradicts_a_known_input_is_named_with_it():
    with pytest.raises(InvalidTask, match=r"'assert len\(first\) > 2' does not hold for \(\[5, 6\], \[6\]\)"):
        checked("assert len(first) > 2").make(KNOWN, trial(), 4, 0)
    with pytest.raises(InvalidTask, match="is not Python"):
        checked("assert len(first >").make(KNOWN, trial(), 4, 0)


def test_proposed_assertions_stay_only_if_every_known_input_passes():
    def propose(asked):
        assert asked.examples[0] == "([1, 2, 3], [3, 4])"
        return ["assert first", "assert len(first) > 2", "import os", "not python at", "assert second[0] < 10"]

    method = checked(proposer=propose, wanted=2)
    assert method.contract(KNOWN, trial()) == ("assert first", "assert second[0] < 10")


def test_a_generator_that_raises_or_gives_no_tuple_is_refused_and_its_siblings_go_on():
    generator = "def generate(size, seed):\n    return [size] if seed else 1 / 0\n"
    right = ProgramCandidate("0", "m", "common", REFERENCE)
    made = GuestTrial(TASK, (right,), WasmMeter(), Bounds(2e7, 5e9), generator=generator)
    texts = ["generate(3, 0)", "generate(3, 1)", "([1], [2])", "(while", "([1] * 400, [2])", "([9 ** 9 ** 9], [])"]
    refused = [one.refused for one in made.run([FoundInput(text, 0) for text in texts])]
    assert refused == ["raised", "raised", "", "raised", "raised", "too-large"]


def test_an_input_on_which_right_programs_disagree_is_refused():
    loose = "def common(first, second):\n    return len(set(first) & set(second))\n"
    made = trial(programs=(REFERENCE, loose), contract="")
    assert [one.refused for one in made.run([FoundInput("([1, 1], [1])", 0), FoundInput("([1, 2], [1])", 0)])] == [
        "disagree",
        "",
    ]
