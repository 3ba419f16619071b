"""What exporters write, and that a file is whole or not there."""

import csv
import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from perfwise.core.cost import Cost
from perfwise.core.outcome import Failure, Outcome, Provenance
from perfwise.errors import InvalidOption
from perfwise.interchange.exporters.csv import Csv
from perfwise.interchange.exporters.jsonl import JsonLines
from perfwise.interchange.exporters.markdown import Markdown
from perfwise.interchange.exporters.parquet import Parquet
from perfwise.interchange.reading import read_outcomes
from perfwise.interchange.writing import exporter_for, write_rows
from tests.interchange.written import ROWS
from tests.outcomes import made

ROOT = Path(__file__).parents[2]
NASTY = Outcome(
    task="a|b `c` <script>alert(1)</script> *d* [e](javascript:f)",
    candidate_set="\x1b[2J\u202eset\ud800",
    candidate="x\ny\r\tz",
    seed=-(2**63),
    key="",
    quality=None,
    cost=Cost(),
    failure=Failure("wrong-answer", 'got "\x00"'),
    caveats=("# no heading", "1. no list", "- no bullet & <b>"),
    provenance=Provenance("e", "1", "m", "i", "p"),
    detail={"deep": [1, None, {"x": "\ud800"}]},
).row()


def written(exporter, rows):
    file = io.BytesIO()
    exporter.write(rows, file)
    return file.getvalue()


class TestJsonLines:
    def test_what_is_written_is_read_back_unchanged(self, tmp_path):
        rows = [*ROWS, NASTY]
        write_rows(rows, JsonLines(), tmp_path / "r.jsonl")
        assert [one.row() for group in read_outcomes(tmp_path / "r.jsonl").values() for one in group] == rows


class TestCsv:
    def test_objects_stand_as_json(self):
        header, first, second = csv.reader(io.StringIO(written(Csv(), ROWS).decode(), newline=""))
        assert header[:6] == ["task", "set", "candidate", "seed", "quality", "cost"]
        assert first[:6] == ["t", "a", "0", "0", "1.0", '{"wasm_instructions": 120.0}']
        assert json.loads(second[6]) == {"kind": "wrong-answer", "message": ""}

    def test_nasty_text_stays_in_its_cell(self):
        rows = list(csv.DictReader(io.StringIO(written(Csv(), [NASTY]).decode(), newline="")))
        assert rows[0]["candidate"] == "x\ny\r\tz"
        assert rows[0]["set"] == "\x1b[2J\u202eset\\ud800"


class TestParquet:
    def read(self, rows):
        parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow: pip install 'perfwise[data]'")
        return parquet.read_table(io.BytesIO(written(Parquet(), rows)))

    def test_a_cost_is_a_column_and_an_unknown_one_null(self):
        rows = [made("t", 2**53 + 1).row(), made("u", None).row(), made("v", 0.5, cost_name="cpu_s").row()]
        table = self.read(rows)
        assert table["cost.wasm_instructions"].to_pylist() == [2**53 + 1, None, None]
        assert table["cost.cpu_s"].to_pylist() == [None, None, 0.5]
        assert table["quality"].to_pylist() == [1.0, 1.0, 1.0]
        assert table["meter"].to_pylist() == ["wasm"] * 3

    def test_a_cost_that_is_not_whole_everywhere_is_a_real_number(self):
        table = self.read([made("t", 2**64).row(), made("u", 1).row()])
        assert table["cost.wasm_instructions"].to_pylist() == [2.0**64, 1.0]

    def test_nasty_text_and_more_rows_than_a_batch(self):
        table = self.read([*[made(str(number), 1.0).row() for number in range(5_001)], NASTY])
        assert len(table) == 5_002
        assert table["failure_kind"].to_pylist()[-1] == "wrong-answer"
        assert json.loads(table["detail"].to_pylist()[-1]) == NASTY["detail"]
        assert table["caveats"].to_pylist()[-1] == NASTY["caveats"]


