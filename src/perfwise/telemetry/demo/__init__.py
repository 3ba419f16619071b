"""A small log of our own making with the template of each line, to try parsers on: a shop of four services."""

from importlib.resources import files
from pathlib import Path

__all__ = ["write_demo"]


def write_demo(folder: Path) -> tuple[Path, Path]:
    """Copy the log and its labels into a folder, as shop.log and shop.csv, and say where they are."""
    places = []
    for name in ("shop.log", "shop.csv"):
        place = folder / name
        place.write_bytes(files(__name__).joinpath(name).read_bytes())
        places.append(place)
    return places[0], places[1]
