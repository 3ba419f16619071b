"""Pictures: that they are made of the right numbers, reproducibly, and say why if they cannot be."""

import sys

import numpy as np
import pytest

from perfwise.errors import InvalidOption, MissingExtra
from perfwise.serving import plots
from perfwise.serving.served import Served
from perfwise.serving.trace import Trace
from tests.serving.finished import hand_worked

pytest.importorskip("matplotlib")

TRACE = Trace(
    "t",
    np.array([0.0, 1.0, 4.0]),
    np.array([20, 20, 20]),
    np.array([3, 4, 5]),
    prefixes=np.array([1, 2, 1, 2, 1, 3]),
    prefix_start=np.array([0, 2, 4]),
    prefix_count=np.array([2, 2, 2]),
    prefix_tokens=10,
)
CURVES = {"sarathi": [(1.0, 0.2), (2.0, 0.4)], "vllm": [(1.0, 0.3)]}
PICTURES = {
    "latency_throughput": lambda path: plots.latency_throughput(CURVES, path, slo_s=0.3),
    "kv_memory of one": lambda path: plots.kv_memory(hand_worked().samples[[0, 2]], 10, path),
    "kv_memory of two": lambda path: plots.kv_memory(hand_worked().samples, 10, path),
    "latency_cdf": lambda path: plots.latency_cdf({"a": hand_worked(), "b": hand_worked()}, path),
    "arrivals_over_time": lambda path: plots.arrivals_over_time(TRACE, path),
    "length_distribution": lambda path: plots.length_distribution(TRACE, path),
    "prefix_sharing": lambda path: plots.prefix_sharing(TRACE, path),
}
WORDS = {
    "latency_throughput": ("sarathi", "vllm", "objective 0.3 s", "TTFT p99, s", "throughput, requests/s"),
    "kv_memory of one": ("KV blocks in use, %", "waiting requests", "time, s"),
    "kv_memory of two": ("median replica", "all replicas"),
    "latency_cdf": ("TTFT, s", "TPOT, ms", "share of requests", "marks at p50 and p99"),
    "arrivals_over_time": ("mean 0.75 requests/s", "time, s"),
    "length_distribution": ("prompt", "output", "tokens"),
    "prefix_sharing": ("all prompt tokens", "reusable, 50%"),
}


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_a_picture_says_what_it_shows_and_is_the_same_each_time(tmp_path, name):
    for file in ("a.svg", "b.svg"):
        PICTURES[name](tmp_path / file)
    text = (tmp_path / "a.svg").read_text()
    assert [word for word in WORDS[name] if word not in text] == []
    assert text == (tmp_path / "b.svg").read_text()


def test_a_picture_may_be_png(tmp_path):
    PICTURES["length_distribution"](tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("file", ["a.txt", "absent/a.svg"])
def test_a_picture_that_cannot_be_written_is_told(tmp_path, file):
    with pytest.raises(InvalidOption, match=r"cannot (be )?writ"):
        PICTURES["length_distribution"](tmp_path / file)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: plots.latency_throughput({"a": []}, path), "at least one point"),
        (lambda path: plots.kv_memory(np.zeros((0, 6)), 10, path), "recorded no samples"),
        (lambda path: plots.latency_cdf({"a": Served(TRACE, TRACE.rows())}, path), "no request has completed"),
        (lambda path: plots.prefix_sharing(hand_worked().trace, path), "no prefix hashes"),
    ],
)
def test_nothing_to_show_is_told(tmp_path, make, why):
    with pytest.raises(InvalidOption, match=why):
        make(tmp_path / "a.svg")


def test_a_replicas_load_is_its_last_sample():
    times_s, values = plots._over_replicas(np.array([[0.0, 0, 1], [1.0, 0, 5], [3.0, 0, 2]]), 2)
    assert (times_s.tolist(), values.tolist()) == ([0.0, 1.0, 3.0], [[1.0, 5.0, 2.0]])


def test_without_matplotlib_one_is_told_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtra, match=r"perfwise\[plots\]"):
        plots.length_distribution(TRACE, tmp_path / "a.svg")
