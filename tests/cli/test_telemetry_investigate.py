"""`perfwise telemetry investigate`, as a user runs it, and its page."""

import csv
import json
import random
from datetime import UTC, datetime

import numpy as np
import pytest

T0 = 1_714_521_600
POINTS, BEGINS = 300, 250


@pytest.fixture(scope="module")
def incident(tmp_path_factory):
    """A log and metrics of four services; from point 250 on the stock has no connections left."""
    folder = tmp_path_factory.mktemp("incident")
    generator, draw = np.random.default_rng(1), random.Random(2)
    columns = {name: 20 + generator.normal(size=POINTS) for name in ("front.ms", "cart.ms", "stock.ms", "mail.ms")}
    for late, name in enumerate(("stock.ms", "cart.ms", "front.ms")):
        columns[name][BEGINS + late :] += 40 - 12 * late
    with (folder / "metrics.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["timestamp", *columns])
        writer.writerows([T0 + 60 * i, *(f"{column[i]:.4f}" for column in columns.values())] for i in range(POINTS))
    lines = []
    for minute in range(POINTS):
        at = datetime.fromtimestamp(T0 + 60 * minute, UTC).strftime("%Y-%m-%d %H:%M:%S")
        lines += [f"{at} INFO front: request {draw.randint(1, 9999)} served" for _ in range(draw.randint(3, 6))]
        if minute >= BEGINS:
            lines += [f"{at} ERROR stock: <b>pool</b> exhausted, {draw.randint(20, 90)} waiting"] * 8
    (folder / "app.log").write_text("\n".join(lines) + "\n")
    (folder / "calls.csv").write_text("caller,callee\nfront,cart\nfront,mail\ncart,stock\n")
    return folder


@pytest.fixture
def run(perfwise):
    return lambda *arguments: perfwise("telemetry", "investigate", *map(str, arguments))


@pytest.fixture
def files(incident):
    return incident / "app.log", incident / "metrics.csv", incident / "calls.csv"


def test_the_chain_ends_in_a_cause_a_page_and_a_document(run, files, tmp_path):
    page, document = tmp_path / "i.html", tmp_path / "i.json"
    marks = ("--deploy", "2024-05-01 04:05:00=stock 2.4.1", "--deploy", T0)
    ended = run(*files, "--target", "front", *marks, "-o", page, "--json", document, "--title", "Night <1>")
    assert ended.code == 0, ended.err
    assert "Most suspect is stock: stock.ms went from 19.8" in ended.out
    assert "New in the log: “" in ended.out
    found = json.loads(document.read_text())
    assert found["suspects"][0]["path"] == ["front", "cart", "stock"]
    assert abs(found["begins_s"] - (T0 + 60 * BEGINS)) <= 120
    assert {each["kind"] for each in found["bursts"]} >= {"new"}
    assert {each["series"] for each in found["anomalies"]} >= {"stock.ms"}
    steps = [each["name"] for each in found["steps"]]
    assert steps[:3] == ["read metrics", "read logs", "parse logs"]
    assert steps[-1] == "rank causes"
    assert found["cpu_s"] == pytest.approx(sum(each["cpu_s"] for each in found["steps"]))
    text = page.read_text("utf-8")
    for part in ("Night &lt;1&gt;", "stock 2.4.1", "Ranked causes", "Unusual templates", "What it cost", "<svg"):
        assert part in text
    assert "&lt;b&gt;pool" in text
    assert "<b>pool" not in text
    assert "style=" not in text.partition("</style>")[2]
    assert "http" not in text.partition("<body>")[2].replace("http://www.w3.org/2000/svg", "")


def test_the_same_incident_gives_the_same_page_but_for_the_times_it_took(run, files, tmp_path):
    documents = []
    for name in ("a", "b"):
        assert run(*files, "-o", tmp_path / f"{name}.html", "--json", tmp_path / f"{name}.json").code == 0
        found = json.loads((tmp_path / f"{name}.json").read_text())
        documents.append({key: found[key] for key in ("suspects", "bursts", "anomalies", "templates", "begins_s")})
    assert documents[0] == documents[1]


def test_without_a_graph_and_with_a_time(run, files, tmp_path):
    ended = run(*files[:2], "--at", "2024-05-01 04:10:00", "-o", tmp_path / "i.html", "--json", "-")
    found = json.loads(ended.out)
    assert found["begins_given"]
    assert found["outcome"]["candidate"] == "robust_deviation"
    assert found["suspects"][0]["component"] == "stock"


def test_a_log_without_times_is_told(run, files, tmp_path):
    log = tmp_path / "plain.log"
    log.write_text("no time here\n" * 5)
    ended = run(log, *files[1:], "-o", tmp_path / "i.html")
    assert ended.code == 0, ended.err
    assert "no time is known of any line" in ended.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("absent.log", "{metrics}"), "absent.log"),
        (("{empty}", "{metrics}"), "the log has no lines"),
        (("{log}", "{empty}"), "the file is empty"),
        (("{log}", "{metrics}", "{log}"), "app.log"),
        (("{log}", "{metrics}", "--deploy", "soon"), "--deploy: 'soon' is neither"),
        (("{log}", "{metrics}", "--parser", "regex"), "no method 'regex'"),
        (("{log}", "{metrics}", "-o", "{folder}/none/i.html"), "no such folder"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(run, files, tmp_path, arguments, said):
    (tmp_path / "empty").write_text("")
    named = {"log": files[0], "metrics": files[1], "empty": tmp_path / "empty", "folder": tmp_path}
    ended = run(
        *(each.format(**named) for each in arguments), *(() if "-o" in arguments else ("-o", tmp_path / "i.html"))
    )
    assert ended.code == 2
    assert said in ended.err
    assert not (tmp_path / "i.html").exists()
