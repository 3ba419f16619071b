"""What every importer and every exporter promises."""

import contextlib
import copy
import gzip
import io
import json
import re

import pytest

from perfwise.core.cost import unit_of
from perfwise.core.family import Family
from perfwise.core.outcome import Outcome
from perfwise.errors import InvalidInput
from perfwise.interchange.contracts import ResultFile
from perfwise.kit.textfiles import Faults
from tests.interchange.written import JSON, ROWS, TEXTS, json_file

IMPORTERS = Family("perfwise.interchange.importers")
EXPORTERS = Family("perfwise.interchange.exporters")
READERS = {name: IMPORTERS.get(name)() for name in IMPORTERS.names()}
WRITERS = {name: EXPORTERS.get(name)() for name in EXPORTERS.names()}
ODD = (
    None,
    True,
    "x",
    "",
    -1,
    1e308,
    float("nan"),
    float("inf"),
    10**400,
    [],
    [None],
    {},
    {"x": None},
    "\ud800\x1b[2J",
)

each = pytest.mark.parametrize("name", sorted(READERS))
written = pytest.mark.parametrize("name", sorted(WRITERS))


def example(folder, name, ending=""):
    file, text = TEXTS[name]
    path = folder / (file + ending)
    path.write_bytes(gzip.compress(text.encode()) if ending else text.encode())
    return path


def read(name, path, set_name=None):
    return READERS[name].read(ResultFile(path, set_name))


def test_every_importer_has_an_example_here():
    assert IMPORTERS.names() == sorted(TEXTS)


@pytest.mark.parametrize("info", [*IMPORTERS.describe(), *EXPORTERS.describe()], ids=lambda info: info.name)
def test_docstring_summarises_and_cites(info):
    assert info.summary.endswith((".", ";", ":"))
    assert len(info.source) > 10


@each
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_exactly_one_importer_accepts_an_example(tmp_path, name, ending):
    path = example(tmp_path, name, ending)
    assert [other for other, reader in READERS.items() if reader.accepts(ResultFile(path))] == [name]
    assert read(name, path)


@each
def test_reading_twice_gives_the_same_outcomes_which_survive_a_row(tmp_path, name):
    path = example(tmp_path, name)
    first, second = read(name, path), read(name, path)
    assert first == second
    outcomes = [one for run in first for one in run.outcomes]
    assert outcomes
    assert len({one.attempt for one in outcomes}) == len(outcomes)
    assert [Outcome.from_row(json.loads(json.dumps(one.row()))) for one in outcomes] == outcomes
    for one in outcomes:
        assert all(one.provenance.comparable().values())
        assert all(unit_of(cost) for cost in one.cost)
        assert one.quality is not None
        assert one.succeeded == (one.quality == 1 or (one.quality > 0 and one.failure is None))


@each
def test_a_set_is_named_by_the_file_or_by_the_user(tmp_path, name):
    path = example(tmp_path, name)
    ours = name.startswith("perfwise_")
    sets = {one.candidate_set for run in read(name, path) for one in run.outcomes} - {"@reference"}
    assert sets == {"a" if ours else name}
    renamed = {one.candidate_set for run in read(name, path, "mine") for one in run.outcomes} - {"@reference"}
    assert renamed == {"mine"}


@each
def test_nothing_strange_is_accepted_or_breaks_the_look(tmp_path, name):
    texts = {"empty": b"", "x.jsonl": b'{"task": ', "list.json": b"[1]", "x.json": bytes(range(256)), "n.json": b"{}"}
    texts |= {
        "x.json.gz": b"\x1f\x8b",
        "page.html": b"<html></html>",
        "other.json": b'{"results": 3, "benchmarks": {}}',
    }
    for file, data in texts.items():
        (tmp_path / file).write_bytes(data)
    paths = [tmp_path, tmp_path / "absent", *(tmp_path / file for file in texts)]
    assert not any(READERS[name].accepts(ResultFile(path)) for path in paths)


@each
@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b"\xff\xfe", b"null", b'{"a": ' * 3000], ids=repr)
def test_what_cannot_be_read_is_one_report_with_places_and_codes(tmp_path, name, data):
    path = tmp_path / TEXTS[name][0]
    path.write_bytes(data)
    with pytest.raises(InvalidInput) as raised:
        read(name, path)
    for fault in raised.value.faults:
        assert str(tmp_path) in fault.where
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", fault.code)
        assert fault.message


@pytest.mark.parametrize("name", sorted(JSON))
def test_odd_values_are_faults_or_outcomes_and_never_anything_else(tmp_path, name):
    whole, path = JSON[name], json_file(tmp_path, JSON[name], f"{name}.json")
    for place in places(whole):
        for odd in ODD:
            file = ResultFile(path)
            file.__dict__["_parsed"] = (replaced(whole, place, odd), Faults())  # as if it had been in the file
            with contextlib.suppress(InvalidInput):
                for run in READERS[name].read(file):
                    assert all(json.dumps(one.row(), allow_nan=False) for one in run.outcomes), (place, odd)


def places(value, at=()):
    """Of everything within a document, by keys and indexes."""
    if at:
        yield at
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*at, key))


def replaced(value, place, odd):
    value = copy.deepcopy(value)
    part = value
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = odd
    return value


@written
def test_writing_twice_gives_the_same_bytes(name):
    first, second = io.BytesIO(), io.BytesIO()
    WRITERS[name].write(ROWS, first)
    WRITERS[name].write(ROWS, second)
    assert first.getvalue() == second.getvalue() != b""


@written
def test_no_rows_make_a_whole_file(name):
    file = io.BytesIO()
    WRITERS[name].write([], file)
    assert (file.getvalue() == b"") == (name == "jsonl")


def test_endings_are_told_apart():
    suffixes = [writer.suffix for writer in WRITERS.values()]
    assert all(re.fullmatch(r"\.[a-z]+", suffix) for suffix in suffixes)
    assert len(set(suffixes)) == len(suffixes)
