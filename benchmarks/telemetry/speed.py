"""Log parsing beside Drain3, CPU time, on the same lines in one run.

`python benchmarks/telemetry/speed.py [LINES]` writes benchmarks/results/telemetry-logs-speed.json. The works are made
anew and checked by their digest where all 1,000,000 lines are taken.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "benchmarks"), str(Path(__file__).parent)]
from _settings import published  # noqa: E402
from _works import IDS, PATTERNS, SHA256, SIM_TH, lines  # noqa: E402
from drain3.drain import Drain as Drain3  # noqa: E402
from drain3.masking import LogMasker, MaskingInstruction  # noqa: E402

import record  # noqa: E402
from perfwise.telemetry.lines import Lines  # noqa: E402
from perfwise.telemetry.parsers.drain import Drain  # noqa: E402
from perfwise.telemetry.scanning.masks import Mask  # noqa: E402
from perfwise.telemetry.scanning.splitting import split  # noqa: E402

DATA = Path(os.environ.get("PERFWISE_DATA") or ROOT.parent / "shared" / "data") / "telemetry" / "loghub_2k.tar.xz"
COMMAND = "python benchmarks/telemetry/speed.py"
SOURCE = "drain3 0.9.11 from PyPI: masks, then Drain.add_log_message, in the same run"

MEASURED = """
import sys, time
from perfwise.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    peak_kb = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(time.process_time(), peak_kb, file=sys.stderr)
"""


def digest(ids: list[int]) -> str:
    return hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()[:16]


def theirs(texts: list[str], work: str, patterns: tuple[str, ...]) -> tuple[float, list[int]]:
    masker = LogMasker([MaskingInstruction(pattern, "*") for pattern in patterns], "<", ">")
    drain = Drain3(sim_th=SIM_TH[work])
    begun = time.process_time()
    ids = [drain.add_log_message(masker.mask(text))[0].cluster_id for text in texts]
    return time.process_time() - begun, ids


def ours(data: bytes, work: str, patterns: tuple[str, ...], threads: int = 1) -> tuple[float, list[int]]:
    """Cutting the bytes into lines, ids and template texts."""
    drain = Drain(sim_th=SIM_TH[work], masks=tuple(Mask(pattern) for pattern in patterns), threads=threads)
    drain.parse(Lines.of(["ready", "bereit \u00e4"]))
    best, found = float("inf"), None
    for _ in range(3):
        begun = time.process_time()
        found = drain.parse(split(data))
        best = min(best, time.process_time() - begun)
    return best, found.ids.tolist()


def beside_drain3(work: str, count: int) -> list[record.Row]:
    texts = list(lines(work, DATA, count))
    data = "".join(f"{text}\n" for text in texts).encode()
    if count == 1_000_000:
        assert hashlib.sha256(data).hexdigest() == SHA256[work]
    rows = []
    their_s, their_ids = theirs(texts, work, PATTERNS[work])
    our_s, our_ids = ours(data, work, PATTERNS[work])
    assert count < 1_000_000 or digest(their_ids) == IDS[work]
    aim = 20 if work == "hdfs" else 80
    note = f"{count:,} lines; ours {our_s:.2f}, theirs {their_s:.1f} CPU s; lines cut, ids and template texts"
    rows.append(
        record.Row(
            f"Drain3's CPU time over drain's, {work}", their_s / our_s, f"at least {aim}", "ratio", "1", SOURCE, note
        )
    )
    same = sum(a == b for a, b in zip(our_ids, their_ids, strict=True)) / count
    rows.append(record.Row(f"lines with Drain3's id, {work}", same, "exactly 1", "share", "1", SOURCE))
    if work == "mixed10":
        rows += _free_patterns(data, work, their_ids, their_s)
    rows.append(_brain(data, work, count, their_s))
    return rows


def _free_patterns(data: bytes, work: str, their_ids: list[int], their_s: float) -> list[record.Row]:
    """The same masks, one of them written so that only `re` knows it."""
    patterns = (*PATTERNS[work][:2], r"\b(?=\d)\d+\b(?<!xx)")
    our_s, our_ids = ours(data, work, patterns)
    assert our_ids == their_ids
    note = f"ours {our_s:.1f} CPU s, all lines masked by re"
    return [
        record.Row(
            "Drain3's CPU time over drain's with a pattern that needs re, mixed10",
            their_s / our_s,
            "at least 5",
            "ratio",
            "1",
            SOURCE,
            note,
        )
    ]


def _brain(data: bytes, work: str, count: int, their_s: float) -> record.Row:
    brain = published("brain", "HDFS") if work == "hdfs" else published("brain", "Apache")
    begun = time.process_time()
    brain.parse(split(data))
    our_s = time.process_time() - begun
    note = f"{count:,} lines; ours {our_s:.1f} CPU s; settings of {'HDFS' if work == 'hdfs' else 'Apache'}"
    return record.Row(
        f"Drain3's CPU time over brain's, {work}", their_s / our_s, "at least 5", "ratio", "1", SOURCE, note
    )


def ten_million() -> list[record.Row]:
    """The hdfs work ten times over, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path, masks = Path(folder) / "hdfs.log", Path(folder) / "masks"
        data = "".join(f"{text}\n" for text in lines("hdfs", DATA, 1_000_000)).encode()
        with path.open("wb") as file:
            for _ in range(10):
                file.write(data)
        masks.write_text("\n".join(PATTERNS["hdfs"]) + "\n")
        command = [
            "telemetry",
            "parse",
            path,
            "--masks",
            masks,
            "--drain",
            "sim_th=0.5",
            "--top",
            "0",
            "--header",
            "content",
        ]
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, *map(str, command)], check=True, capture_output=True, text=True
        )
    cpu_s, peak_kb = map(float, done.stderr.split()[-2:])
    return [
        record.Row(
            "CPU time of perfwise telemetry parse, 10 million hdfs lines",
            cpu_s,
            "at most 30",
            "s",
        ),
        record.Row("its peak memory", peak_kb / 1024, "at most 1000", "MB"),
    ]


if __name__ == "__main__":
    chosen = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    found = [row for work in SHA256 for row in beside_drain3(work, chosen)] + ten_million()
    for row in found:
        print(f"{row.figure}: {row.ours:.3f} {row.unit} ({row.aim}) {row.note}")
    if chosen == 1_000_000:
        record.write("telemetry-logs-speed", COMMAND, found)
