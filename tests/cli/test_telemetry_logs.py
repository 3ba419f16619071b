"""The tutorial of logs, command by command, and what the commands refuse."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from perfwise.cli import main
from perfwise.telemetry.demo import write_demo

_PAGE = (Path(__file__).resolve().parents[2] / "docs" / "tutorial-logs.md").read_text("utf-8")


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main([str(each) for each in arguments])
    told = capsys.readouterr()
    return ended.value.code or 0, told.out, told.err


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write_demo(tmp_path)


def test_every_command_of_the_tutorial_works(tmp_path):
    for name, text in re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)^```", _PAGE, re.DOTALL | re.MULTILINE):
        (tmp_path / name).write_text(text, "utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", _PAGE, re.DOTALL | re.MULTILINE)
    commands = "".join(block for block in blocks if "pip install" not in block)
    script = "set -eu\n" + commands.replace("perfwise ", f"{sys.executable} -m perfwise ").replace(
        "python -c", f"{sys.executable} -c"
    )
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed = " ".join(done.stdout.split())
    assert "400 lines, 10 templates" in printed
    assert "shop: 400 lines, 11 true templates" in printed
    assert "200 lines before, 200 after" in printed
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert [row["line"] for row in rows] == list(range(1, 401))
    assert (tmp_path / "kept.jsonl").read_bytes() == (tmp_path / "rows.jsonl").read_bytes()


def test_score_has_its_figures_by_their_names(shop, capsys):
    log, truth = shop
    code, out, _ = run(capsys, "telemetry", "score", log, "--truth", truth, "--parser", "drain", "--json", "-")
    document = json.loads(out)
    assert code == 0
    assert {"GA", "PGA", "RGA", "FGA", "PA", "PTA", "RTA", "FTA", "cpu_s", "templates"} <= set(document)
    assert document["GA"] == pytest.approx(0.7075)
    assert document["templates"] == 10
    given = run(
        capsys, "telemetry", "score", log, "--truth", truth, "--parser", "drain", "--json", "-",
        "--header", "<Date> <Time> <Level> <Content>",
    )  # fmt: skip
    assert json.loads(given[1])["GA"] == document["GA"]


def test_outcomes_are_kept_and_compared(shop, capsys):
    log, truth = shop
    for parser in ("drain", "ael"):
        assert run(capsys, "telemetry", "score", log, "--truth", truth, "--parser", parser, "--store", "s.db")[0] == 0
    code, out, _ = run(capsys, "compare", "telemetry-logs-1", "telemetry-logs-2", "--store", "s.db", "--cost", "cpu_s")
    assert code == 0, out
    assert "cpu_s" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["score", "shop.log", "--truth", "nothing.csv", "--parser", "drain"], "unreadable-file"),
        (["score", "shop.log", "--truth", "shop.log", "--parser", "drain"], "EventTemplate"),
        (["score", "shop.log", "--truth", "shop.csv", "--parser", "drane"], "has no method 'drane'"),
        (["score", "shop.log", "--truth", "shop.csv", "--parser", "drain", "--header", "<A>"], "ends in <Content>"),
        (["score", "shop.log", "--parser", "drain"], "score LOG --truth CSV"),
        (["parse", "nothing.log"], "no such file"),
        (["parse", "shop.log", "--out", "shop.log"], "read by this command"),
        (["parse", "shop.log", "--out", "rows.xyz"], "no known ending"),
        (["parse", "shop.log", "--match-only"], "--state FILE"),
        (["parse", "shop.log", "--drain", "depth=1"], "depth is at least 3"),
        (["parse", "shop.log", "--masks", "ip,nope"], "there is no mask NOPE"),
        (["drift", "shop.log", "shop.log", "--fail-on", "odd"], "no kind of change odd"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(shop, capsys, arguments, said):
    code, _, err = run(capsys, "telemetry", *arguments)
    assert code == 2
    assert said in " ".join(err.split())


def test_lengths_that_differ_are_told(shop, capsys):
    log, truth = shop
    truth.write_text("".join(truth.read_text().splitlines(keepends=True)[:100]))
    code, _, err = run(capsys, "telemetry", "score", log, "--truth", truth, "--parser", "drain")
    assert code == 2
    assert "different-lengths" in err


def test_drift_ends_with_one_where_it_is_asked_to(shop, capsys, tmp_path):
    log, _ = shop
    lines = log.read_text().splitlines(keepends=True)
    (tmp_path / "more.log").write_text("".join([*lines, "2024-05-01 10:20:00 ERROR disk is gone for good\n"]))
    code, out, _ = run(capsys, "telemetry", "drift", log, "more.log", "--fail-on", "new", "--json", "-")
    assert code == 1
    assert [change["kind"] for change in json.loads(out)["changes"]] == ["new"]
    assert run(capsys, "telemetry", "drift", log, "more.log", "--fail-on", "vanished")[0] == 0


def test_junk_and_empty_logs_are_parsed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("junk").write_bytes(bytes(range(256)) * 40 + b"\xff\xfe\n" + b"z" * 300_000)
    Path("empty").write_bytes(b"")
    code, out, _ = run(capsys, "telemetry", "parse", "junk", "empty", "--out", "rows.csv", "--json", "-")
    assert code == 0
    assert json.loads(out)["lines"] > 40
    code, out, _ = run(capsys, "telemetry", "parse", "empty", "--json", "-")
    assert (code, json.loads(out)["lines"]) == (0, 0)
