import xml.etree.ElementTree as ET

import pytest

from perfwise.web.findings import findings
from perfwise.web.gathering import Part, gathered
from perfwise.web.pictures import quality_against_cost, ratios, task_ratios
from perfwise.web.sections import drawn
from perfwise.web.svg import INK, themed
from tests.web.made_runs import hostile, two_sets

pytest.importorskip("matplotlib", reason="pictures need perfwise[plots]")


def drawing(body):
    return f'<?xml version="1.0"?><!DOCTYPE svg><svg viewBox="0 0 9 9"><metadata>x</metadata>{body}</svg>'


def test_styles_become_attributes_and_colours_follow_the_theme():
    text = themed(drawing(f'<path id="p" d="M 1.2345 2" style="fill: none; stroke: {INK}"/>'), "a", "T", "D")
    assert '<path d="M 1.2 2" fill="none" stroke="var(--ink)"/>' in text
    assert "style=" not in text
    assert "metadata" not in text


def test_ids_that_are_used_belong_to_the_picture_and_others_go():
    text = themed(drawing('<g id="x"/><clipPath id="c"/><use xlink:href="#c" clip-path="url(#c)"/>'), "a", "T", "D")
    assert '<clipPath id="a-c"/><use href="#a-c" clip-path="url(#a-c)"/>' in text
    assert 'id="x"' not in text


def test_a_picture_has_a_name_and_a_description():
    text = themed(drawing("<g/>"), "a", "T & co", "D < E")
    assert 'role="img" aria-labelledby="a-title a-about"' in text
    assert "T &amp; co" in text
    assert "D &lt; E" in text


def test_numbers_in_a_text_stay_what_they_are():
    assert ">0.0123<" in themed(drawing("<text>0.0123</text>"), "a", "T", "D")


@pytest.mark.parametrize("outcomes", [two_sets(), hostile()], ids=["plain", "hostile"])
def test_pictures_are_well_formed_and_hold_no_markup_of_others(outcomes):
    together = gathered([Part("run", outcomes)])
    shown = drawn(together, findings(together))
    pictures = [shown.quality_against_cost, shown.ratios, shown.task_ratios, shown.growth, shown.profiles]
    for picture in filter(None, pictures):
        names = {element.tag.rpartition("}")[2] for element in ET.fromstring(picture.svg).iter()}
        assert names <= {"svg", "title", "desc", "defs", "g", "path", "use", "text", "tspan", "clipPath", "rect"}
        assert "\x1b" not in picture.svg + picture.caption


def test_a_picture_is_the_same_every_time():
    found = findings(gathered([Part("run", two_sets())]))
    assert ratios(found) == ratios(found)
    assert quality_against_cost(found).svg == quality_against_cost(found).svg


def test_every_task_is_counted_in_the_caption():
    assert "0 cheaper, 0 tied, 11 dearer" in task_ratios(findings(gathered([Part("run", two_sets())]))).caption
