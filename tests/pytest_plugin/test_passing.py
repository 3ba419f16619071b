"""Arguments as plain data: the bytes are marshal's own, and do not depend on the order of a set."""

import marshal

import pytest

from perfwise.errors import InvalidCandidate
from perfwise.pytest_plugin.passing import decoded, encoded, is_plain_value


@pytest.mark.parametrize(
    "value",
    [None, True, -1, 2**80, 0.5, float("inf"), 1j, "häß", b"\0", (), [1, (2,)], {"b": 1, "a": [None]}, frozenset({3})],
)
def test_bytes_are_marshals_without_references(value):
    assert encoded(value, "it") == marshal.dumps(value, 2)
    assert decoded(encoded(value, "it")) == value


def test_a_set_is_written_in_the_order_of_its_members_bytes():
    assert encoded({"b", "a"}, "it") == b"<\x02\x00\x00\x00" + marshal.dumps("a", 2) + marshal.dumps("b", 2)


@pytest.mark.parametrize("value", [object(), bytearray(b"a"), [1, {2: range(3)}], (lambda: 0).__code__])
def test_what_is_not_plain_is_refused_by_its_type(value):
    assert not is_plain_value(value)
    with pytest.raises(InvalidCandidate, match="only plain data travels") as refused:
        encoded(value, "an argument")
    assert refused.value.code == "not-plain-data"


def test_a_deep_nest_is_refused():
    nest: list[object] = []
    for _ in range(5000):
        nest = [nest]
    with pytest.raises(InvalidCandidate, match="nested too deep"):
        encoded(nest, "it")
