import pytest

from perfwise.cli.eval import _bytes
from perfwise.cli.render_ranking import amount
from perfwise.cli.terminal import shown


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (12_345_678, "instructions", "12.3 M"),
        (999.6, "instructions", "1000"),
        (0.0042, "s", "4.20 ms"),
        (1536, "bytes", "1.54 k"),
        (0.5, "share", "0.500"),
        (37.25, "%", "37.2 %"),
        (0, "instructions", "0.00"),
        (12_345, "ratio", "12,345"),
    ],
)
def test_amounts_have_three_digits_and_a_prefix_where_the_unit_takes_one(value: float, unit: str, text: str):
    assert amount(value, unit) == text


def test_controls_bidirectional_marks_and_lone_surrogates_are_spelt_out_and_letters_kept():
    assert shown("a\x07\x9b\u202e\ud800é漢\n") == "a\\x07\\x9b\\u202e\\ud800é漢\n"


def test_memory_is_read_with_its_unit():
    assert (_bytes("512M"), _bytes("2g"), _bytes("100"), _bytes("1KB")) == (512 << 20, 2 << 30, 100, 1024)
