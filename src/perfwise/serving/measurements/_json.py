"""Looking into JSON that somebody else's tool wrote."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from perfwise.kit.textfiles import Faults, beginning, text_of
from perfwise.serving.trace import Floats

__all__ = ["at", "column", "documents", "looks_like", "number"]

_SECONDS = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def looks_like(path: Path, *needles: str) -> bool:
    """Whether the file begins as JSON and has all these names among its first characters."""
    text = beginning(path, 1 << 20) if path.is_file() else ""
    return text.lstrip()[:1] == "{" and all(f'"{needle}"' in text for needle in needles)


def documents(path: Path, faults: Faults) -> list[Any]:
    """The file's value, or its lines' values; what is no JSON is noted."""
    text = text_of(path, faults)
    try:
        return [json.loads(text)]
    except ValueError:
        pass
    found = []
    for line, content in enumerate(text.split("\n"), 1):
        if content.strip():
            try:
                found.append(json.loads(content))
            except ValueError as error:
                faults.add(f"{path}:{line}", "malformed-json", f"not JSON: {error}")
    return found


def at(value: Any, *names: str) -> Any:
    """A value inside; None where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def number(value: Any, unit: str | None = None) -> float:
    """A number, in seconds where a unit of time is given; NaN where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return float("nan")
    return float(value) * _SECONDS.get(unit or "s", float("nan"))


def column(rows: list[Any], *names: str) -> Floats:
    """The number at that place of every row; NaN where there is none."""
    return np.array([number(at(row, *names)) for row in rows], np.float64)
