"""The telemetry commands on series, as a user runs them."""

import csv
import json

import numpy as np
import pytest

T0 = 1_714_521_600
POINTS = 400


@pytest.fixture
def metrics(tmp_path):
    """Four series; from point 340 on the stock is short of connections and slow, then the cart, then the front."""
    generator = np.random.default_rng(1)
    columns = {name: 20 + generator.normal(size=POINTS) for name in ("front.ms", "cart.ms", "stock.ms", "mail.ms")}
    columns["stock.connections"] = 12 + generator.normal(size=POINTS)
    columns["stock.connections"][340:] += 60
    for late, name in enumerate(("stock.ms", "cart.ms", "front.ms")):
        columns[name][340 + late :] += 15 - 3 * late
    path = tmp_path / "metrics.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["timestamp", *columns])
        writer.writerows([T0 + 60 * i, *(f"{column[i]:.4f}" for column in columns.values())] for i in range(POINTS))
    (tmp_path / "calls.csv").write_text("caller,callee\nfront,cart\nfront,mail\ncart,stock\n")
    return path


@pytest.fixture
def labelled(tmp_path):
    values = np.random.default_rng(2).normal(size=300)
    values[200:210] += 12
    path = tmp_path / "labelled.csv"
    rows = (f"{T0 + i},{value!r},{int(200 <= i < 210)}\n" for i, value in enumerate(values.tolist()))
    path.write_text("timestamp,latency,label\n" + "".join(rows))
    return path


@pytest.fixture
def run(perfwise):
    return lambda *arguments: perfwise("telemetry", *map(str, arguments))


def test_score_has_the_metrics_by_their_names_and_the_cost(run, labelled):
    ended = run("score", labelled, "--detector", "robust_z", "--json", "-")
    found = json.loads(ended.out)
    assert ended.code == 0
    assert found["PATE"] > 0.9
    assert {"PATE", "PATE-F1", "VUS-PR", "VUS-ROC", "point-adjusted F1", "cpu_s", "cpu_per_point_s"} <= found.keys()
    assert found["outcomes"][0]["quality"] == found["PATE"]


def test_score_says_why_there_is_no_value(run, labelled):
    ended = run("score", labelled, "--detector", "constant", "--json", "-")
    found = json.loads(ended.out)
    assert found["PATE"] is None
    assert found["undefined"]["PATE"] == "the score is the same at every point"


def test_scored_detectors_are_kept_compared_and_reported(run, perfwise, labelled, tmp_path):
    store = str(tmp_path / "kept.db")
    ended = run("score", labelled, "--detector", "robust_z", "--detector", "cusum:allowance=1", "--store", store)
    assert ended.code == 0
    assert "cusum:allowance=1" in ended.out
    compared = perfwise("compare", "latest:robust_z", "latest:cusum:allowance=1", "--store", store)
    assert compared.code == 0, compared.err
    assert "cpu_s" in compared.out
    report = tmp_path / "r.html"
    assert perfwise("report", "latest", "--store", store, "-o", str(report)).code == 0
    assert "robust_z" in report.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("score", "{metrics}", "--detector", "robust_z"), "no column label"),
        (("score", "{labelled}", "--detector", "robust"), "no method 'robust'"),
        (("score", "{labelled}", "--detector", "cusum:x=1"), "no parameter 'x'"),
        (("score", "{labelled}"), "--detector"),
        (("score", "absent.csv", "--detector", "robust_z"), "absent.csv"),
        (("detect", "{metrics}", "--series", "back.ms"), "no series 'back.ms'"),
        (("rank", "{metrics}", "--at", "yesterday"), "neither seconds nor an ISO"),
        (("rank", "{metrics}", "--at", "2001-01-01"), "not within the metrics"),
        (("rank", "{metrics}", "--target", "back"), "no component 'back'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(run, metrics, labelled, arguments, said):
    ended = run(*(each.format(metrics=metrics, labelled=labelled) for each in arguments))
    assert ended.code == 2
    assert said in ended.err


def test_detect_names_the_stretches_and_writes_the_scores(run, metrics, tmp_path):
    ended = run("detect", metrics, "--json", tmp_path / "found.json", "--out", tmp_path / "scores.csv")
    assert "stock.connections" in ended.out
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["series"]["stock.connections"]["alarms"][0]["start_s"] == T0 + 60 * 340
    rows = list(csv.reader((tmp_path / "scores.csv").open()))
    assert (len(rows), len(rows[0])) == (POINTS + 1, 6)


def test_detect_goes_on_where_one_series_cannot_be_taken(run, tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("ts,a,b\n" + "".join(f"{i},{i % 7},\n" for i in range(50)))
    ended = run("detect", path)
    assert ended.code == 0
    assert "b: the series has no value at all" in ended.out


@pytest.mark.parametrize("at", [(), ("--at", "2024-05-01 05:40:00"), ("--at", T0 + 60 * 340)])
def test_rank_says_who_why_when_and_by_which_way(run, metrics, at):
    graph = metrics.with_name("calls.csv")
    ended = run("rank", metrics, "--graph", graph, "--target", "front", "--cause", "stock", *at)
    assert ended.code == 0
    assert "  1  stock" in ended.out
    for part in ("stock.connections: 11.9", "interquartile ranges", "front → cart → stock", "top-1 1", "2024-05-01"):
        assert part in ended.out


def test_rank_without_an_answer_ends_with_four(run, metrics):
    ended = run("rank", metrics, "--method", "page_rank")
    assert ended.code == 4
    assert "needs a call graph" in ended.err
