"""What every reader of traces promises."""

import re

import pytest

from perfwise.core.family import Family
from perfwise.errors import InvalidInput
from perfwise.serving.trace import Lengths, Trace
from tests.serving.traces.written import EXAMPLES, written

TRACES = Family("perfwise.serving.traces")
READERS = {name: TRACES.get(name)() for name in TRACES.names()}

each = pytest.mark.parametrize("name", sorted(READERS))
example = pytest.mark.parametrize("example", sorted(EXAMPLES))


def reader_of(example):
    return example.partition(" ")[0]


def test_every_reader_has_an_example_here():
    assert TRACES.names() == sorted({reader_of(example) for example in EXAMPLES})


@pytest.mark.parametrize("info", TRACES.describe(), ids=lambda info: info.name)
def test_docstring_summarises_and_cites(info):
    assert info.summary.endswith((".", ";", ":"))
    assert len(info.source) > 20


@example
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_exactly_one_reader_accepts_an_example(tmp_path, example, ending):
    file, text = EXAMPLES[example]
    path = written(tmp_path, text, file + ending)
    assert [name for name, reader in READERS.items() if reader.accepts(path)] == [reader_of(example)]


@example
def test_reading_twice_gives_the_same_trace(tmp_path, example):
    file, text = EXAMPLES[example]
    path, reader = written(tmp_path, text, file), READERS[reader_of(example)]
    if example == "lengths_only":
        with pytest.raises(InvalidInput, match="no-arrival-times"):
            reader.read(path)
        return
    first, second = reader.read(path), reader.read(path)
    assert isinstance(first, Trace)
    assert (first.id, first.digest, first.notes) == (second.id, second.digest, second.notes)


@example
def test_lengths_are_those_of_the_trace(tmp_path, example):
    file, text = EXAMPLES[example]
    path, reader = written(tmp_path, text, file), READERS[reader_of(example)]
    lengths = reader.lengths(path)
    assert isinstance(lengths, Lengths)
    assert len(lengths.prompt) == len(lengths.output) == 2
    if example != "lengths_only":
        assert lengths.prompt.tolist() == reader.read(path).prompt.tolist()


@each
def test_nothing_strange_is_accepted_or_breaks_the_look(tmp_path, name):
    written(tmp_path, "", "empty")
    written(tmp_path, '{"timestamp": ', "x.jsonl")
    written(tmp_path, '"', "quote.csv")
    (tmp_path / "x.csv.gz").write_bytes(b"\x1f\x8b")
    (tmp_path / "x.csv").write_bytes(bytes(range(256)))
    paths = [tmp_path / file for file in ("absent", "empty", "x.jsonl", "quote.csv", "x.csv.gz", "x.csv")]
    assert not any(READERS[name].accepts(path) for path in [*paths, tmp_path])


@each
@pytest.mark.parametrize("file", ["absent.csv", "empty.csv", "quote.csv", "binary.csv", "broken.csv.gz", "folder"])
def test_what_cannot_be_read_is_one_report_with_places_and_codes(tmp_path, name, file):
    written(tmp_path, "", "empty.csv")
    written(tmp_path, 'a,"b', "quote.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "broken.csv.gz").write_bytes(b"\x1f\x8b")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InvalidInput) as raised:
        READERS[name].read(tmp_path / file)
    for fault in raised.value.faults:
        assert str(tmp_path) in fault.where
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", fault.code)
        assert fault.message
