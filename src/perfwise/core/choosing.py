"""A method with its parameters, out of a text such as `sarathi:chunk_tokens=1024`."""

import math
from dataclasses import fields
from typing import Any

from perfwise.core.family import Family
from perfwise.errors import InvalidOption

__all__ = ["method_of"]

_LARGEST = 1 << 53  # the states of methods are floats, which hold whole numbers up to here


def method_of(package: str, text: str, **given: object) -> Any:
    """A method of a family by its name and parameters.

    Args:
        package: of the family, e.g. `perfwise.serving.batching`.
        text: the name, then after a colon parameters with commas between them.
        given: further parameters that are used where the method has them, unless they are None; those of the text win.
    Raises: InvalidOption naming the methods or parameters that there are.
    """
    name, _, tail = text.partition(":")
    method = Family(package).get(name)
    kinds = {each.name: each.type for each in fields(method)}
    parameters = {key: value for key, value in given.items() if key in kinds and value is not None}
    for part in filter(None, tail.split(",")):
        key, _, value = part.partition("=")
        if key not in kinds:
            known = ", ".join(kinds) or "none"
            raise InvalidOption(f"{package.rpartition('.')[2]} {name} has no parameter {key!r}; there are: {known}")
        parameters[key] = _value(f"{name}:{key}", value, kinds[key])
    return method(**parameters)


def _value(where: str, text: str, kind: object) -> object:
    wanted = getattr(kind, "__name__", str(kind))
    try:
        if wanted.startswith("int"):
            whole = int(text)
            if abs(whole) > _LARGEST:
                raise ValueError(text)
            return whole
        if wanted.startswith("float"):
            number = float(text)
            if math.isnan(number):
                raise ValueError(text)
            return number
        if wanted.startswith("bool"):
            return {"true": True, "false": False}[text.lower()]
    except (ValueError, KeyError):
        raise InvalidOption(f"{where} takes a value of the kind {wanted}, not {text!r}") from None
    return text
