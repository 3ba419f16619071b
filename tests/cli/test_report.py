import json

import pytest

from perfwise.cli import main
from perfwise.web.sections import Pictures
from tests.cli.conftest import PROGRAMS, TASK

pytest.importorskip("jinja2", reason="reports need perfwise[web]")
pytest.importorskip("matplotlib", reason="reports need perfwise[web]")


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A folder with two programs and one that is wrong, and a store that keeps them as run 1."""
    folder = tmp_path_factory.mktemp("measured")
    (folder / "task.py").write_text(TASK)
    for name, source in PROGRAMS.items():
        (folder / f"{name}.py").write_text(source)
    files = [str(folder / f"{name}.py") for name in ("task", "slow", "loop", "wrong")]
    with pytest.raises(SystemExit) as end:
        main(["eval", "--tasks", *files, "--store", str(folder / "store.db")])
    assert end.value.code == 0
    return folder


@pytest.fixture
def run(measured, folder, perfwise, monkeypatch):
    monkeypatch.setenv("PERFWISE_STORE", str(measured / "store.db"))
    return "1"


@pytest.fixture
def undrawn(monkeypatch):
    """Pictures take most of the time of a small report."""
    nothing = Pictures(None, None, None, None, None, (), "")
    monkeypatch.setattr("perfwise.web.report.drawn", lambda *_: nothing)


def test_a_run_becomes_a_page_with_its_programs_and_its_command(run, measured, folder, perfwise):
    done = perfwise("report", run, "-o", "page.html")
    assert (done.code, done.err) == (0, "")
    assert "page.html:" in done.out
    page = (folder / "page.html").read_text("utf-8")
    assert f"perfwise eval {measured}/slow.py" in page
    again = perfwise("report", "page.html", "-o", "again.html")
    assert again.code == 0
    assert "perfwise eval" in (folder / "again.html").read_text("utf-8")


def programs(page):
    import base64
    import gzip
    import re

    (text,) = re.findall(r'id="perfwise-data">(.*?)</script>', page)
    return [text for _, _, text in json.loads(gzip.decompress(base64.b64decode(text)))["programs"]]


def test_a_program_that_was_changed_since_is_left_out(undrawn, folder, perfwise):
    assert perfwise("eval", "--tasks", "task.py", "slow.py", "loop.py", "wrong.py").code == 0
    run = "1"
    (folder / "loop.py").write_text("def squares(n):\n    return 1\n")
    assert perfwise("report", run).code == 0
    found = programs((folder / "report.html").read_text("utf-8"))
    assert len(found) == 2
    assert any("i**2" in text for text in found)
    (folder / "task.py").unlink()
    assert perfwise("report", run).code == 0
    assert programs((folder / "report.html").read_text("utf-8")) == []


def test_sets_of_two_runs_stand_side_by_side(run, undrawn, folder, perfwise):
    assert perfwise("report", f"{run}:slow", f"{run}:loop", "--title", "Nightly").code == 0
    page = (folder / "report.html").read_text("utf-8")
    assert "<h1>Nightly</h1>" in page
    assert "loop takes" in page
    assert "wrong-answer" not in page


def test_prices_are_dollars_for_a_unit(run, undrawn, folder, perfwise):
    assert perfwise("report", run, "--price", "wasm_instructions=1e-9").code == 0
    assert "and dollars for a solved item" in (folder / "report.html").read_text("utf-8")
    assert perfwise("report", run, "--price", "wasm_instructions=-1").code == 2
    assert perfwise("report", run, "--price", "oops").code == 2


def test_explanations_are_taken_from_files(run, undrawn, folder, perfwise):
    (folder / "graph.svg").write_text("<svg/>")
    lines = [{"line": 1, "visits": 2, "own": 10, "total": 10, "text": "return 7", "function": "f"}]
    one = {"task": "t", "candidate_set": "a", "candidate": "0", "cost": 20, "lines": lines}
    (folder / "lines.json").write_text(json.dumps({"format": 1, "explanations": [one]}))
    assert perfwise("report", run, "--explain", "graph.svg", "--explain", "lines.json").code == 0
    page = (folder / "report.html").read_text("utf-8")
    assert "data:image/svg+xml;base64,PHN2Zy8+" in page
    assert "return 7" in page


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nothing"], 2, "no run 'nothing'"),
        (["1:nobody"], 2, "no set 'nobody'; there are loop, slow, wrong"),
        (["gone.html"], 2, "unreadable-file"),
        (["task.py"], 2, "fault"),
        (["1", "--cost", "cpu_s"], 2, "no outcome knows the cost cpu_s"),
        (["1", "--cost", "money"], 2, "carries no unit"),
        (["1", "--baseline", "nobody"], 2, "no set 'nobody'"),
        (["1", "--explain", "task.py"], 2, "wrong-type"),
        (["1", "--explain", "gone.svg"], 2, "unreadable-file"),
        (["1", "-o", "nowhere/page.html"], 2, "cannot write nowhere/page.html"),
    ],
)
def test_what_cannot_be_shown_is_said(run, folder, perfwise, arguments, code, said):
    done = perfwise("report", *arguments)
    assert done.code == code
    assert said in done.err
    assert not (folder / "report.html").exists()


def test_a_report_goes_to_standard_output_on_request(run, folder, perfwise):
    done = perfwise("report", "latest", "-o", "-")
    assert done.out.startswith("<!doctype html>")
    assert done.out.rstrip().endswith("</html>")
    assert not (folder / "-").exists()
