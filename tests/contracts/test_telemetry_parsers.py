"""What every parser of logs promises."""

import pickle

import pytest

from perfwise.core.family import Family
from perfwise.telemetry.lines import Lines
from perfwise.telemetry.scanning.masks import Mask

FAMILY = Family("perfwise.telemetry.parsers")
LINES = [
    *(f"request {number} of user{number % 3} took {number * 7} ms" for number in range(40)),
    *(f"cache miss: key=k{number} node=10.0.0.{number}" for number in range(25)),
    "",
    "   ",
    "one",
    "\u00fcber \u0663 \u4e16\u754c",
    "\ttabs\tand\x0bothers ",
    "<*> already <*>",
    "\udcff broken \udcc3",
    "x" * 5000,
    "a = b , c : d",
]


@pytest.fixture(params=FAMILY.names())
def parser(request):
    return FAMILY.get(request.param)()


def test_the_named_parsers_are_there():
    assert {"drain", "drain_original", "brain", "spell", "iplom", "ael"} <= set(FAMILY.names())


@pytest.mark.parametrize("info", FAMILY.describe(), ids=lambda info: info.name)
def test_docstring_summarises_and_cites(info):
    assert info.summary.endswith((".", ";", ":"))
    assert len(info.source) > 20


def test_every_line_has_a_template_that_is_told(parser):
    found = parser.parse(Lines.of(LINES))
    assert len(found.ids) == len(LINES)
    assert set(found.ids.tolist()) <= set(found.templates)
    assert (found.ids > 0).all()


def test_the_same_lines_give_the_same_grouping_whatever_ran_before(parser):
    first = parser.parse(Lines.of(LINES))
    parser.parse(Lines.of(LINES[::-1]))
    again = parser.parse(Lines.of(LINES))
    assert first.ids.tolist() == again.ids.tolist()
    assert dict(first.templates) == dict(again.templates)


def test_equal_lines_are_one_group(parser):
    found = parser.parse(Lines.of(LINES + LINES)).ids.tolist()
    if type(parser).__name__ not in {"Spell", "Drain"}:  # these learn on, so that a line may fit another template later
        assert found[: len(LINES)] == found[len(LINES) :]


def test_no_lines_are_no_groups(parser):
    found = parser.parse(Lines.of([]))
    assert found.ids.tolist() == []


def test_masks_are_applied_and_parsers_travel(parser):
    masked = type(parser)(masks=(Mask(r"\d+"),))
    assert pickle.loads(pickle.dumps(masked)) == masked
    found = masked.parse(Lines.of([f"job {number} is done" for number in range(9)]))
    assert len(set(found.ids.tolist())) == 1
