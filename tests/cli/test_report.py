import json

import pytest

pytest.importorskip("jinja2", reason="reports need perfwise[web]")
pytest.importorskip("matplotlib", reason="reports need perfwise[web]")


@pytest.fixture
def run(folder, perfwise):
    """Two programs and one that is wrong, kept as run 1."""
    assert perfwise("eval", "--tasks", "task.py", "slow.py", "loop.py", "wrong.py").code == 0
    return "1"


def test_a_run_becomes_a_page_with_its_programs_and_its_command(run, folder, perfwise):
    done = perfwise("report", run, "-o", "page.html")
    assert (done.code, done.err) == (0, "")
    assert "page.html:" in done.out
    page = (folder / "page.html").read_text("utf-8")
    assert f"perfwise eval {folder}/slow.py" in page
    again = perfwise("report", "page.html", "-o", "again.html")
    assert again.code == 0
    assert "perfwise eval" in (folder / "again.html").read_text("utf-8")


def programs(page):
    import base64
    import gzip
    import re

    (text,) = re.findall(r'id="perfwise-data">(.*?)</script>', page)
    return [text for _, _, text in json.loads(gzip.decompress(base64.b64decode(text)))["programs"]]


def test_a_program_that_was_changed_since_is_left_out(run, folder, perfwise):
    (folder / "loop.py").write_text("def squares(n):\n    return 1\n")
    assert perfwise("report", run).code == 0
    found = programs((folder / "report.html").read_text("utf-8"))
    assert len(found) == 2
    assert any("i**2" in text for text in found)
    (folder / "task.py").unlink()
    assert perfwise("report", run).code == 0
    assert programs((folder / "report.html").read_text("utf-8")) == []


def test_sets_of_two_runs_stand_side_by_side(run, folder, perfwise):
    assert perfwise("report", f"{run}:slow", f"{run}:loop", "--title", "Nightly").code == 0
    page = (folder / "report.html").read_text("utf-8")
    assert "<h1>Nightly</h1>" in page
    assert "Loop takes" in page
    assert "wrong-answer" not in page


def test_prices_are_dollars_for_a_unit(run, folder, perfwise):
    assert perfwise("report", run, "--price", "wasm_instructions=1e-9").code == 0
    assert "and dollars for a solved item" in (folder / "report.html").read_text("utf-8")
    assert perfwise("report", run, "--price", "wasm_instructions=-1").code == 2
    assert perfwise("report", run, "--price", "oops").code == 2


def test_explanations_are_taken_from_files(run, folder, perfwise):
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
