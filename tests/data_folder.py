"""Where tests marked `paper` find published data."""

import os
from pathlib import Path

import pytest

__all__ = ["shared"]

_BESIDE_THE_REPOSITORY = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared(path: str) -> Path:
    """A file or folder of the data folder, `PERFWISE_DATA` or `../shared/data`; skips the test where it is absent."""
    folder = Path(os.environ.get("PERFWISE_DATA") or _BESIDE_THE_REPOSITORY)
    if not (folder / path).exists():
        pytest.skip(f"needs {path} in {folder}; set PERFWISE_DATA to the folder that holds it")
    return folder / path
