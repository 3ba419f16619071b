"""Predicted against measured TTFT and TPOT of 3,655 public configurations, by system, mode, phase and batch.

`python benchmarks/serving/reality_silicon.py [--rows CSV]` writes benchmarks/results/serving-reality-silicon.json and
prints the page. Three corrections: none; fitted on a third of the groups, scored on the rest, each third in turn; fitted
on 70 %, scored on 30 %. Rows of one configuration and load stay together. What is refused is counted by its reason.
"""

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))
import record  # noqa: E402
from perfwise.serving.configurations import read_configurations, read_measurements  # noqa: E402
from perfwise.serving.predict import Correction, Measurement, Prediction, predict  # noqa: E402
from perfwise.serving.steady_state import Refused  # noqa: E402

DATA = Path(os.environ.get("PERFWISE_DATA") or ROOT.parent / "shared" / "data") / "serving" / "aiconfigurator"
COMMAND = "python benchmarks/serving/reality_silicon.py"
DENSE = ("llama", "qwen3-32b")
BATCHES = ((1, 8), (9, 32), (33, 128), (129, 10**6))
Scored = tuple[Measurement, Prediction]


def scored(test: list[Measurement], correction: Correction) -> list[Scored]:
    answers = predict([each.configuration for each in test], correction)
    return [(each, answer) for each, answer in zip(test, answers, strict=True) if not answer.refused]


def uncalibrated(rows: list[Measurement]) -> list[Scored]:
    return scored(rows, Correction.none())


def on_a_third(rows: list[Measurement]) -> list[Scored]:
    found = []
    for third in range(3):
        inside, outside = split(rows, lambda group, third=third: group % 3 == third)
        found += scored(outside, Correction.fit(inside, "a third of the rows"))
    return found


def on_seventy_percent(rows: list[Measurement]) -> list[Scored]:
    inside, outside = split(rows, lambda group: group % 10 < 7)
    return scored(outside, Correction.fit(inside, "70 % of the rows"))


def split(rows: list[Measurement], inside: Callable[[int], bool]) -> tuple[list[Measurement], list[Measurement]]:
    order = np.random.default_rng(1).permutation(max(each.group for each in rows) + 1)
    chosen = [inside(int(order[each.group])) for each in rows]
    first = [each for each, yes in zip(rows, chosen, strict=True) if yes]
    return first, [each for each, yes in zip(rows, chosen, strict=True) if not yes]


def is_dense_h100(row: Measurement) -> bool:
    each = row.configuration
    return each.system == "h100_sxm" and each.mode == "agg" and any(name in each.model.lower() for name in DENSE)


def parts(pairs: list[Scored]) -> Iterator[tuple[str, list[Scored]]]:
    """All, dense models on H100, then by system and mode, then by sequences on a GPU's copy."""
    yield "all", pairs
    dense = [pair for pair in pairs if is_dense_h100(pair[0])]
    yield "h100 dense", dense
    for low, high in BATCHES:
        yield (
            f"h100 dense, {low} to {high} clients",
            [p for p in dense if low <= p[0].configuration.concurrency <= high],
        )
    for system in sorted({pair[0].configuration.system for pair in pairs}):
        for mode in ("agg", "disagg"):
            wanted = (system, mode)
            yield (
                f"{system} {mode}",
                [p for p in pairs if (p[0].configuration.system, p[0].configuration.mode) == wanted],
            )
    for low, high in BATCHES:
        clients = [p for p in pairs if low <= p[0].configuration.concurrency <= high]
        yield f"{low} to {high if high < 10**6 else 'more'} clients", clients


def errors(pairs: list[Scored], phase: str) -> tuple[float, float, float]:
    """Median and 90th percentile of |predicted / measured - 1|, and the share inside the band."""
    measured = np.array([getattr(row, f"{phase}_s") for row, _ in pairs])
    predicted = np.array([getattr(answer, f"{phase}_s") for _, answer in pairs])
    band = np.array([getattr(answer, f"{phase}_band_s") for _, answer in pairs])
    off = np.abs(predicted / measured - 1)
    inside = (band[:, 0] <= measured) & (measured <= band[:, 1])
    return float(np.median(off)), float(np.quantile(off, 0.9)), float(inside.mean())


def aim(name: str, part: str) -> str:
    if part != "h100 dense":
        return "to be reported"
    return "below 0.10" if name == "uncalibrated" else "below 0.05"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=Path, default=DATA / "silicon_sample_70pct.csv.gz")
    path = parser.parse_args().rows
    asked = read_configurations(path)
    rows = read_measurements(path)
    answers = predict([each for _, each in asked], Correction.none())
    refused = Counter(answer.refused for answer in answers if answer.refused)
    unread = sum(isinstance(each, Refused) for _, each in asked)
    print(f"{len(asked)} rows, {len(rows)} measurements; refused: {dict(refused)} ({unread} of them not readable)")
    found = [record.Row(f"rows refused: {reason}", count, "named", "rows") for reason, count in sorted(refused.items())]
    procedures = {"uncalibrated": uncalibrated, "on a third": on_a_third, "on 70 %": on_seventy_percent}
    for name, procedure in procedures.items():
        print(f"\n{name:42} {'rows':>5}  TTFT median   p90  in band  TPOT median   p90  in band")
        for part, pairs in parts(procedure(rows)):
            if not pairs:
                continue
            shown = f"{part:42} {len(pairs):5}"
            for phase in ("ttft", "tpot"):
                median, p90, inside = errors(pairs, phase)
                shown += f"  {median:11.1%} {p90:5.0%} {inside:8.0%}"
                note = f"90th percentile {p90:.3f}, {inside:.2f} inside the band of 0.80, {len(pairs)} rows"
                figure = f"{phase.upper()} error, median, {part}, {name}"
                found.append(record.Row(figure, median, aim(name, part), "share", note=note))
            print(shown)
    record.write("serving-reality-silicon", COMMAND, found)


if __name__ == "__main__":
    main()
