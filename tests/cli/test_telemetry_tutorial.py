"""The telemetry tutorial does what it shows: its file, its commands in order, and its outputs but for the numbers."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial-telemetry.md"


def plain(text):
    """Words without what differs from run to run: numbers, widths, line ends."""
    numberless = re.sub(r"[\d,.]*\d(e-?\d+)?", "#", re.sub("─+", "─", text))
    return " ".join(numberless.split())


def test_the_tutorial_does_what_it_shows(tmp_path, monkeypatch, perfwise):
    page = PAGE.read_text("utf-8")
    (script,) = re.findall(r"<!-- file: make_incident.py -->\n```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "make_incident.py").write_text(script, "utf-8")
    subprocess.run([sys.executable, "make_incident.py"], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    shown = re.findall(
        r"```console\n\$ perfwise (telemetry (?:score|detect|rank|investigate).*?)\n(.*?)```", page, re.DOTALL
    )
    assert len(shown) >= 5
    for command, output in shown:
        ended = perfwise(*shlex.split(command))
        assert ended.code == 0, ended.err
        assert plain(ended.out) == plain(output), command
    assert (tmp_path / "investigation.html").stat().st_size > 20_000


def test_the_python_of_the_tutorial_runs():
    (code,) = re.findall(r"```python\n(from perfwise.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names = {}
    exec(code.replace("\npate(", "\nfound = pate("), names)
    assert 0.5 < names["found"] <= 1
