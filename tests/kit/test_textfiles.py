import gzip

import pytest

from perfwise.errors import InvalidInput
from perfwise.kit.textfiles import (
    Faults,
    beginning,
    csv_records,
    find,
    first_record,
    json_document,
    json_records,
    stem,
    text_of,
)


def codes(faults):
    return [(fault.where.rpartition("/")[2], fault.code) for fault in faults.found]


def records(path):
    faults = Faults()
    return list(json_records(path, faults)), faults


def written(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def test_every_broken_line_is_named_and_good_lines_are_read(tmp_path):
    path = written(tmp_path, "a.jsonl", '{"a": 1}\n\n{oops\n[1]\nnull\n{"a": 2}\n')
    good, faults = records(path)
    assert [record.fields["a"] for record in good] == [1, 2]
    assert [record.where for record in good] == [f"{path}:1", f"{path}:6"]
    assert codes(faults) == [("a.jsonl:3", "malformed-json"), ("a.jsonl:4", "wrong-type"), ("a.jsonl:5", "wrong-type")]


def test_gzip_and_a_byte_order_mark_change_nothing(tmp_path):
    path = written(tmp_path, "a.jsonl.gz", gzip.compress(b'\xef\xbb\xbf{"a": 1}\r\n'))
    good, faults = records(path)
    assert [record.fields for record in good] == [{"a": 1}]
    assert not faults.found


def test_separators_that_are_not_newlines_do_not_split_a_record(tmp_path):
    path = written(tmp_path, "a.jsonl", '{"a": "x\u2028y\x85z"}\n')
    assert records(path)[0][0].fields == {"a": "x\u2028y\x85z"}


def test_wrong_encoding_is_reported_with_its_line_and_byte(tmp_path):
    path = written(tmp_path, "a.jsonl", b'{"a": 1}\n{"a": "caf\xe9"}\n')
    _, faults = records(path)
    assert codes(faults) == [("a.jsonl:2", "wrong-encoding")]
    assert "0xe9" in faults.found[0].message


def test_a_wrong_encoding_on_one_line_does_not_hide_the_other_faults_or_records(tmp_path):
    path = written(tmp_path, "a.jsonl", b'\xef\xbb\xbf{"a": 1}\r\n{"a": "caf\xe9"}\n{oops\n{"a": 2}\n\xff\n')
    good, faults = records(path)
    assert [record.fields["a"] for record in good] == [1, 2]
    assert codes(faults) == [
        ("a.jsonl:2", "wrong-encoding"),
        ("a.jsonl:3", "malformed-json"),
        ("a.jsonl:5", "wrong-encoding"),
    ]


def test_a_file_is_known_by_its_first_line_that_is_json(tmp_path):
    assert first_record(written(tmp_path, "a.jsonl", b'{oops\n\xff\n{"a": 1}\n{"b": 2}\n')) == {"a": 1}


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.jsonl", b"", "empty-file"),
        ("a.jsonl", b"\n  \n", "empty-file"),
        ("a.jsonl.gz", b"not gzip", "malformed-gzip"),
        ("a.jsonl.gz", gzip.compress(b'{"a": 1}\n' * 99, mtime=0)[:-9], "malformed-gzip"),
        ("a.jsonl", b"[" * 100_000, "malformed-json"),
        ("a.jsonl", b'{"a": ' + b"9" * 5000 + b"}", "malformed-json"),
    ],
)
def test_hopeless_files_give_one_fault(tmp_path, name, data, code):
    _, faults = records(written(tmp_path, name, data))
    assert [fault.code for fault in faults.found] == [code]


def test_missing_file_and_folder_give_one_fault(tmp_path):
    for path in (tmp_path / "nowhere.json", tmp_path):
        faults = Faults()
        assert json_document(path, faults) is None
        assert [fault.code for fault in faults.found] == ["unreadable-file"]


def test_a_document_is_reported_with_the_line_that_breaks_it(tmp_path):
    faults = Faults()
    assert json_document(written(tmp_path, "a.json", '{"a": 1,\n "b": }\n'), faults) is None
    assert codes(faults) == [("a.json:2", "malformed-json")]


def test_fields_of_the_wrong_type_are_faults_and_give_empty_values(tmp_path):
    (record,), faults = records(written(tmp_path, "a.jsonl", '{"t": 3, "l": "x", "n": true, "s": ["a", 1], "z": null}'))
    assert (record.text("t"), record.items("l"), record.number("n"), record.texts("s")) == ("", [], 0.0, ["a"])
    assert (record.text("z", "default"), record.items("absent", [7]), record.number("absent", 2.0)) == (
        "default",
        [7],
        2,
    )
    assert [fault.code for fault in faults.found] == ["wrong-type"] * 4
    assert record.text("absent") == ""
    assert faults.found[-1].code == "missing-field"
    assert "there is l, n, s, t, z" in faults.found[-1].message


def test_infinite_numbers_are_faults(tmp_path):
    (record,), faults = records(written(tmp_path, "a.jsonl", '{"n": Infinity}'))
    record.number("n")
    assert [fault.code for fault in faults.found] == ["wrong-type"]


def test_csv_rows_carry_the_line_where_they_end(tmp_path):
    faults = Faults()
    path = written(tmp_path, "a.csv", 'x,y\n1,"two\nlines"\n3,4\n5,6,7\n8\n')
    rows = list(csv_records(path, faults))
    assert [row.where.rpartition(":")[2] for row in rows] == ["3", "4", "5", "6"]
    assert rows[0].fields == {"x": "1", "y": "two\nlines"}
    assert rows[3].text("y") == ""
    assert codes(faults) == [("a.csv:5", "malformed-csv"), ("a.csv:6", "missing-field")]


def test_csv_without_rows_or_with_an_open_quote_is_a_fault(tmp_path):
    for text, code in (("x,y\n", "empty-file"), ('x,y\n1,"open\n', "malformed-csv")):
        faults = Faults()
        list(csv_records(written(tmp_path, "a.csv", text), faults))
        assert [fault.code for fault in faults.found] == [code]


def test_a_csv_field_may_hold_a_whole_program(tmp_path):
    faults = Faults()
    path = written(tmp_path, "a.csv", "x\n" + "p" * 300_000 + "\n")
    assert [len(row.text("x")) for row in csv_records(path, faults)] == [300_000]


def test_check_raises_all_faults_at_once_and_prints_twenty():
    faults = Faults()
    faults.check()
    for line in range(25):
        faults.add(f"f:{line}", "code", "message")
    with pytest.raises(InvalidInput) as raised:
        faults.check()
    assert len(raised.value.faults) == 25
    assert str(raised.value).count("message") == 20
    assert "and 5 more" in str(raised.value)


def test_looking_at_a_file_never_raises(tmp_path):
    assert beginning(tmp_path / "nowhere") == ""
    assert beginning(written(tmp_path, "a.gz", b"no gzip")) == ""
    assert beginning(written(tmp_path, "b", b"caf\xe9" + b"x" * 100), 6) == "cafxx"
    assert first_record(written(tmp_path, "c.jsonl", b'\n{"a": 1}\n{"b"')) == {"a": 1}
    for data in (b"", b"[1]", b"{", b"\xff\xfe"):
        assert first_record(written(tmp_path, "d.jsonl", data)) == {}


def test_names_of_files(tmp_path):
    path = written(tmp_path, "tasks.jsonl.gz", b"")
    assert stem(path) == "tasks"
    assert find(tmp_path, "tasks.jsonl") == path
    assert find(tmp_path, "other.jsonl") is None
    assert text_of(written(tmp_path, "x.py", b"a\r\nb"), Faults()) == "a\nb"
