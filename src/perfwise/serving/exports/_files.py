"""Text files, zipped where the name says so, with the same bytes for the same text."""

import gzip
from pathlib import Path

from perfwise.kit.wholefiles import replacing

__all__ = ["save"]


def save(path: Path, text: str) -> None:
    """Write the text as UTF-8, whole or not at all. Raises: InvalidOption if the file cannot be written."""
    data = text.encode()
    with replacing(path) as file:
        file.write(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
