"""The methods of every engine, as pages show them: docstring and source."""

import importlib
import inspect
import re
from dataclasses import dataclass

from perfwise.core.family import Family, MethodInfo, every_family
from perfwise.errors import InvalidOption, MissingExtra

__all__ = ["MethodPage", "listed", "method_page"]

_ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")


@dataclass(frozen=True, slots=True)
class MethodPage:
    """A method in full.

    Args:
        family: package path.
        name: file name without its ending.
        text: docstring, formula included.
        links: (what, address) of the publications it names.
        source: of its module.
    """

    family: str
    name: str
    text: str
    links: tuple[tuple[str, str], ...]
    source: str


def listed(family: str) -> list[MethodInfo]:
    """The methods of a family; where an extra is missing, their names alone."""
    methods = Family(family)
    try:
        return methods.describe()
    except (ImportError, MissingExtra) as missing:
        return [MethodInfo(family, name, f"needs what is not installed: {missing}", "") for name in methods.names()]


def method_page(family: str, name: str) -> MethodPage:
    """Raises: InvalidOption if there is no such family or method; MissingExtra if it cannot be imported."""
    if family not in every_family():
        raise InvalidOption(f"there is no family {family!r}; there are {', '.join(every_family())}")
    try:
        method = Family(family).get(name)
    except ImportError as cause:
        raise MissingExtra(f"the method {name} needs {cause.name}: pip install {cause.name}") from cause
    text = inspect.getdoc(method) or ""
    links = {f"arXiv:{number}": f"https://arxiv.org/abs/{number}" for number in _ARXIV.findall(text)}
    return MethodPage(family, name, text, tuple(links.items()), _source(method))


def _source(method: type) -> str:
    try:
        return inspect.getsource(importlib.import_module(method.__module__))
    except (OSError, TypeError):  # a third party's compiled module
        return ""
