"""A tree's state in a file that is whole or not there."""

import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from perfwise.errors import Fault, InvalidInput
from perfwise.telemetry.learning.tree import State

__all__ = ["FORMAT", "load", "save"]

FORMAT = 1
"""Of the file; another version of perfwise may have another one."""


def save(path: Path, state: State, about: Mapping[str, Any]) -> None:
    """Write the state beside `path`, then put it in its place in one step; a kill leaves the one before.

    Args:
        path: of the file.
        state: with an empty history.
        about: plain data that `load` gives back.
    """
    data = io.BytesIO()
    text = json.dumps({"format": FORMAT, **about}).encode()
    np.savez(data, about=np.frombuffer(text, np.uint8), **state._asdict())
    beside = path.with_name(f"{path.name}.new")
    with beside.open("wb") as file:
        file.write(data.getbuffer())
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def load(path: Path) -> tuple[State, dict[str, Any]]:
    """The state and what was told with it. Raises: InvalidInput for a broken file or one of another format."""
    try:
        with np.load(path, allow_pickle=False) as found:
            about = json.loads(found["about"].tobytes())
            if about.get("format") != FORMAT:
                raise InvalidInput(
                    [
                        Fault(
                            str(path),
                            "state-version",
                            f"has the format {about.get('format')}, this perfwise knows {FORMAT}",
                        )
                    ]
                )
            return State(**{name: found[name] for name in State._fields}), about
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise InvalidInput([Fault(str(path), "malformed-state", f"is no saved state: {error}")]) from error
