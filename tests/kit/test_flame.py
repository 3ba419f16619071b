"""Flame graphs and the files that other tools read, from small trees worked by hand."""

import json
import xml.etree.ElementTree as ET

from perfwise.kit.flame import Flame, flame_graph
from perfwise.kit.stacks import Frame, chrome_trace, collapsed, speedscope

SVG = "{http://www.w3.org/2000/svg}"

INNER = Frame("inner", "program:1", 30.0)
SORT = Frame("sort", "heapq:7", 20.0)
TREE = Frame("all", "", 0.0, (Frame("outer", "program:4", 50.0, (INNER, SORT)),))


def boxes(picture: str) -> dict[str, tuple[float, float, str]]:
    """By label: x, width and class of each frame's box."""
    found = {}
    for group in ET.fromstring(picture).iter(SVG + "g"):
        box, label = group.find(SVG + "rect"), group.find(SVG + "text")
        name = label.text if label is not None else group.find(SVG + "title").text.split()[0]
        found[name] = (float(box.get("x")), float(box.get("width")), box.get("class"))
    return found


def test_total_is_own_and_callees():
    assert TREE.total == 100.0
    assert TREE.callees[0].total == 100.0


def test_box_is_as_long_as_its_share_and_lies_below_its_caller():
    found = boxes(flame_graph("t", "instructions", Flame("one", TREE)))
    assert found["outer"][:2] == (10.0, 1180.0)
    assert found["inner"][:2] == (10.0, 354.0)
    assert found["sort"][:2] == (364.0, 236.0)
    assert "fg-library" in found["sort"][2]


def test_two_panels_have_one_scale_and_signs_beside_colours():
    half = Frame("all", "", 0.0, (Frame("outer", "program:4", 50.0),))
    picture = flame_graph("t", "instructions", Flame("one", TREE), Flame("two", half))
    found = boxes(picture)
    assert found["= outer"][1] == 590.0  # the later panel's: 50 of the larger 100
    assert {"only inner", "only sort"} <= found.keys()
    more = Frame("all", "", 0.0, (Frame("outer", "program:4", 75.0),))
    found = boxes(flame_graph("t", "instructions", Flame("one", half), Flame("two", more)))
    assert "fg-less" in found["-33% outer"][2]
    assert "fg-more" in found["+50% outer"][2]


def test_picture_has_title_and_description_and_runs_nothing():
    hostile = Frame("</text><script>alert(1)</script>\x1b", "program:1", 10.0)
    picture = flame_graph("a <b> & c", "instructions", Flame("one", hostile))
    root = ET.fromstring(picture)
    assert root.get("role") == "img"
    assert root.find(SVG + "title").text == "a <b> & c"
    assert root.find(SVG + "desc").text.startswith("Each box is a function")
    assert not list(root.iter(SVG + "script"))
    assert picture == flame_graph("a <b> & c", "instructions", Flame("one", hostile))


def test_nothing_spent_is_a_picture_too():
    assert list(boxes(flame_graph("t", "instructions", Flame("one", Frame("all", "", 0.0))))) == ["all:"]


def test_collapsed_stacks_are_paths_with_own_amounts():
    assert collapsed(TREE) == "all;outer 50\nall;outer;inner 30\nall;outer;sort 20\n"
    assert collapsed(Frame("a;b\nc", "", 2.0)) == "a,b c 2\n"


def test_speedscope_weights_are_own_amounts_and_frames_are_shared():
    document = json.loads(speedscope({"x": TREE, "y": TREE}))
    first = document["profiles"][0]
    assert (first["type"], first["name"], first["endValue"]) == ("sampled", "x", 100.0)
    names = [frame["name"] for frame in document["shared"]["frames"]]
    assert [[names[place] for place in sample] for sample in first["samples"]] == [
        ["all", "outer"],
        ["all", "outer", "inner"],
        ["all", "outer", "sort"],
    ]
    assert first["weights"] == [50.0, 30.0, 20.0]
    assert document["shared"]["frames"][2] == {"name": "inner", "file": "program", "line": 1}
    assert len(names) == 4


def test_chrome_events_lie_within_their_callers():
    events = json.loads(chrome_trace({"x": TREE}))["traceEvents"]
    spans = {event["name"]: (event["ts"], event["dur"]) for event in events if event["ph"] == "X"}
    assert spans == {"all": (0, 100), "outer": (0, 100), "inner": (0, 30), "sort": (30, 20)}
    assert events[0]["args"] == {"name": "x"}
