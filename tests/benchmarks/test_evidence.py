import importlib.util
import json
import sys
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "evidence.py"


def _evidence():
    spec = importlib.util.spec_from_file_location("evidence", _SCRIPT)
    module = sys.modules["evidence"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


evidence = _evidence()

ROW = {
    "figure": "pass@1",
    "ours": 0.224,
    "aim": "within 0.002",
    "unit": "share",
    "theirs": "0.2234",
    "source": "recorded table",
    "note": "",
    "command": "python benchmarks/programs/humaneval.py",
}


def _row(**changes):
    return evidence.Row(**(ROW | changes))


@pytest.mark.parametrize(
    ("aim", "ours", "theirs", "met"),
    [
        ("within 0.002", 0.2250, "0.2234", True),
        ("within 0.002", 0.2260, "0.2234", False),
        ("within 0.002", 0.2234, "", None),
        ("at most 12", 12, "", True),
        ("at most 12 ms", 12.1, "", False),
        ("at least 1.7", 1.8, "", True),
        ("at least 3", 2.9, "9", False),
        ("exactly 0", 0, "", True),
        ("the same ranking", 0.4, "0.4", None),
    ],
)
def test_a_row_says_whether_the_aim_is_met(aim, ours, theirs, met):
    assert _row(aim=aim, ours=ours, theirs=theirs).met is met


def test_the_page_shows_both_numbers_the_commit_and_the_command(tmp_path):
    file = tmp_path / "humaneval.json"
    file.write_text(json.dumps({"name": "HumanEval", "commit": "abc1234", "machine": "2 cores", "rows": [ROW]}))
    text = evidence.page([evidence.read(file)])
    assert "## HumanEval" in text
    assert "commit `abc1234` on 2 cores" in text
    command = "`python benchmarks/programs/humaneval.py`"
    assert f"| pass@1 | 0.2234 | recorded table | 0.224 share | within 0.002 | yes | {command} |" in text


def test_a_note_stands_beside_its_figure():
    study = evidence.Study("n", "c", "m", (_row(note="117 problems"),))
    assert "| pass@1 (117 problems) |" in evidence.page([study])


def test_a_missed_aim_stands_out():
    study = evidence.Study("n", "c", "m", (_row(ours=0.3),))
    assert "| **no** |" in evidence.page([study])


def test_text_cannot_break_the_table():
    study = evidence.Study("n", "c", "m", (_row(figure="a|b\nc"),))
    assert "| a\\|b c |" in evidence.page([study])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "bad.json: "),
        ('{"name": "n", "commit": "c", "machine": "m"}', "bad.json: 'rows' is missing"),
        ('{"name": "n", "commit": "c", "machine": "m", "rows": [{"figure": "f"}]}', "bad.json: a row has aim, command"),
    ],
)
def test_a_wrong_result_file_is_named(tmp_path, content, told):
    (tmp_path / "bad.json").write_text(content)
    with pytest.raises(ValueError, match=told):
        evidence.read(tmp_path / "bad.json")
