"""Slow programs with faster versions, and which of them resemble a program: what retrieval shows to a model."""

import io
import json
import keyword
import math
import tokenize
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfwise.errors import Fault, InvalidInput
from perfwise.improve.archive import FORMAT

__all__ = ["Pair", "nearest", "read_pairs"]

_NGRAM = 3


@dataclass(frozen=True, slots=True)
class Pair:
    """A program, a faster version of it, and how many times as fast it is (above 1)."""

    slow: str
    fast: str
    speedup: float


def read_pairs(path: Path) -> list[Pair]:
    """Pairs of a file: rows in PIE's format, or the accepted steps of an archive of `perfwise improve`.

    PIE's rows are JSON Lines with `input` and `target` (also `src_code` and `tgt_code`), the slower and the faster
    text, and `improvement_frac` in per cent or `speedup` where it is known.

    Raises: InvalidInput naming every row that is neither.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput([Fault(str(path), "unreadable", f"pairs cannot be read: {error}")]) from error
    if lines and FORMAT in lines[0]:
        return _of_archive(lines[1:])
    rows: list[Pair] = []
    faults: list[Fault] = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            pair = _of_row(line)
            if pair is None:
                faults.append(Fault(f"{path}:{number}", "no-pair", "wanted JSON with texts `input` and `target`"))
            else:
                rows.append(pair)
    if faults:
        raise InvalidInput(faults)
    return rows


def _of_row(line: str) -> Pair | None:
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, dict):
        return None
    slow, fast = row.get("input", row.get("src_code")), row.get("target", row.get("tgt_code"))
    if not isinstance(slow, str) or not isinstance(fast, str):
        return None
    return Pair(slow, fast, _speedup(row))


def _speedup(row: Mapping[str, Any]) -> float:
    speedup, fraction = row.get("speedup"), row.get("improvement_frac")
    if isinstance(speedup, int | float) and speedup > 0:
        return float(speedup)
    if isinstance(fraction, int | float) and fraction < 100:
        return 100.0 / (100.0 - fraction)
    return 1.0


def _of_archive(lines: Sequence[str]) -> list[Pair]:
    entries = [row["entry"] for line in lines if "entry" in (row := json.loads(line))]
    pairs = []
    for entry in entries[1:]:
        if entry["accepted"]:
            parent = entries[entry["proposal"]["parent"]]
            before, after = (_count(each) for each in (parent, entry))
            pairs.append(Pair(parent["proposal"]["text"], entry["proposal"]["text"], before / after if after else 1.0))
    return pairs


def _count(entry: Mapping[str, Any]) -> float:
    return float(sum(each or 0.0 for each in entry["assessment"]["by_input"]))


def nearest(program: str, pairs: Sequence[Pair], k: int) -> list[Pair]:
    """The k slow programs most like a program, most alike first; of one slow program the pair that gains most.

    Likeness is the cosine of tf-idf weights of token trigrams, names read as one kind of token, so that a renamed copy
    is as near as the original.
    """
    best: dict[str, Pair] = {}
    for pair in pairs:
        known = best.get(pair.slow)
        if known is None or pair.speedup > known.speedup:
            best[pair.slow] = pair
    distinct = list(best.values())
    grams = [_grams(pair.slow) for pair in distinct]
    counts = Counter(gram for each in grams for gram in each)
    idf = {gram: math.log((1 + len(grams)) / (1 + found)) + 1 for gram, found in counts.items()}
    wanted = _weights(_grams(program), idf)
    likeness = [_cosine(wanted, _weights(each, idf)) for each in grams]
    order = sorted(range(len(distinct)), key=lambda place: (-likeness[place], place))
    return [distinct[place] for place in order[:k]]


def _grams(text: str) -> Counter[tuple[str, ...]]:
    tokens = _tokens(text)
    return Counter(zip(*(tokens[start:] for start in range(_NGRAM)), strict=False))


def _tokens(text: str) -> list[str]:
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NAME:
                found.append(token.string if keyword.iskeyword(token.string) else "name")
            elif token.type in {tokenize.NUMBER, tokenize.STRING}:
                found.append("constant")
            elif token.type == tokenize.OP:
                found.append(token.string)
    except (tokenize.TokenError, SyntaxError, IndentationError):  # another language: as far as it goes
        pass
    return found


def _weights(
    grams: Mapping[tuple[str, ...], int], idf: Mapping[tuple[str, ...], float]
) -> dict[tuple[str, ...], float]:
    return {gram: count * idf.get(gram, 1.0) for gram, count in grams.items()}


def _cosine(one: Mapping[tuple[str, ...], float], other: Mapping[tuple[str, ...], float]) -> float:
    product = sum(weight * other[gram] for gram, weight in sorted(one.items()) if gram in other)
    norms = (math.sqrt(sum(weight**2 for weight in each.values())) for each in (one, other))
    size = math.prod(norms)
    return product / size if size else 0.0
