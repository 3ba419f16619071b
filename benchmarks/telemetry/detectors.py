"""Detectors on NAB and on the Azure VM noise series: PATE, VUS-PR and CPU time of each.

    python benchmarks/telemetry/detectors.py [--every K] [--only NAME ...]

NAB has 58 series with windows of anomalies, six of them without any. The VM noise has no labels: into each of its 36
series six slow spells of 20 points are put at seeded places, each value multiplied by 1.3 towards slower, so that the
noise is real and the anomalies are known.
"""

import argparse
import csv
import io
import json
import os
import sys
import tarfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads that wait for each other would count as CPU time
import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
from perfwise.core.family import Family  # noqa: E402
from perfwise.core.study import Study  # noqa: E402
from perfwise.telemetry.detecting import DetectionEngine, DetectorCandidate, SeriesTask, candidates  # noqa: E402
from perfwise.telemetry.series import Series  # noqa: E402
from record import Row, write  # noqa: E402

DATA = Path(os.environ.get("PERFWISE_DATA") or ROOT.parent / "shared" / "data") / "telemetry"
COMMAND = "python benchmarks/telemetry/detectors.py"
SPELLS, POINTS, FACTOR = 6, 20, 1.3
TSB_AD = {  # column of TSB-AD's table of VUS-PR -> its mean over the 23 NAB series of its evaluation set
    "subsequence_pca": "Sub-PCA",
    "subsequence_knn": "Sub-KNN",
    "matrix_profile": "MatrixProfile",
    "spectral_residual": "SR",
}


def nab() -> list[SeriesTask]:
    tasks = []
    with tarfile.open(DATA / "nab.tar.xz") as archive:
        files = {each.name: archive.extractfile(each).read().decode() for each in archive if each.isfile()}
    windows = json.loads(files["nab/labels/combined_windows.json"])
    for name, spans in sorted(windows.items()):
        rows = list(csv.reader(io.StringIO(files[f"nab/data/{name}"])))[1:]
        times = np.array([_seconds(row[0]) for row in rows])
        values = np.array([float(row[1]) for row in rows])
        labels = np.zeros(len(rows), bool)
        for first, last in spans:
            labels |= (times >= _seconds(first)) & (times <= _seconds(last))
        order = np.argsort(times, kind="stable")
        kept = order[np.append(np.diff(times[order]) > 0, True)]
        tasks.append(SeriesTask(Series(name.removesuffix(".csv"), times[kept], values[kept], labels[kept])))
    return tasks


def azure() -> list[SeriesTask]:
    tasks = []
    with tarfile.open(DATA / "azure_vm_noise.tar.xz") as archive:
        files = {each.name: archive.extractfile(each).read().decode() for each in archive if each.name.endswith(".csv")}
    for number, (name, text) in enumerate(sorted(files.items())):
        rows = list(csv.DictReader(io.StringIO(text)))
        times = np.array([_seconds(row["starttime"]) for row in rows])
        values = np.array([float(row["value"]) for row in rows])
        order = np.argsort(times, kind="stable")
        kept = order[np.append(np.diff(times[order]) > 0, True)]
        times, values = times[kept], values[kept].copy()
        labels = np.zeros(len(values), bool)
        slot = len(values) // SPELLS
        generator = np.random.default_rng(number)
        slower = FACTOR if "unit=ms" in name else 1 / FACTOR  # all other units are rates
        for spell in range(SPELLS):
            start = spell * slot + int(generator.integers(0, slot - POINTS))
            labels[start : start + POINTS] = True
            values[start : start + POINTS] *= slower
        tasks.append(SeriesTask(Series(_short(name), times, values, labels)))
    return tasks


def _short(name: str) -> str:
    parts = dict(part.split("=", 1) for part in name.removesuffix(".csv").split("/") if "=" in part)
    return "/".join(parts[key] for key in ("test_suite", "test_name", "vm_lifespan", "vm_sku"))


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def published() -> dict[str, float]:
    """Mean VUS-PR over NAB's series in TSB-AD's own table."""
    import gzip

    with gzip.open(DATA / "tsbad_uni_VUS-PR.csv.gz", "rt") as file:
        rows = [row for row in csv.DictReader(file) if "_NAB_" in row["file"]]
    return {ours: fmean(float(row[theirs]) for row in rows) for ours, theirs in TSB_AD.items()}


def measure(tasks: list[SeriesTask], tried: list[DetectorCandidate]) -> dict[str, dict[str, float]]:
    """Means by detector; a series on which a number is undefined is left out of that number's mean."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for outcome in Study.product(tasks, tried, DetectionEngine()).run(ordered=True):
        own = found[outcome.candidate]
        own["failed"].append(float(outcome.failure is not None))
        for name, value in outcome.detail["scores"].items():
            own[name].append(value)
        if "cpu_s" in outcome.cost:
            own["cpu_s"].append(outcome.cost["cpu_s"])
            own["points"].append(outcome.detail["points"])
    return {
        name: {
            "PATE": fmean(own["PATE"]) if own["PATE"] else float("nan"),
            "PATE-F1": fmean(own["PATE-F1"]) if own["PATE-F1"] else float("nan"),
            "VUS-PR": fmean(own["VUS-PR"]) if own["VUS-PR"] else float("nan"),
            "us_per_point": 1e6 * sum(own["cpu_s"]) / max(sum(own["points"]), 1),
            "scored": len(own["PATE"]),
            "failed": sum(own["failed"]),
        }
        for name, own in found.items()
    }


def rows_of(where: str, found: dict[str, dict[str, float]], theirs: dict[str, float]) -> list[Row]:
    rows = []
    for name, own in sorted(found.items(), key=lambda item: -item[1]["VUS-PR"] if item[1]["scored"] else 0):
        if not own["scored"]:
            continue
        note = (
            f"PATE {own['PATE']:.3f}, PATE-F1 {own['PATE-F1']:.3f}, {own['us_per_point']:.3g} CPU us a point, "
            f"{own['scored']} series scored, {own['failed']:.0f} refused"
        )
        known = f"{theirs[name]:.3f}" if name in theirs else ""
        source = "TSB-AD's table, its 23 NAB series and its own windows of labels" if known else ""
        rows.append(Row(f"VUS-PR of {name} on {where}", own["VUS-PR"], "", "share", known, source, note))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--every", type=int, default=1, metavar="K", help="only each K-th series, and write nothing")
    parser.add_argument("--only", nargs="*", default=Family("perfwise.telemetry.detectors").names(), metavar="NAME")
    given = parser.parse_args()
    if not (DATA / "nab.tar.xz").exists():
        print(f"skipped: needs nab.tar.xz in {DATA}; set PERFWISE_DATA")
        return
    tried = [each for each in candidates(given.only) if each.id != "template_rates"]  # counts of events only
    rows = []
    for where, tasks, theirs in (("NAB", nab(), published()), ("Azure VM noise with slow spells", azure(), {})):
        found = measure(tasks[:: given.every], tried)
        rows += rows_of(where, found, theirs)
        for name, own in sorted(found.items(), key=lambda item: -item[1]["us_per_point"]):
            print(where, name, {key: round(value, 4) for key, value in own.items()}, flush=True)
    if given.every == 1:
        write("telemetry-detectors", COMMAND, rows)


if __name__ == "__main__":
    main()
