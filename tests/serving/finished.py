"""Runs worked out by hand, and recorded ones as rows of the engine."""

import csv
import gzip

import numpy as np

from perfwise.core.cost import Cost
from perfwise.core.outcome import Outcome, Provenance
from perfwise.serving.served import Served
from perfwise.serving.summary import DETAIL
from perfwise.serving.trace import Trace
from tests.data_folder import shared

__all__ = ["ANCHORS", "hand_worked", "outcome", "recorded"]

ANCHORS = ("A_readme_sarathi_512", "A1_sarathi_splitwise_full", "A3_sarathi_arxiv_2048", "R1_sarathi_preempt")


def hand_worked() -> Served:
    """Three requests on two replicas; the last one never completes.

    | request | arrival | scheduled | first token | completed | output | TTFT | TPOT | E2E | slowdown |
    |       0 |     0.0 |       0.5 |         1.0 |       3.0 |      5 |  1.0 |  0.5 | 3.0 |      1.2 |
    |       1 |     1.0 |       1.0 |         3.0 |       3.0 |      1 |  2.0 |    - | 2.0 |      1.0 |
    |       2 |     2.0 |         - |           - |         - |      4 |    - |    - |   - |        - |
    """
    trace = Trace("hand", np.array([0.0, 1.0, 2.0]), np.array([100, 50, 50]), np.array([5, 1, 4]))
    rows = trace.rows()
    rows.scheduled_s[:2] = 0.5, 1.0
    rows.first_token_s[:2] = 1.0, 3.0
    rows.completed_s[:2] = 3.0, 3.0
    rows.worst_gap_s[0] = 0.75
    rows.replica[:2] = 0, 1
    rows.hit_tokens[0] = 20
    samples = np.array([[0.5, 0, 1, 0, 7, 100], [1.0, 1, 1, 2, 4, 50], [1.0, 0, 0, 0, 8, 1]])
    slices = np.array([[0, 0.5, 1.0, 1, 100, 100], [0, 0.75, 1.25, 1, 1, 0], [1, 1.0, 3.0, 1, 50, 50]])
    return Served(trace, rows, samples, slices)


def recorded(run: str) -> Served:
    """One of Vidur's recorded runs (microsoft/vidur 7d47513); `output` is what was left after the last restart."""
    with gzip.open(shared(f"serving/anchors/{run}_requests.csv.gz"), "rt") as file:
        table = list(csv.DictReader(file))
    column = {name: np.array([float(row[name]) for row in table]) for name in table[0]}
    trace = Trace(run, column["arrived_at"], column["prefill"].astype(int), column["decode"].astype(int))
    rows = trace.rows()
    rows.scheduled_s, rows.first_token_s = column["scheduled_at"], column["prefill_completed_at"]
    rows.completed_s, rows.replica = column["completed_at"], 0
    rows.prompt = column.get("prefill_final", column["prefill"])
    rows.output = column.get("decode_final", column["decode"])
    return Served(trace, rows)


def outcome(summary, task="t", candidate="0") -> Outcome:
    provenance = Provenance("serving", "1", "table", "t", "none")
    detail = {} if summary is None else {DETAIL: summary}
    return Outcome(task, "a", candidate, 0, f"{task}/{candidate}", 1.0, Cost(), None, (), provenance, detail)
