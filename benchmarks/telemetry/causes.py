"""Rankings of causes on PetShop, by scenario and metric, beside chance; and how long a robust ranking takes.

    python benchmarks/telemetry/causes.py [--run K]

RUN needs torch and about half a minute of CPU an issue, so it is tried on K issues of each group (default 2) and set
beside the robust ranking on the same ones; without torch it is left out.
"""

import argparse
import importlib.util
import os
import sys
import tarfile
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import fmean

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
from perfwise.telemetry.causes.graph_traversal import GraphTraversal  # noqa: E402
from perfwise.telemetry.causes.n_sigma import NSigma  # noqa: E402
from perfwise.telemetry.causes.page_rank import PageRank  # noqa: E402
from perfwise.telemetry.causes.random_order import RandomOrder  # noqa: E402
from perfwise.telemetry.causes.robust_deviation import RobustDeviation  # noqa: E402
from perfwise.telemetry.causes.run import Run  # noqa: E402
from perfwise.telemetry.incidents import Column, Incident  # noqa: E402
from perfwise.telemetry.petshop import petshop_incidents, petshop_quiet  # noqa: E402
from perfwise.telemetry.ranking import IncidentTask, RankerCandidate, RankingEngine  # noqa: E402
from perfwise.telemetry.series import MetricTable  # noqa: E402
from record import Row, write  # noqa: E402

DATA = Path(os.environ.get("PERFWISE_DATA") or ROOT.parent / "shared" / "data") / "telemetry"
COMMAND = "python benchmarks/telemetry/causes.py"
RANKERS = {
    "graph_traversal": GraphTraversal(),
    "page_rank": PageRank(),
    "n_sigma": NSigma(),
    "robust_deviation": RobustDeviation(),
    "robust_deviation, signed": RobustDeviation(signed=True),
}
SEEDS = 50  # of the random order
PUBLISHED = {  # top-1/top-3 of the traversal as its authors print them
    ("low traffic", "latency"): ".571/.571",
    ("low traffic", "availability"): ".833/1.0",
    ("temporal traffic", "latency"): "1.0/1.0",
    ("temporal traffic", "availability"): ".75/1.0",
}
QUIET = {
    ("low traffic", "latency"): ".167",
    ("low traffic", "availability"): "1.0",
    ("temporal traffic", "latency"): ".6",
    ("temporal traffic", "availability"): "1.0",
}
SOURCE = "PetShop's authors, Hardt et al. 2024 (traversal)"


def groups(folder: Path) -> dict[tuple[str, str], list[Incident]]:
    found: dict[tuple[str, str], list[Incident]] = defaultdict(list)
    for scenario in ("low_traffic", "temporal_traffic1", "temporal_traffic2"):
        for each in petshop_incidents(folder / scenario):
            name = "low traffic" if scenario == "low_traffic" else "temporal traffic"
            found[name, each.target.metric].append(each)
    return found


def judged(ranker: object, incidents: list[Incident], seeds: int = 1) -> dict[str, float]:
    """Means over incidents and seeds of the scores, the share without an answer, and CPU seconds."""
    engine, numbers = RankingEngine(), defaultdict(list)
    for each in incidents:
        for seed in range(seeds):
            outcome = engine.run(IncidentTask(each), RankerCandidate("r", ranker), seed)
            for name, value in outcome.detail["scores"].items():
                numbers[name].append(value)
            numbers["cpu_s"].append(outcome.cost["cpu_s"])
            numbers["empty"].append(float(not outcome.detail["suspects"]))
    return {name: fmean(values) for name, values in numbers.items()}


