"""The embedded example: six small tasks and three sets of programs, as files that a user could have written."""

from pathlib import Path

__all__ = ["SETS", "TASKS"]

_HERE = Path(__file__).parent

TASKS = _HERE / "tasks"
"""The folder of task files."""

SETS = {name: _HERE / "programs" / name for name in ("careful", "plain", "hasty")}
"""Folders of programs by the set's name: quick and right, right but slow, quick but wrong now and then."""
