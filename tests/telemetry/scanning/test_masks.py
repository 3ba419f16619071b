"""Masks find what `re` finds, whatever the text."""

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfwise.errors import InvalidInput, InvalidOption
from perfwise.kit.compiled import compiled
from perfwise.telemetry.lines import Lines, writable
from perfwise.telemetry.scanning.kernels import hash_words, match_starts
from perfwise.telemetry.scanning.masks import TYPED, Mask, chosen_masks, read_masks, typed_masks
from perfwise.telemetry.scanning.pattern import program_of
from perfwise.telemetry.scanning.slow import SlowMasks
from perfwise.telemetry.scanning.tables import mask_tables, scratch_for

PATTERNS = [
    *TYPED.values(),
    r"blk_-?\d+",
    r"(\d+\.){3}\d+(:\d+)?",
    r"0x[0-9a-fA-F]+",
    r"\b\d+\b",
    r"0x.*?\s",
    r"(/[\w-]+)+",
    r"([\w-]+\.){2,}[\w-]+",
    r"((?<=[^A-Za-z0-9])|^)(\d{1,3}\.\d{1,3})((?=[^A-Za-z0-9])|$)",
    r"(?i)user\d|ab+?c",
    r"a{2,3}?b|x+y*z$",
    r"\Bb\d|\s\d",
]
ALPHABET = "ab/xz0127.:-_ \t=\"'<>*@,ABcFks%\\"
TEXTS = st.lists(
    st.one_of(
        st.text(ALPHABET, max_size=12), st.sampled_from(["10.0.0.1:80", "blk_-12", "0xFfa1", "/a/b-c/d.x", "5ms"])
    ),
    max_size=6,
).map("".join)


def hashes(lines, masks=(), delimiters=()):
    """The hashed words of each line."""
    text = Lines.of(lines)
    begins, out = np.zeros(len(text) + 1, np.int64), np.zeros(text.size_bytes + 8, np.int64)
    done = compiled(hash_words)(
        text.buffer, text.starts, text.ends, 0, len(text), mask_tables(masks, delimiters), scratch_for(256), begins, out
    )
    assert done == len(text)
    return [out[a:b].tolist() for a, b in pairwise(begins)]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_have_programs(pattern):
    assert program_of(pattern) is not None


@pytest.mark.parametrize("pattern", [r"(a)\1", r"(?<=ab)c", r"x*", r"(?=ab)a", r"(?:a*)*b"])
def test_what_has_no_program_is_left_to_re(pattern):
    mask = Mask(pattern, "X")
    assert not mask.compiled
    assert SlowMasks.needed_for((mask,), ()).for_all_lines


@settings(max_examples=25, deadline=None, derandomize=True)
@given(pattern=st.sampled_from(PATTERNS), texts=st.lists(TEXTS, min_size=1, max_size=12))
def test_a_match_at_the_start_ends_where_re_ends_it(pattern, texts):
    lines = Lines.of(texts)
    ends = np.zeros(len(lines), np.int64)
    tables = mask_tables((Mask(pattern, "X"),))
    compiled(match_starts)(lines.buffer, lines.starts, lines.ends, tables, scratch_for(256), ends)
    found = [re.compile(pattern).match(text) for text in texts]
    assert (ends - lines.starts)[[each is not None for each in found]].tolist() == [
        each.end() for each in found if each
    ]
    assert (ends[[each is None for each in found]] == -1).all()


@settings(max_examples=25, deadline=None, derandomize=True)
@given(patterns=st.lists(st.sampled_from(PATTERNS), max_size=4), texts=st.lists(TEXTS, min_size=1, max_size=12))
def test_masked_words_are_those_of_a_chain_of_re_sub(patterns, texts):
    masks = tuple(Mask(pattern, name) for pattern, name in zip(patterns, ("*", "NUM", "A1", "b"), strict=False))
    expected = [" ".join(SlowMasks.needed_for(masks, ()).words(text)) for text in texts]
    assert hashes(texts, masks) == hashes(expected)


def test_a_hash_tells_words_apart_and_says_whether_there_is_a_digit():
    words = ["a", "b", "ab", "ba", "abcdefgh", "abcdefgi", "abcdefghi", "a1", "12345678", "12345678901234567"]
    (found,) = hashes([" ".join(words)])
    assert len(set(found)) == len(words)
    assert [value & 1 for value in found] == [any(map(str.isdigit, word)) for word in words]


def test_digits_beyond_ascii_are_digits_as_python_has_it():
    words = ["\u0661", "x\u00b2", "\u00bd", "\u4e00", "\U0001d7d8", "\u00e9"]
    assert [value & 1 for line in hashes(words) for value in line] == [any(map(str.isdigit, word)) for word in words]


def test_white_space_and_delimiters_separate_words():
    assert hashes(["a\tb\x0bc\x1cd  e"]) == hashes(["a b c d e"])
    assert hashes(["a=b,c"], delimiters=("=", ",")) == hashes(["a b c"])


def test_a_line_that_outgrows_the_room_says_so():
    lines = Lines.of(["1 " * 4000])
    begins, out = np.zeros(2, np.int64), np.zeros(8, np.int64)
    tables = mask_tables((Mask(r"\d", "LONGNAME"),))
    assert compiled(hash_words)(lines.buffer, lines.starts, lines.ends, 0, 1, tables, scratch_for(8), begins, out) == 0


def test_typed_masks_name_what_they_find():
    line = '10.1.2.3:80 0xff /var/log/x 12ms 5kB u@ex.org 2024-01-02 3.5 "a b" http://x/y?z '
    line += "0123abcd-12ef-12d3-a456-426614174000"
    words = " ".join(SlowMasks.needed_for(typed_masks(), ()).words(line))
    assert words == "<IP> <HEX> <PATH> <DURATION> <SIZE> <EMAIL> <TIMESTAMP> <NUM> <QUOTED> <URL> <UUID>"


@pytest.mark.parametrize("name", ["", "a b", "<x>", "a\\1"])
def test_a_name_that_would_break_words_is_refused(name):
    with pytest.raises(InvalidOption, match="a mask's name is a word"):
        Mask("x", name)


def test_masks_are_read_from_a_file_and_all_faults_are_told(tmp_path):
    file = tmp_path / "masks"
    file.write_text("# ours\n<BLK> blk_-?\\d+\n\\d+\n@ip\n")
    assert [(mask.name, mask.pattern) for mask in read_masks(file)] == [
        ("BLK", r"blk_-?\d+"),
        ("*", r"\d+"),
        ("IP", TYPED["IP"]),
    ]
    file.write_text('[{"regex_pattern": "x+", "mask_with": "X"}]')
    assert read_masks(file) == (Mask("x+", "X"),)
    file.write_text("(\n@nothing\n")
    with pytest.raises(InvalidInput) as caught:
        read_masks(file)
    assert [fault.where.rpartition(":")[2] for fault in caught.value.faults] == ["1", "2"]


def test_masks_are_chosen_by_name(tmp_path):
    assert chosen_masks("none") == ()
    assert chosen_masks(None) == typed_masks()
    assert [mask.name for mask in chosen_masks("num,ip")] == ["IP", "NUM"]
    with pytest.raises(InvalidOption, match="no file of masks"):
        chosen_masks(str(tmp_path / "nothing"))


def test_an_array_has_bytes_behind_for_the_scanner_to_read():
    assert len(writable(b"")) == 8
