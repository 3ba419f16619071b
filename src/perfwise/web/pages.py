"""Templates: everything that comes from outside is escaped, and its control characters spelt out."""

import functools
from importlib import resources
from typing import Any

import perfwise
from perfwise.errors import MissingExtra
from perfwise.kit.visible import visible
from perfwise.web.amounts import amount, with_unit

__all__ = ["asset", "rendered"]


def rendered(template: str, **values: object) -> str:
    """A page. Values are escaped unless they are `markupsafe.Markup`. Raises: MissingExtra without jinja2."""
    text: str = _environment().get_template(template).render(version=perfwise.__version__, **values)
    return text


@functools.cache
def asset(name: str) -> str:
    """A file of `static`, as text."""
    return resources.files("perfwise.web").joinpath("static", name).read_text("utf-8")


@functools.cache
def _environment() -> Any:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError as cause:
        raise MissingExtra("pages need jinja2: pip install 'perfwise[web]'") from cause
    environment = Environment(
        loader=PackageLoader("perfwise.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"amount": amount, "with_unit": with_unit, "count": _count, "plural": _plural}
    return environment


def _shown(value: object) -> object:
    """Text with its control characters spelt out; `Markup`, which is ours, as it is."""
    return visible(value) if type(value) is str else value


def _count(number: int) -> str:
    return f"{number:,}"


def _plural(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