def petshop_rows(found: dict[tuple[str, str], list[Incident]]) -> list[Row]:
    rows = []
    for group, incidents in found.items():
        chance = judged(RandomOrder(), incidents, SEEDS)
        where = f"PetShop, {group[0]}, {group[1]} ({len(incidents)} issues)"
        for name, ranker in RANKERS.items():
            own = judged(ranker, incidents)
            note = (
                f"top-3 {own['top-3']:.3f}, Avg@5 {own['Avg@5']:.3f}, task understanding {own['task understanding']:.3f}, "
                f"{own['empty']:.0%} without an answer, {1e3 * own['cpu_s']:.1f} CPU ms an issue; by chance top-1 "
                f"{chance['top-1']:.3f}, top-3 {chance['top-3']:.3f}"
            )
            theirs = PUBLISHED[group] if name == "graph_traversal" else ""
            rows.append(
                Row(f"top-1 of {name}, {where}", own["top-1"], "", "share", theirs, SOURCE if theirs else "", note)
            )
            print(rows[-1].figure, round(own["top-1"], 3), note, flush=True)
    return rows


def quiet_rows(folder: Path) -> list[Row]:
    rows = []
    for metric in ("latency", "availability"):
        quiet = petshop_quiet(folder / "low_traffic", Column("PetSite", metric, "Average"), pieces=20)
        share = judged(GraphTraversal(), quiet)["specificity"]
        note = "share of 20 stretches of five points of the normal period for which nothing is blamed; theirs are other stretches"
        theirs = QUIET["low traffic", metric]
        rows.append(
            Row(
                f"specificity of graph_traversal, PetShop, low traffic, {metric}",
                share,
                "",
                "share",
                theirs,
                SOURCE,
                note,
            )
        )
        print(rows[-1].figure, share, flush=True)
    return rows


def run_rows(found: dict[tuple[str, str], list[Incident]], count: int) -> list[Row]:
    if importlib.util.find_spec("torch") is None:
        print("run is left out: torch is not installed")
        return []
    some = [each for incidents in found.values() for each in incidents[:count]]
    neural, robust, chance = (judged(each, some) for each in (Run(), RobustDeviation(), RandomOrder()))
    note = (
        f"{len(some)} issues: run top-1 {neural['top-1']:.3f}, top-3 {neural['top-3']:.3f}, {neural['cpu_s']:.1f} CPU s an "
        f"issue; robust_deviation top-1 {robust['top-1']:.3f}, top-3 {robust['top-3']:.3f}, {1e3 * robust['cpu_s']:.1f} CPU "
        f"ms; by chance top-1 {chance['top-1']:.3f}"
    )
    print(note, flush=True)
    ratio = neural["cpu_s"] / robust["cpu_s"]
    return [Row("times the CPU of robust_deviation that run takes on PetShop", ratio, "", "ratio", "", "", note)]


def speed_row() -> Row:
    """A robust ranking of 50 series of 10,000 points."""
    values = np.random.default_rng(0).normal(size=(10_000, 50))
    names = tuple(f"c{place}.x" for place in range(50))
    table = MetricTable(np.arange(10_000.0), names, values)
    incident = Incident("speed", table, 9_000, tuple(Column(f"c{place}", "x") for place in range(50)))
    best = float("inf")
    for _ in range(7):
        begun = time.process_time()
        RobustDeviation().rank(incident, 0)
        best = min(best, time.process_time() - begun)
    print("robust 50 x 10,000", best)
    return Row("robust_deviation on 50 series of 10,000 points", best, "at most 0.1", "CPU s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--run", type=int, default=2, metavar="K", help="issues of each group for RUN; 0: none")
    given = parser.parse_args()
    rows = [speed_row()]
    if not (DATA / "petshop.tar.xz").exists():
        print(f"skipped: needs petshop.tar.xz in {DATA}; set PERFWISE_DATA")
        return
    with tempfile.TemporaryDirectory() as name:
        with tarfile.open(DATA / "petshop.tar.xz") as archive:
            archive.extractall(name, filter="data")
        folder = Path(name) / "petshop"
        found = groups(folder)
        rows += petshop_rows(found) + quiet_rows(folder)
        if given.run:
            rows += run_rows(found, given.run)
    write("telemetry-causes", COMMAND, rows)


if __name__ == "__main__":
    main()
