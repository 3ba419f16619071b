"""Programs that behave alike are recognised, and only those."""

from dataclasses import replace

import pytest

from perfwise.programs import plain
from perfwise.programs.behaviour import behaviour_of, by_behaviour, normal_form
from perfwise.programs.contracts import Call, ProgramCandidate, ProgramTask
from perfwise.programs.engine import ProgramEngine
from perfwise.programs.meters.wasm import WasmMeter

TASK = ProgramTask(
    "squares",
    "def inputs():\n    return [(n,) for n in range(6)]\n\n\nreference = program(REFERENCE, ENTRY_POINT)\n",
    entry_point="f",
    reference="def f(n):\n    return n * n\n",
)


def answered(*values):
    return behaviour_of([Call(1.0, plain.dumps(value)) for value in values])


def test_equal_answers_in_any_order_of_sets_and_dictionaries_are_one_behaviour():
    many = [str(i) for i in range(50)]
    assert answered({*many}) == answered({*many[::-1]})
    assert answered({"a": 1, "b": {2}}) == answered({"b": {2}, "a": 1})
    assert answered({1: 2}) != answered({2: 1})


@pytest.mark.parametrize(
    ("first", "second"), [(1, True), ([1], (1,)), (1, 1.0), ("1", b"1"), ({1}, frozenset({1})), ([1, 2], [2, 1])]
)
def test_answers_of_another_type_or_order_are_another_behaviour(first, second):
    assert answered(first) != answered(second)


def test_where_answers_end_is_part_of_the_behaviour():
    assert answered([], []) != answered([[]])
    assert answered(1, 2) != answered(1)


def test_a_run_that_was_stopped_has_no_behaviour_and_an_exception_is_one():
    right = Call(1.0, plain.dumps(1))
    raised = Call(1.0, raised=("ValueError", "because"))
    assert behaviour_of([right, Call(None)]) == behaviour_of([]) == ""
    assert behaviour_of([right, raised]) == behaviour_of([right, replace(raised, raised=("ValueError", "why"))]) != ""
    assert behaviour_of([right, raised]) != behaviour_of([right, replace(raised, raised=("KeyError", "because"))])


def test_outcomes_cluster_by_what_they_do_whatever_they_cost():
    sources = [
        "def f(n):\n    return n * n\n",
        "def f(n):\n    return sum(n for _ in range(n))\n",
        "def f(n):\n    return 0\n",
    ]
    engine = ProgramEngine(WasmMeter())
    outcomes = [engine.run(TASK, ProgramCandidate(str(i), "a", TASK.id, text), 0) for i, text in enumerate(sources)]
    clusters = by_behaviour(outcomes)
    assert [[one.candidate for one in group] for group in clusters.values()] == [["0", "1"], ["2"]]
    assert outcomes[0].cost != outcomes[1].cost


PLAIN = "def f(items):\n    total = 0\n    for each in items:\n        total += each\n    return total\n"


@pytest.mark.parametrize(
    "other",
    [
        PLAIN.replace("total", "sum_so_far").replace("each", "x"),
        PLAIN.replace("    total = 0", '    """Add."""\n    total = 0  # start'),
    ],
)
def test_names_of_locals_docstrings_and_comments_do_not_change_the_normal_form(other):
    assert normal_form(other) == normal_form(PLAIN)


@pytest.mark.parametrize(
    "other",
    [
        PLAIN.replace("+=", "-="),
        PLAIN.replace("items", "values"),  # a caller may name a parameter
        PLAIN.replace("return total", "return locals()"),
        PLAIN.replace("for each", "for total"),
        "not python (",
    ],
)
def test_what_could_matter_changes_the_normal_form(other):
    assert normal_form(other) != normal_form(PLAIN)


def test_names_that_are_looked_up_by_their_text_are_kept():
    first = "def f():\n    a = 1\n    return locals()\n"
    assert normal_form(first) != normal_form(first.replace("a =", "b ="))
    nested = "def f():\n    a = 1\n    def g():\n        return a\n    return g()\n"
    assert normal_form(nested) == normal_form(nested)


def test_answers_with_numbers_of_any_length_and_sets_in_any_order_are_told_apart_by_value():
    def answered(value):
        return behaviour_of([Call(1.0, answer=plain.dumps(value))])

    huge = 7**9000  # more digits than Python writes out
    assert answered({"a": {huge, 1}, "b": [{2, 3}]}) == answered({"b": [{3, 2}], "a": {1, huge}})
    assert answered({huge}) != answered({huge + 1})
    assert answered({1}) != answered({True})
