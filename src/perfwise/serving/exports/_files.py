"""Text files, zipped where the name says so, with the same bytes for the same text."""

import gzip
from pathlib import Path

from perfwise.errors import InvalidOption

__all__ = ["save"]


def save(path: Path, text: str) -> None:
    """Write the text as UTF-8. Raises: InvalidOption if the file cannot be written."""
    data = text.encode()
    try:
        path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
    except OSError as error:
        raise InvalidOption(f"{path} cannot be written: {error.strerror or error}") from error
