"""Where a command writes, looked at before its work, so that nothing is lost or half written."""

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from perfwise.errors import InvalidOption, MissingExtra

__all__ = ["check_places", "folder"]


def check_places(files: Iterable[Path | None], inputs: Iterable[Path | None], drawings: Path | None = None) -> None:
    """Whether all files can be written beside each other.

    Args:
        files: to be written; None is none.
        inputs: what is read, which nobody wants to lose.
        drawings: a folder for plots, which is made if it is not there.
    Raises: InvalidOption for a folder that is not there, a folder in place of a file, an input, a file named twice;
        MissingExtra where what writes it is not installed.
    """
    read = [path for path in inputs if path is not None]
    taken: list[Path] = []
    for path in (path for path in files if path is not None):
        if not path.absolute().parent.is_dir():
            raise InvalidOption(f"{path} cannot be written: there is no folder {path.parent}")
        if path.is_dir():
            raise InvalidOption(f"{path} cannot be written: it is a folder; name a file in it")
        if any(_same(path, other) for other in read):
            raise InvalidOption(f"{path} is read by this command; write to another file")
        if any(_same(path, other) for other in taken):
            raise InvalidOption(f"{path} would be written twice; name two files")
        if path.suffix == ".parquet" and find_spec("pyarrow") is None:
            raise MissingExtra("Parquet needs pyarrow: pip install 'perfwise[data]', or write a .csv")
        taken.append(path)
    if drawings is not None:
        if find_spec("matplotlib") is None:
            raise MissingExtra("plots need matplotlib: pip install 'perfwise[plots]'")
        folder(drawings)


def folder(path: Path) -> None:
    """Make a folder unless it is there. Raises: InvalidOption if it cannot be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise InvalidOption(f"plots go to a folder, and {path} is a file") from None
    except OSError as error:
        raise InvalidOption(f"the folder {path} cannot be made: {error.strerror or error}") from error


def _same(one: Path, other: Path) -> bool:
    """Whether two names are one regular file; /dev/stdout may well be named twice."""
    if one.exists() and not one.is_file():
        return False
    return one.resolve() == other.resolve() or (one.exists() and other.exists() and one.samefile(other))
