"""PATE and PATE-F1 beside the official package: equal on what Hypothesis makes up, and how many times as fast.

The official package needs old versions of numpy and scikit-learn, so it runs in a Python of its own:

    python -m venv pate && pate/bin/pip install PATE==0.1.1
    python benchmarks/telemetry/anomaly_scores.py --official pate/bin/python [--examples 1000] [--golden FILE]
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from perfwise.telemetry.metrics.pate import pate
from perfwise.telemetry.metrics.pate_f1 import pate_f1
from record import Row, write

SOURCE = "PATE 0.1.1 from PyPI, measured in the same run"
KINDS = ("real", "tied", "binary", "constant", "smooth")


class Official:
    """The official package in its own Python."""

    def __init__(self, python: str) -> None:
        command = [python, str(Path(__file__).with_name("_official_pate.py"))]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, labels, scores, early=100, delay=100, thresholds=250, splits=1, zero=True, binary=False):
        named = {
            "labels": np.asarray(labels).tolist(),
            "scores": np.asarray(scores, dtype=float).tolist(),
            "e_buffer": early,
            "d_buffer": delay,
            "num_desired_thresholds": thresholds or 1,
            "Big_Data": thresholds is not None,
            "num_splits_MaxBuffer": splits,
            "include_zero": zero,
            "binary_scores": binary,
        }
        self.process.stdin.write(json.dumps(named) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def made(points: int, windows: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Windows of 100 labelled points, one in each slot, and scores: the label with noise, smooth or not."""
    generator = np.random.default_rng(7)
    labels, slot = np.zeros(points), points // windows
    for place in range(windows):
        start = place * slot + generator.integers(0, slot - 100)
        labels[start : start + 100] = 1
    noise, box = generator.standard_normal(points), np.ones(50) / 50
    if kind == "noisy":
        return labels.astype(int), labels + 0.7 * noise
    return labels.astype(int), np.convolve(labels, box, "same") + 0.3 * np.convolve(noise, box, "same")


def strategy():
    """Short series whose anomalies touch each other and the ends; scores that are free, tied, binary, equal, smooth."""
    from hypothesis import strategies as st

    @st.composite
    def series(draw):
        points = draw(st.integers(2, 60))
        labels = np.zeros(points, int)
        for _ in range(draw(st.integers(1, 4))):
            start = draw(st.integers(0, points - 1))
            labels[start : start + draw(st.integers(1, 20))] = 1
        scores = _scores(draw, st, draw(st.sampled_from(KINDS)), labels)
        buffers = draw(st.integers(0, 30)), draw(st.integers(0, 30))
        return labels, scores, *buffers, draw(st.sampled_from([None, 1, 2, 7, 50, 250])), draw(st.integers(1, 3))

    return series()


def _scores(draw, st, kind, labels):
    points = len(labels)
    if kind == "constant":
        return np.full(points, draw(st.floats(-5, 5)))
    if kind == "smooth":
        noise = np.random.default_rng(draw(st.integers(0, 9999))).standard_normal(points)
        return np.convolve(labels + 0.3 * noise, np.ones(5) / 5, "same")[:points]
    each = {"real": st.floats(-10, 10, width=32), "tied": st.integers(0, 4), "binary": st.integers(0, 1)}[kind]
    return np.array(draw(st.lists(each, min_size=points, max_size=points)), dtype=float)


def greatest_difference(official: Official, examples: int) -> float:
    """Over so many made-up series; Hypothesis looks for one that differs."""
    from hypothesis import given, settings

    worst = 0.0

    @settings(max_examples=examples, deadline=None, derandomize=True, database=None)
    @given(strategy())
    def check(case):
        nonlocal worst
        labels, scores, early, delay, thresholds, splits = case
        theirs = official.ask(labels, scores, early, delay, thresholds, splits)["value"]
        ours = pate(labels, scores, early, delay, thresholds, splits=splits)
        alarms = (scores > 0).astype(int)
        theirs_f1 = official.ask(labels, alarms, early, delay, splits=splits, binary=True)["value"]
        ours_f1 = pate_f1(labels, alarms, early, delay, splits=splits)
        worst = max(worst, abs(ours - theirs), abs(ours_f1 - theirs_f1))
        assert worst < 1e-12, (theirs, ours, theirs_f1, ours_f1)

    check()
    return worst


