"""The two works that speed is measured on, out of loghub's 2k logs (which are not ours to ship)."""

import csv
import io
import random
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

from _settings import DATASETS, MASKS

SHA256 = {
    "hdfs": "891243b6eb86899e00b3dc2cbc907606c07ae7ddfd893f10cc8702a03032ea1c",
    "mixed10": "535a3f6ea7c7b39430cb0b4ed66637b22d4823d9c03d47173c2c811cfc874165",
}
PATTERNS = {
    "hdfs": MASKS["HDFS"],
    "mixed10": (r"(\d+\.){3}\d+(:\d+)?", r"0x[0-9a-fA-F]+", r"\b\d+\b"),
}
SIM_TH = {"hdfs": 0.5, "mixed10": 0.4}
IDS = {"hdfs": "2bea4cf3ed9d6183", "mixed10": "62a9fcf51f327dc0"}


def contents(archive: tarfile.TarFile, dataset: str) -> list[str]:
    file = archive.extractfile(f"loghub_2k/{dataset}/{dataset}_2k.log_structured.csv")
    return [row["Content"] for row in csv.DictReader(io.TextIOWrapper(file, "utf-8", newline=""))]


def lines(work: str, archive: Path, count: int) -> Iterator[str]:
    with tarfile.open(archive) as opened:
        if work == "hdfs":
            yield from _hdfs(contents(opened, "HDFS"), count)
        else:
            yield from _mixed([line for name in sorted(DATASETS) for line in contents(opened, name)], count)


def _hdfs(texts: list[str], count: int) -> Iterator[str]:
    generator = random.Random(1)
    block, address = (re.compile(pattern) for pattern in MASKS["HDFS"])
    size = re.compile(r"(?<=size )\d+")

    def an_address(found: re.Match[str]) -> str:
        made = f"10.25{generator.randint(0, 1)}.{generator.randint(0, 255)}.{generator.randint(0, 255)}"
        return f"{made}:{generator.randint(30000, 65000)}" if found[2] else made

    for place in range(count):
        line = block.sub(lambda _: f"blk_{generator.randint(-(2**63), 2**63 - 1)}", texts[place % len(texts)])
        line = address.sub(an_address, line)
        yield size.sub(lambda _: str(generator.randint(1, 67108864)), line)


def _mixed(texts: list[str], count: int) -> Iterator[str]:
    generator = random.Random(2)
    generator.shuffle(texts)
    digits = re.compile(r"\d{2,}")

    def a_number(found: re.Match[str]) -> str:
        return str(generator.randint(10 ** (len(found[0]) - 1), 10 ** len(found[0]) - 1))

    for place in range(count):
        yield digits.sub(a_number, texts[place % len(texts)])
