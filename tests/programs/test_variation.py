"""Inputs varied from examples: near them, at another size, and always the same under a seed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwise.errors import InvalidOption, InvalidTask
from perfwise.programs import plain
from perfwise.programs.variation import mutated, scaled

atoms = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.binary(max_size=3)
)
values = st.recursive(
    atoms,
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
examples = st.lists(st.tuples(values, values).map(plain.dumps), min_size=1, max_size=4)


def inputs(*arguments):
    return [plain.dumps(each) for each in arguments]


def shape(value):
    return tuple(map(shape, value)) if isinstance(value, tuple) else type(value)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(examples, st.integers(0, 99))
def test_mutants_are_new_distinct_plain_argument_tuples_and_the_same_under_a_seed(given_examples, seed):
    made = mutated(given_examples, 5, seed)
    assert made == mutated(given_examples, 5, seed)
    assert len(made) == len({*made, *given_examples}) - len(set(given_examples)) <= 5
    assert all(len(plain.loads(each)) == 2 for each in made)


def test_as_many_as_wanted_and_another_seed_gives_others():
    given_examples = inputs(([3, 1, 2], "abc"), ([5], ""))
    first, second = mutated(given_examples, 50, 0), mutated(given_examples, 50, 1)
    assert len(first) == len(second) == 50
    assert first != second
    assert {shape(plain.loads(each)) for each in first} == {(list, str)}


def test_numbers_keep_the_sign_of_all_examples():
    made = [plain.loads(each)[0] for each in mutated(inputs((1,), (40,)), 60, 0)]
    assert min(made) >= 1
    assert max(made) > 40
    assert min(plain.loads(each)[0] for each in mutated(inputs((-1,), (40,)), 60, 0)) < 0


def test_mixed_tuples_keep_their_length():
    made = [plain.loads(each)[0] for each in mutated(inputs(([("a", 1)],), ([("b", 2), ("c", 3)],)), 40, 0)]
    assert all(shape(pair) == (str, int) for pairs in made for pair in pairs)


@pytest.mark.parametrize("arguments", [(), (None,), ([],)])
def test_what_leaves_no_freedom_gives_fewer(arguments):
    assert mutated(inputs(arguments), 10, 0) == ()
    assert scaled(inputs(arguments), 10, 0) == ()


@pytest.mark.parametrize("make", [lambda given: mutated(given, 3, 0), lambda given: scaled(given, 3, 0)])
def test_no_examples_and_no_argument_tuples_are_named(make):
    with pytest.raises(InvalidTask, match="no example inputs"):
        make([])
    with pytest.raises(InvalidTask, match="must be a tuple of arguments, not list"):
        make([plain.dumps([1])])
    with pytest.raises(InvalidTask, match="no plain data"):
        make([b"c\x00"])


def test_counts_and_sizes_below_what_there_can_be_are_refused():
    with pytest.raises(InvalidOption):
        mutated(inputs((1,)), -1, 0)
    with pytest.raises(InvalidOption):
        scaled(inputs((1,)), 0, 0)


def test_containers_grow_to_the_size_and_keep_what_all_their_elements_share():
    (made,) = (plain.loads(each) for each in scaled(inputs(([1, 3, 4], "ab", 7)), 1000, 0))
    assert len(made[0]) == len(set(made[0])) == len(made[1]) == 1000
    assert made[0] == sorted(made[0])
    assert set(made[1]) == {"a", "b"}
    assert made[2] == 7


def test_numbers_grow_where_there_is_no_container():
    (made,) = (plain.loads(each) for each in scaled(inputs((5, -2)), 1000, 0))
    assert 750 <= made[0] <= 1000
    assert -1000 <= made[1] <= -750


def test_sets_vary_alike_whatever_the_hashes():
    import os
    import subprocess
    import sys

    code = "from perfwise.programs import plain; from perfwise.programs.variation import mutated, scaled; "
    code += "e = [plain.dumps(({'a', 'b', 'c'}, {'x': 1}))]; print(mutated(e, 9, 0), scaled(e, 9, 0))"
    told = set()
    for seed in "1", "2":
        done = subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        told.add(done.stdout)
    assert len(told) == 1