def timed(work, *arguments) -> tuple[float, float]:
    """(value, CPU seconds), the best of five, once it is compiled."""
    work(*arguments)
    best = float("inf")
    for _ in range(5):
        begun = time.process_time()
        value = work(*arguments)
        best = min(best, time.process_time() - begun)
    return value, best


def golden(official: Official) -> list[dict]:
    """Small series with the official values: what the tests hold the library to."""
    cases = []
    for kind, (points, runs) in {
        "smooth": (240, [[60, 89], [150, 199]]),
        "noisy": (240, [[60, 89], [150, 199]]),
        "tied": (240, [[60, 89], [150, 199]]),
        "constant": (240, [[60, 89], [150, 199]]),
        "first and last point": (120, [[0, 9], [110, 119]]),
        "neighbours": (120, [[20, 29], [31, 31], [33, 60]]),
        "single points": (120, [[0, 0], [50, 50], [119, 119]]),
        "all but one": (40, [[0, 20], [22, 39]]),
    }.items():
        labels = np.zeros(points, int)
        for start, end in runs:
            labels[start : end + 1] = 1
        noise = np.random.default_rng(len(cases)).standard_normal(points)
        scores = np.round(labels + 0.7 * noise, 3)
        if kind == "smooth":
            scores = np.round(np.convolve(labels + 0.3 * noise, np.ones(9) / 9, "same"), 4)
        elif kind == "tied":
            scores = np.clip(np.round(scores), -1, 2)
        elif kind == "constant":
            scores = np.full(points, 0.5)
        alarms = (scores > 0.6).astype(int)
        cases.append(
            {
                "kind": kind,
                "points": points,
                "anomalies": runs,
                "scores": scores.tolist(),
                "pate": official.ask(labels, scores, 30, 20, 50)["value"],
                "pate_f1": official.ask(labels, alarms, 30, 20, binary=True)["value"],
            }
        )
    return cases


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--official", metavar="PYTHON", help="Python that has PATE 0.1.1")
    parser.add_argument("--examples", type=int, default=1000, help="series that Hypothesis makes up")
    parser.add_argument("--golden", metavar="FILE", help="only write small series with the official values")
    given = parser.parse_args()
    if given.official is None:
        print("skipped: --official PYTHON names one that has PATE 0.1.1 (see the top of this file)")
        return
    official = Official(given.official)
    if given.golden:
        text = ",\n".join(json.dumps(case) for case in golden(official))
        Path(given.golden).write_text(f"[\n{text}\n]\n", "utf-8")
        return
    rows = []
    for points, windows, kind, thresholds in ((10_000, 10, "smooth", 250), (10_000, 10, "noisy", 20)):
        labels, scores = made(points, windows, kind)
        ours, cpu_s = timed(pate, labels, scores, 100, 100, thresholds)
        theirs = official.ask(labels, scores, thresholds=thresholds)
        assert abs(ours - theirs["value"]) < 1e-12, (ours, theirs)
        rows.append(
            Row(
                f"times as fast as the official PATE: {points:,} {kind} points, {thresholds} thresholds",
                theirs["cpu_s"] / cpu_s,
                "at least 1000",
                "ratio",
                "1",
                SOURCE,
                f"CPU time; ours {1e3 * cpu_s:.2f} ms, theirs {theirs['cpu_s']:.1f} s; equal to 1e-12",
            )
        )
    labels, scores = made(1_000_000, 500, "noisy")
    rows.append(
        Row("PATE of a million noisy points, 250 thresholds", timed(pate, labels, scores)[1], "at most 2", "CPU s")
    )
    worst = greatest_difference(official, given.examples)
    found = f"greatest difference from the official PATE and PATE-F1 on {given.examples:,} series that Hypothesis made"
    rows.append(
        Row(found, worst, "at most 1e-12", "", "", SOURCE, "0 here stands for less than 5e-7; the run asserts 1e-12")
    )
    write("telemetry-pate", "python benchmarks/telemetry/anomaly_scores.py --official PYTHON", rows)
    for row in rows:
        print(row.figure, row.ours)


if __name__ == "__main__":
    main()
