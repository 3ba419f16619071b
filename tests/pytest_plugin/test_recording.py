"""How a measurement stands to its baseline, at the edges of the tolerance."""

import pytest

from perfwise.errors import InvalidOption
from perfwise.pytest_plugin.recording import Record, Tolerance, costs_of, report_document, standing, table


def _record(name: str, spent: int, baseline: int | None, stands: str, quality: float = 1.0) -> Record:
    return Record("t.py::t", name, spent, quality, baseline, stands)


@pytest.mark.parametrize(
    ("spent", "baseline", "expected"),
    [
        (1_003_000, 1_000_000, "same"),  # 0.2 % and 1,000 instructions: 1,003,000
        (1_003_001, 1_000_000, "dearer"),
        (1_000_000, 1_003_000, "same"),
        (1_000_000, 1_003_001, "cheaper"),
        (1_000, 0, "same"),
        (5, None, "new"),
    ],
)
def test_standing_at_the_edges(spent, baseline, expected):
    assert standing(spent, 1.0, baseline, Tolerance()) == expected


def test_a_failure_is_no_cheap_success():
    assert standing(1, 0.0, 1_000_000, Tolerance()) == "failed"
    assert costs_of([_record("f", 1, None, "failed", 0.0), _record("g", 2, None, "new")]) == {"t.py::t": {"g": 2}}


@pytest.mark.parametrize(("text", "share"), [("3%", 0.03), ("0.03", 0.03), (" 0% ", 0.0)])
def test_tolerance_from_text(text, share):
    assert Tolerance.of(text) == Tolerance(pytest.approx(share))


@pytest.mark.parametrize("text", ["", "-1%", "much", "inf", "nan"])
def test_no_tolerance(text):
    with pytest.raises(InvalidOption, match="a tolerance of"):
        Tolerance.of(text)


def test_the_table_shows_what_grew_most_first_and_says_what_it_hides():
    records = [_record("a", 10, None, "new"), _record("b", 20, 10, "dearer"), _record("c", 10, 10, "same")]
    lines = table(records, shown=2)
    assert [line.split()[-1] for line in lines[1:3]] == ["b", "c"]
    assert "2.000" in lines[1]
    assert lines[-1].startswith("... and 1 more")


def test_the_report_is_sorted_and_a_record_survives_packing():
    records = [_record("b", 20, 10, "dearer"), _record("a", 10, None, "new")]
    assert [row["name"] for row in report_document(records, {}, Tolerance())["measurements"]] == ["a", "b"]
    assert Record.unpacked(records[0].packed()) == records[0]
