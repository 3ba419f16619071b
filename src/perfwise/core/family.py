"""`Family`: a folder of methods, one method a file; the folder is the registry."""

import importlib
import importlib.util
import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import cast

import perfwise
from perfwise.errors import HarnessError, InvalidOption

__all__ = ["Family", "MethodInfo", "every_family"]


@dataclass(frozen=True, slots=True)
class MethodInfo:
    """What a listing says of a method.

    Args:
        family: package path, e.g. `perfwise.programs.metrics`.
        name: file name without its ending.
        summary: first line of the docstring.
        source: what stands behind `Source:` in the docstring, joined to one line.
    """

    family: str
    name: str
    summary: str
    source: str


class Family:
    """The methods of one package, built-in and third-party.

    A method is a module with one class in `__all__`; functions that are of use without it may stand beside it. Names
    come from file names, without importing; a method is imported when it is asked for. Other distributions add methods
    through an entry-point group named like the package; none may take a built-in's name.

    >>> Family("perfwise.programs.metrics").names()[0]
    'beyond'
    """

    def __init__(self, package: str) -> None:
        self.package = package

    def names(self) -> list[str]:
        """All names, sorted. Raises: InvalidOption if a third-party method takes the name of a built-in."""
        built_in, third_party = self._built_in(), self._third_party()
        if taken := sorted(set(built_in) & set(third_party)):
            raise InvalidOption(f"{self.package}: {', '.join(taken)} would displace built-in methods; rename them")
        return sorted({*built_in, *third_party})

    def get(self, name: str) -> type:
        """The method's class. Raises: InvalidOption naming what there is."""
        if name not in self.names():
            raise InvalidOption(f"{self.package} has no method {name!r}; there are {', '.join(self.names())}")
        if name not in self._built_in():
            loaded = self._third_party()[name].load()
            if not isinstance(loaded, type):
                raise InvalidOption(f"{self.package}: the entry point {name!r} must name a class")
            return loaded
        module = importlib.import_module(f"{self.package}.{name}")
        public = [getattr(module, each) for each in getattr(module, "__all__", [])]
        classes = [each for each in public if inspect.isclass(each)]
        if len(classes) != 1 or not all(inspect.isfunction(each) for each in public if each is not classes[0]):
            raise HarnessError(f"{module.__name__} must have one class in __all__, and nothing but functions beside it")
        method: type = classes[0]
        return method

    def __iter__(self) -> Iterator[type]:
        return (self.get(name) for name in self.names())

    def describe(self) -> list[MethodInfo]:
        """Summary and source of every method."""
        return [_info(self.package, name, self.get(name)) for name in self.names()]

    def _built_in(self) -> list[str]:
        path = importlib.import_module(self.package).__path__
        return [module.name for module in pkgutil.iter_modules(path) if not module.name.startswith("_")]

    def _third_party(self) -> dict[str, EntryPoint]:
        return {point.name: point for point in _installed(tuple(sys.path)).select(group=self.package)}


@cache
def _installed(_path: tuple[str, ...]) -> EntryPoints:
    """Entry points of all distributions; reading them takes some 5 ms, once for each search path."""
    return cast("EntryPoints", entry_points())  # before Python 3.12 a dictionary that can be selected from just so


def every_family() -> tuple[str, ...]:
    """Package paths of the families of every room: what each room's module `families` names, rooms in order of name."""
    rooms = (room.name for room in pkgutil.iter_modules(perfwise.__path__, "perfwise.") if room.ispkg)
    modules = [f"{room}.families" for room in sorted(rooms)]
    found = [importlib.import_module(name) for name in modules if importlib.util.find_spec(name)]
    return tuple(package for module in found for package in module.FAMILIES)


def _info(package: str, name: str, method: type) -> MethodInfo:
    text = inspect.getdoc(method) or ""
    found = re.search(r"^Source:\s*(.+?)(?=\n[A-Z]\w+:|\n\n|\Z)", text, re.DOTALL | re.MULTILINE)
    source = " ".join(found.group(1).split()) if found else ""
    return MethodInfo(package, name, text.partition("\n")[0], source)
