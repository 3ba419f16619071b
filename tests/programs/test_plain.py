"""Plain data in transit: what is well-formed passes, everything else is refused."""

import marshal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwise.errors import InvalidTask
from perfwise.programs import plain

atoms = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.complex_numbers()
hashable = st.recursive(atoms, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=5)
values = st.recursive(
    atoms,
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner) | st.dictionaries(hashable, inner, max_size=3),
    max_leaves=12,
)


@given(values)
def test_every_plain_value_is_accepted(value):
    assert plain.is_plain(plain.dumps(value))


@given(values, st.data())
def test_a_value_cut_short_is_refused(value, data):
    whole = plain.dumps(value)
    assert not plain.is_plain(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(st.binary(max_size=60))
def test_what_passes_can_be_read_without_code_or_references(data):
    if plain.is_plain(data):
        try:
            value = marshal.loads(data)
        except (ValueError, TypeError, UnicodeDecodeError, EOFError):
            return
        assert isinstance(
            value, (type(None), bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict, type(...))
        )


@pytest.mark.parametrize("value", [compile("1", "", "eval"), StopIteration], ids=["code", "StopIteration"])
def test_code_and_types_are_refused(value):
    assert not plain.is_plain(marshal.dumps(value, 2))


def test_references_are_refused():
    assert not plain.is_plain(marshal.dumps(["text"] * 2, 4))


def test_two_values_are_not_one():
    assert not plain.is_plain(plain.dumps(1) * 2)


def test_an_object_cannot_be_sent():
    with pytest.raises(InvalidTask):
        plain.dumps(object())
