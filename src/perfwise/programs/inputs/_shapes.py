"""What a program's arguments look like, learnt from example inputs and from annotations."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

from perfwise.errors import InvalidTask
from perfwise.programs import plain
from perfwise.programs.contracts import KnownInputs

__all__ = [
    "Either",
    "Fixed",
    "Flag",
    "Literal",
    "Mapping",
    "Real",
    "Several",
    "Shape",
    "Text",
    "Whole",
    "argument_shapes",
]

_PLACES = 8  # of a tuple that may each have a meaning
_LOOKED_AT = 200  # elements of a container, enough to know the others by


@dataclass(frozen=True, slots=True)
class Whole:
    """Whole numbers between two bounds that were seen."""

    low: int = 0
    high: int = 100


@dataclass(frozen=True, slots=True)
class Real:
    """Floats between two bounds that were seen."""

    low: float = 0.0
    high: float = 100.0


@dataclass(frozen=True, slots=True)
class Flag:
    """True or False."""


@dataclass(frozen=True, slots=True)
class Literal:
    """One value, always."""

    value: Any = None


@dataclass(frozen=True, slots=True)
class Text:
    """Texts of characters that were seen, with some whole ones; `binary` for bytes."""

    letters: str = "abcdefghijklmnopqrstuvwxyz"
    seen: tuple[str, ...] = ()
    binary: bool = False


@dataclass(frozen=True, slots=True)
class Several:
    """A container of any length whose elements are alike.

    Args:
        element: what is in it.
        kind: `list`, `tuple`, `set` or `frozenset`.
        ascending: whether all that were seen are sorted.
        distinct: whether all that were seen have no element twice.
        seen: some whole ones.
    """

    element: "Shape"
    kind: str = "list"
    ascending: bool = False
    distinct: bool = False
    seen: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Fixed:
    """A tuple with a meaning for each place."""

    parts: tuple["Shape", ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """A dict of any length."""

    key: "Shape"
    value: "Shape"


@dataclass(frozen=True, slots=True)
class Either:
    """One of several shapes."""

    options: tuple["Shape", ...]


Shape: TypeAlias = Whole | Real | Flag | Literal | Text | Several | Fixed | Mapping | Either

_NOTHING = Literal(None)
_BY_NAME: dict[str, Shape] = {
    "int": Whole(),
    "float": Real(),
    "bool": Flag(),
    "str": Text(),
    "bytes": Text(binary=True),
    "None": _NOTHING,
}
_CONTAINERS = {"list": "list", "sequence": "list", "iterable": "list", "collection": "list", "set": "set"} | {
    "frozenset": "frozenset"
}


def argument_shapes(known: KnownInputs) -> tuple[Shape, ...]:
    """One shape an argument: what the examples show, filled up by the annotations.

    Raises: InvalidTask if neither examples nor annotations say what an argument is.
    """
    annotated = _annotated(known)
    columns = list(zip(*map(_arguments, known.examples), strict=False))
    if not known.examples:
        if annotated is None or None in annotated:
            raise InvalidTask(
                f"nothing is known of the arguments of {known.entry_point or 'the program'}: give example inputs, "
                "or annotate every argument with its type"
            )
        return tuple(shape for shape in annotated if shape is not None)
    hints = [*(annotated or ())][: len(columns)]
    hints += [None] * (len(columns) - len(hints))
    return tuple(_filled(_seen(column), hint) for column, hint in zip(columns, hints, strict=True))


def _arguments(example: bytes) -> tuple[Any, ...]:
    value = plain.loads(example)
    if not isinstance(value, tuple):
        raise InvalidTask(f"an input must be a tuple of arguments, not {type(value).__name__}")
    return value


# From examples


def _seen(values: Sequence[Any]) -> Shape:
    """The shape of like values. An empty container has elements of no known shape: None."""
    kinds: dict[type, list[Any]] = {}
    for value in values:
        kinds.setdefault(type(value), []).append(value)
    if set(kinds) == {int, float}:
        return Real(float(min(values)), float(max(values)))
    shapes = [_seen_alike(kind, group) for kind, group in kinds.items()]
    return shapes[0] if len(shapes) == 1 else Either(tuple(shapes))


def _seen_alike(kind: type, values: list[Any]) -> Shape:
    seen = _SEEN.get(kind)
    return Literal(values[0]) if seen is None else seen(values)


def _seen_int(values: list[Any]) -> Shape:
    return Whole(min(values), max(values))


def _seen_float(values: list[Any]) -> Shape:
    finite = [value for value in values if abs(value) < 1e300] or [0.0]
    return Real(min(finite), max(finite))


def _seen_text(values: list[Any]) -> Shape:
    binary = isinstance(values[0], bytes)
    texts = [value.decode("latin-1") if binary else value for value in values]
    letters = "".join(sorted({letter for text in texts for letter in text[:_LOOKED_AT]}))
    return Text(letters, tuple(dict.fromkeys(text for text in texts if text)), binary)


def _seen_dict(values: list[Any]) -> Shape:
    keys = [key for value in values for key in list(value)[:_LOOKED_AT]]
    inner = [each for value in values for each in list(value.values())[:_LOOKED_AT]]
    return Mapping(_seen(keys), _seen(inner)) if keys else Mapping(Text(), Whole())


def _seen_tuple(values: list[Any]) -> Shape:
    if len({len(value) for value in values}) == 1 and len(values[0]) <= _PLACES:
        return Fixed(tuple(_seen(column) for column in zip(*values, strict=True)))
    return _seen_several(values)


def _seen_several(values: list[Any]) -> Shape:
    kind = type(values[0])
    listed = [
        _ordered(value)[:_LOOKED_AT] if kind in (set, frozenset) else list(value[:_LOOKED_AT]) for value in values
    ]
    elements = [each for value in listed for each in value]
    long = [value for value in listed if len(value) > 1]
    return Several(
        _seen(elements) if elements else Either(()),
        kind.__name__,
        ascending=bool(long) and kind in (list, tuple) and all(map(_ascends, long)),
        distinct=bool(long) and all(_has_no_twins(value) for value in long) and max(map(len, long)) > 2,
        seen=tuple(value for value in values if len(value) > 1),
    )


_SEEN: dict[type, Callable[[list[Any]], Shape]] = {
    int: _seen_int,
    float: _seen_float,
    bool: lambda _: Flag(),
    str: _seen_text,
    bytes: _seen_text,
    dict: _seen_dict,
    tuple: _seen_tuple,
    list: _seen_several,
    set: _seen_several,
    frozenset: _seen_several,
}


def _ordered(values: Any) -> list[Any]:
    try:
        return sorted(values)
    except TypeError:
        return sorted(values, key=repr)


def _ascends(values: Sequence[Any]) -> bool:
    try:
        return all(a <= b for a, b in pairwise(values))
    except TypeError:
        return False


def _has_no_twins(values: Sequence[Any]) -> bool:
    return len(set(map(repr, values))) == len(values)


def _filled(shape: Shape, hint: Shape | None) -> Shape:
    """The shape, with what no example showed of it taken from the hint."""
    if isinstance(shape, Several):
        inner = hint.element if isinstance(hint, Several) else None
        if shape.element == Either(()):
            return Several(inner or Whole(), shape.kind, shape.ascending, shape.distinct, shape.seen)
        return Several(_filled(shape.element, inner), shape.kind, shape.ascending, shape.distinct, shape.seen)
    if isinstance(shape, Text) and not shape.letters:
        return Text(binary=shape.binary)
    return shape


# From annotations


def _annotated(known: KnownInputs) -> list[Shape | None] | None:
    """A shape for each annotated argument, None for the others; None if the function cannot be found."""
    try:
        body = ast.parse(known.source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = [each for each in body if isinstance(each, ast.FunctionDef) and each.name == known.entry_point]
    if not found or known.entry_point == "":
        return [Text()] if known.entry_point == "" else None
    arguments = found[-1].args
    return [_of_annotation(each.annotation) for each in (*arguments.posonlyargs, *arguments.args)]


def _of_annotation(node: ast.expr | None) -> Shape | None:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return _BY_NAME.get(name) or _bare(name)
        case ast.Constant(value=None):
            return _NOTHING
        case ast.Constant(value=str(text)):
            return _of_text(text)
        case ast.BinOp(left=left, right=right, op=ast.BitOr()):
            return _either([_of_annotation(left), _of_annotation(right)])
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
            return _subscripted(name.lower(), inner.elts if isinstance(inner, ast.Tuple) else [inner])
    return None


def _of_text(text: str) -> Shape | None:
    try:
        return _of_annotation(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError):
        return None


def _bare(name: str) -> Shape | None:
    if name.lower() in _CONTAINERS:
        return Several(Whole(), _CONTAINERS[name.lower()])
    return Mapping(Text(), Whole()) if name.lower() == "dict" else None


def _subscripted(name: str, inner: list[ast.expr]) -> Shape | None:
    if name == "optional":
        return _either([_of_annotation(inner[0]), _NOTHING])
    shapes = [_of_annotation(each) for each in inner if not (isinstance(each, ast.Constant) and each.value is ...)]
    if name == "union":
        return _either(shapes)
    known = [shape for shape in shapes if shape is not None]
    if len(known) < len(shapes) or not known:
        return None
    if name in _CONTAINERS:
        return Several(known[0], _CONTAINERS[name])
    if name == "tuple":
        return Several(known[0], "tuple") if len(inner) > len(known) else Fixed(tuple(known))
    return Mapping(known[0], known[-1]) if name in ("dict", "mapping") else None


def _either(shapes: list[Shape | None]) -> Shape | None:
    known = tuple(shape for shape in shapes if shape is not None)
    return Either(known) if len(known) == len(shapes) else None