class TestMarkdown:
    def test_a_table_with_a_column_for_each_cost(self):
        assert written(Markdown(), ROWS).decode().splitlines() == [
            r"| task | set | candidate | quality | wasm\_instructions \[instructions\] | failure |",
            "| --- | --- | --- | ---: | ---: | --- |",
            "| t | a | 0 | 1 | 120 |  |",
            "| u | a | 0 | 0 |  | wrong-answer |",
        ]

    def test_nothing_in_a_name_is_markup(self):
        text = written(Markdown(), [NASTY]).decode()
        row, *caveats = text.splitlines()[2], *text.splitlines()[-3:]
        assert row == (
            r"| a\|b \`c\` &lt;script&gt;alert(1)&lt;/script&gt; \*d\* \[e\](javascript:f) "
            r"| \\x1b\[2J\\u202eset\\ud800 | x\\x0ay\\x0d\\x09z |  | wrong-answer: got " + '"\\\\x00" |'
        )
        assert caveats == [r"- \# no heading", r"- 1\. no list", r"- \- no bullet &amp; &lt;b&gt;"]


class TestChoosing:
    def test_the_ending_or_the_name_decides(self, tmp_path):
        assert exporter_for(None, None) == exporter_for(None, tmp_path / "x") == JsonLines()
        assert exporter_for(None, tmp_path / "x.CSV") == exporter_for("csv", tmp_path / "x.md") == Csv()
        with pytest.raises(InvalidOption, match=r"writes \.xls files; .* \.csv, \.jsonl, \.md, \.parquet"):
            exporter_for(None, tmp_path / "x.xls")
        with pytest.raises(InvalidOption, match="no method 'xls'"):
            exporter_for("xls", None)


class TestReplacing:
    def test_a_file_that_fails_leaves_the_old_one_and_no_trace(self, tmp_path):
        (tmp_path / "x.csv").write_text("old")
        with pytest.raises(KeyError):
            write_rows([ROWS[0], {}], JsonLines(), tmp_path / "x.csv")
        assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("x.csv", "old")]

    def test_a_new_file_has_the_usual_mode_and_a_replaced_one_keeps_its_own(self, tmp_path):
        (tmp_path / "plain").write_text("")
        usual = stat.S_IMODE((tmp_path / "plain").stat().st_mode)
        (tmp_path / "private").write_text("")
        (tmp_path / "private").chmod(0o600)
        for name in ("new", "private"):
            write_rows(ROWS, JsonLines(), tmp_path / name)
        assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == usual
        assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o600

    def test_a_link_stays_a_link(self, tmp_path):
        (tmp_path / "target").write_text("old")
        (tmp_path / "link").symlink_to(tmp_path / "target")
        write_rows(ROWS, JsonLines(), tmp_path / "link")
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "target").read_bytes().startswith(b'{"task"')

    def test_what_is_no_file_is_written_as_it_comes(self):
        write_rows(ROWS, JsonLines(), Path(os.devnull))
        assert not Path(os.devnull).is_file()

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
    def test_a_device_without_room_is_told(self):
        with pytest.raises(InvalidOption, match="cannot write /dev/full: No space left"):
            write_rows(ROWS * 1000, JsonLines(), Path("/dev/full"))

    def test_a_folder_that_is_not_there_is_told(self, tmp_path):
        with pytest.raises(InvalidOption, match="No such file or directory"):
            write_rows(ROWS, JsonLines(), tmp_path / "absent" / "x.jsonl")
        with pytest.raises(InvalidOption, match="Is a directory"):
            write_rows(ROWS, JsonLines(), tmp_path)

    @pytest.mark.parametrize("ending", ["csv", "parquet"])
    def test_without_room_nothing_half_written_is_left(self, tmp_path, ending):
        code = (
            "import resource, sys\nfrom pathlib import Path\n"
            "from perfwise.errors import InvalidOption\n"
            "from perfwise.interchange.writing import exporter_for, write_rows\n"
            "from tests.interchange.written import ROWS\n"
            "place = Path(sys.argv[1])\nexporter = exporter_for(None, place)\n"
            "exporter.write(ROWS, open('/dev/null', 'wb'))\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
            "try:\n    write_rows(ROWS * 200, exporter, place)\n"
            "except InvalidOption as error:\n    print(error)\n"
        )
        (tmp_path / f"x.{ending}").write_text("old")
        command = [sys.executable, "-c", code, str(tmp_path / f"x.{ending}")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert "cannot write" in done.stdout, done.stderr
        assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [(f"x.{ending}", "old")]
