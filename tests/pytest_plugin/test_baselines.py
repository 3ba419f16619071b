"""The baseline file: the same bytes for the same numbers, and every fault of it told."""

import json

import pytest

from perfwise.errors import InvalidInput, InvalidOption, NotComparable
from perfwise.pytest_plugin.baselines import Baselines, read_baselines, write_baselines

METER = {"name": "wasm", "identity": "guest 1", "interpreter": "CPython"}


def test_written_sorted_and_read_back(tmp_path):
    place = tmp_path / "baselines.json"
    write_baselines(place, Baselines(METER, {"t::b": {"f": 2, "a": 1}, "t::a": {"f": 3}}))
    assert read_baselines(place) == Baselines(METER, {"t::a": {"f": 3}, "t::b": {"a": 1, "f": 2}})
    first = place.read_bytes()
    write_baselines(place, Baselines(METER, {"t::a": {"f": 3}, "t::b": {"a": 1, "f": 2}}))
    assert place.read_bytes() == first
    assert first.index(b"t::a") < first.index(b"t::b")
    assert [file.name for file in tmp_path.iterdir()] == ["baselines.json"]


def test_no_file_is_no_baselines(tmp_path):
    assert read_baselines(tmp_path / "none.json") is None


def test_an_update_replaces_what_ran_and_keeps_the_rest():
    before = Baselines(METER, {"a": {"f": 1, "old": 2}, "b": {"f": 3}})
    assert before.updated(METER, {"a": {"f": 4}}).costs == {"a": {"f": 4}, "b": {"f": 3}}


def test_an_update_by_another_meter_drops_what_did_not_run():
    before = Baselines(METER, {"b": {"f": 3}})
    assert before.updated({**METER, "identity": "guest 2"}, {"a": {"f": 4}}).costs == {"a": {"f": 4}}


def test_another_meter_is_refused_with_what_differs(tmp_path):
    with pytest.raises(NotComparable, match="--perfwise-update") as refused:
        Baselines(METER).check({**METER, "identity": "guest 2"}, tmp_path)
    assert refused.value.differences == ("identity: guest 1 there, guest 2 here",)


@pytest.mark.parametrize(
    ("document", "codes"),
    [
        ([], ["unknown-format"]),
        ({"format": "perfwise-baselines/2"}, ["unknown-format"]),
        ({"format": "perfwise-baselines/1"}, ["wrong-type", "wrong-type"]),
        (
            {"format": "perfwise-baselines/1", "meter": {}, "baselines": {"a": 1, "b": {"f": 1.5, "g": True}}},
            ["wrong-type"] * 3,
        ),
    ],
)
def test_all_faults_are_told(tmp_path, document, codes):
    place = tmp_path / "baselines.json"
    place.write_text(json.dumps(document))
    with pytest.raises(InvalidInput) as refused:
        read_baselines(place)
    assert [fault.code for fault in refused.value.faults] == codes


def test_a_file_that_is_not_json_is_told(tmp_path):
    place = tmp_path / "baselines.json"
    place.write_text("<<<<<<< HEAD\n")
    with pytest.raises(InvalidInput, match="malformed-json"):
        read_baselines(place)


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    with pytest.raises(InvalidOption, match=r"cannot write .*baselines\.json"):
        write_baselines(tmp_path / "none" / "baselines.json", Baselines(METER))
