"""Detect what is unusual in series, score the detector, and rank which service a fault began with; from Python."""

import numpy as np

from perfwise.telemetry.causes.page_rank import PageRank
from perfwise.telemetry.causes.robust_deviation import RobustDeviation
from perfwise.telemetry.detecting import DetectionEngine, DetectorCandidate, SeriesTask
from perfwise.telemetry.detectors.cusum import Cusum
from perfwise.telemetry.detectors.robust_z import RobustZ
from perfwise.telemetry.incidents import CallGraph, Cause, Column, Incident
from perfwise.telemetry.ranking import IncidentTask, RankerCandidate, RankingEngine
from perfwise.telemetry.series import MetricTable, Series

SERVICES = ("front", "cart", "stock", "mail")
MINUTES, FAULT = 600, 550

noise = np.random.default_rng(1)
values = 20 + noise.normal(size=(MINUTES, len(SERVICES)))
values[FAULT:] += (6, 9, 25, 0)  # the stock is slow, so the cart is, so the front is
times_s = 60.0 * np.arange(MINUTES)

labels = np.arange(MINUTES) >= FAULT
task = SeriesTask(Series("front latency", times_s, values[:, 0], labels))
for name, detector in (("robust_z", RobustZ()), ("cusum", Cusum())):
    outcome = DetectionEngine().run(task, DetectorCandidate(name, detector), seed=0)
    print(f"{name}: PATE {outcome.quality:.3f}, {1e6 * outcome.cost['cpu_per_point_s']:.2f} CPU µs a point")

calls = np.array([[0, 1, 0, 1], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]], bool)  # row calls column
columns = tuple(Column(service, "latency") for service in SERVICES)
table = MetricTable(times_s, tuple(f"{service}.latency" for service in SERVICES), values)
incident = Incident("night", table, FAULT, columns, CallGraph(SERVICES, calls), columns[0], Cause("stock"))
for name, ranker in (("robust_deviation", RobustDeviation()), ("page_rank", PageRank())):
    suspects, outcome = RankingEngine().ranked(IncidentTask(incident), RankerCandidate(name, ranker), seed=0)
    first = suspects[0]
    print(f"{name}: {first.component} ({first.shift:+.1f} ms, {' → '.join(first.path)}), Avg@5 {outcome.quality:.2f}")
