"""Small input files for readers' tests."""

import json
from pathlib import Path

import pytest

from perfwise.errors import InvalidInput

__all__ = ["faults_of", "json_file", "jsonl"]


def jsonl(path: Path, *records: object) -> Path:
    """A .jsonl file of these records; a text stands for a line as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def json_file(path: Path, value: object) -> Path:
    """A .json file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def faults_of(read, *arguments) -> list[tuple[str, str]]:
    """(file name with line, code) of every fault that reading reports."""
    with pytest.raises(InvalidInput) as raised:
        read(*arguments)
    return [(fault.where.rpartition("/")[2], fault.code) for fault in raised.value.faults]
