"""The serving tutorial does what it shows: its files, its commands in order, and its outputs but for the numbers."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("serving-cli")  # compiled once

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial-serving.md"


def plain(text):
    """Words without what may change between releases: numbers, widths, line ends."""
    return " ".join(re.sub(r"\d[\d,.]*", "#", re.sub("─+", "─", text)).split())


def commands(block):
    """(command, lines that are shown below it) of a block."""
    found = []
    for line in block.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def test_the_tutorial_shows_what_happens(perfwise, tmp_path, monkeypatch):
    text = PAGE.read_text("utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name, content in re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", text, re.DOTALL):
        (tmp_path / name).write_text(content)
    code = 0
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for command, lines in commands(block):
            done, code = run(command, code, perfwise, tmp_path)
            for part in re.split(r"\.\.\.", "\n".join(lines)):
                assert plain(part) in plain(done), f"{command}\nshows\n{part}\nbut said\n{done}"


def run(command, before, perfwise, folder):
    """(what it printed, its exit code)."""
    if command == "echo $?":
        return str(before), 0
    words = shlex.split(command)
    if words[0] == "perfwise":
        done = perfwise(*words[1:])
        assert "Traceback" not in done.err
        assert done.code in (0, 4), done.err
        return done.out, done.code
    assert words[0] == "python"
    said = subprocess.run([sys.executable, words[1]], cwd=folder, capture_output=True, text=True, check=True).stdout
    if ">" in words:
        (folder / words[-1]).write_text(said)
        return "", 0
    return said, 0


def test_every_output_that_the_tutorial_names_is_there(perfwise, tmp_path, monkeypatch):
    text = PAGE.read_text("utf-8")
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{0.1 * i!r},{40 + i},{5 + i % 9}\n" for i in range(30))
    (tmp_path / "chat.csv").write_text(f"arrived_at,prefill,decode\n{rows}")
    section = text[text.index("## 7.") : text.index("## 8.")].replace("\\\n", " ")
    wanted = [shlex.split(line) for line in section.splitlines() if line.startswith("perfwise")]
    assert len(wanted) == 2
    for words in wanted:
        done = perfwise(*words[1:])
        assert done.code == 0, done.err
    for name in ("served.csv", "served.parquet", "timeline.json.gz", "result.json", "plots/latencies.svg"):
        assert (tmp_path / name).stat().st_size > 100
    compared = "perfwise compare latest:round_robin latest:least_loaded --cost gpu_s"
    assert compared in " ".join(text.split())
    policies = ("--batching", "sarathi", "--dispatch", "round_robin", "--dispatch", "least_loaded")
    llama = ("--model", "llama-3-8b", "--device", "h100_sxm", "--replicas", "2")
    assert perfwise("serving", "compare-policies", "--requests", "chat.csv", *llama, *policies).code == 0
    assert perfwise(*shlex.split(compared)[1:]).code == 0


def test_options_of_the_tutorial_are_known(perfwise):
    text = PAGE.read_text("utf-8")
    known = "".join(perfwise("serving", command, "--help").out for command in COMMANDS)
    known += "".join(perfwise(command, "--help").out for command in ("compare", "methods"))
    for option in sorted(set(re.findall(r"--[a-z][a-z-]+", text))):
        assert option in known, option


COMMANDS = ("simulate", "compare-policies", "predict", "calibrate", "trace")
