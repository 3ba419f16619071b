import pytest

from perfwise.kit.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ünicode \n\t", "plain ünicode \n\t"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x00\r", "\\x00\\x0d"),
        ("a\u202eb", "a\\u202eb"),
        ("\u2028", "\\u2028"),
        ("\ud800", "\\ud800"),
        ("\x9b", "\\x9b"),
        ("😀", "😀"),
    ],
)
def test_what_steers_is_spelt_out_and_the_rest_is_kept(text, shown):
    assert visible(text) == shown
