"""Short Python expressions that make large inputs: a shape, a size, and a style for each argument."""

import math
import random
from collections.abc import Callable
from typing import Any

from perfwise.programs.inputs._primes import prime_at_or_below
from perfwise.programs.inputs._shapes import Either, Fixed, Flag, Literal, Mapping, Real, Several, Shape, Text, Whole

__all__ = ["SHORT", "STYLES", "expression", "is_sizeable", "literal", "styles_of"]

SHORT = 300  # characters: the longest literal that is written into an expression
_LARGEST_INT = 1 << 62

_WHOLE = ("size", "example", "prime", "square", "prime squared", "power", "half", "nines", "fibonacci")
_REAL = ("example", "size")
_TEXT = ("random", "equal", "repeat", "chunks", "halves", "mirror", "words", "last")
_LIST = ("random", "wide", "equal", "ascending", "descending", "few", "distinct", "repeat", "last", "alternating")
_NESTED = ("outer", "inner", "both", "equal", "repeat", "sorted")

STYLES: dict[type, tuple[str, ...]] = {Whole: _WHOLE, Real: _REAL, Text: _TEXT, Mapping: ("outer", "inner")}


def styles_of(shape: Shape) -> tuple[str, ...]:
    """Names of the styles that an argument of this shape can have."""
    if isinstance(shape, Several):
        return _LIST if isinstance(shape.element, (Whole, Real)) else _NESTED
    if isinstance(shape, Either):
        return tuple(dict.fromkeys(style for option in shape.options for style in styles_of(option))) or ("example",)
    if isinstance(shape, Fixed):
        return ("size", "example", "random", "wide")
    return STYLES.get(type(shape), ("example",))


def is_sizeable(shape: Shape) -> bool:
    """Whether a value of the shape can be made larger."""
    if isinstance(shape, (Fixed, Either)):
        return any(map(is_sizeable, shape.parts if isinstance(shape, Fixed) else shape.options))
    return not isinstance(shape, (Flag, Literal))


def expression(shape: Shape, size: int, style: str, draw: random.Random) -> str:
    """A Python expression for one argument; it may use `random`, which is seeded before it.

    Args:
        shape: of the argument.
        size: about how large it shall be: elements of a container, magnitude of a number.
        style: one of `styles_of(shape)`.
        draw: for what is decided here rather than when the input is made.
    """
    return _WRITERS[type(shape)](shape, max(size, 1), style, draw)


def literal(value: Any) -> str | None:
    """The value written out, None where that is long or does not read back as the same."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits; a nest too deep
        return None
    return None if len(text) > SHORT or any(word in text for word in ("nan", "inf", "Ellipsis")) else text


def _whole(shape: Whole, size: int, style: str, draw: random.Random) -> str:
    number = min(size, _LARGEST_INT)
    root = math.isqrt(number)
    values: dict[str, Callable[[], int]] = {
        "size": lambda: number,
        "prime": lambda: prime_at_or_below(number),
        "square": lambda: root * root,
        "prime squared": lambda: prime_at_or_below(root) ** 2,
        "power": lambda: 1 << (number.bit_length() - 1),
        "half": lambda: number // 2 + 1,
        "fibonacci": lambda: _fibonacci_below(number, draw.randint(0, 1)),
        "nines": lambda: 10 ** len(str(number)) - 1 if number < _LARGEST_INT // 10 else number,
    }
    if style in values:
        value = values[style]()
        return str(-value if shape.high < 0 else value)
    return str(draw.randint(shape.low, shape.high))


def _fibonacci_below(number: int, before: int) -> int:
    """The largest Fibonacci number that is not above the number, or the one before it: two such are Euclid's worst."""
    last, this = 1, 1
    while last + this <= number:
        last, this = this, last + this
    return last if before else this


def _real(shape: Real, size: int, style: str, _draw: random.Random) -> str:
    low, high = (shape.low, shape.high) if style == "example" else (-float(size) if shape.low < 0 else 0.0, float(size))
    return f"random.uniform({low!r}, {high!r})"


def _text(shape: Text, size: int, style: str, draw: random.Random) -> str:
    letters = shape.letters[:_LETTERS] or "a"
    text = _text_of(shape, letters, size, style, draw)
    return f"({text}).encode('latin-1')" if shape.binary else text


_LETTERS = 100  # of an alphabet that are written out


def _text_of(shape: Text, letters: str, size: int, style: str, draw: random.Random) -> str:
    first, last = letters[0], letters[-1]
    chunks = [text for text in shape.seen if len(text) <= 40][:6] or [draw.choice(letters)]
    chunk = draw.choice(chunks)
    share = max(1, size // max(1, sum(map(len, chunks)) // len(chunks)))
    drawn = f"''.join(random.choices({letters!r}, k={size}))"
    made = {
        "random": drawn,
        "equal": f"{draw.choice(letters)!r} * {size}",
        "repeat": f"{chunk!r} * {max(1, size // len(chunk))}",
        "chunks": f"''.join(random.choices({chunks!r}, k={share}))",
        "halves": f"{first!r} * {size // 2} + {last if last != first else letters[len(letters) // 2]!r} * {size // 2}",
        "mirror": f"(lambda half: half + half[::-1])(''.join(random.choices({letters!r}, k={max(1, size // 2)})))",
        "words": f"{' ' if ' ' in letters else ''!r}.join(random.choices({_words(chunks)!r}, k={share}))",
        "last": f"{first!r} * {size - 1} + {last!r}",
    }
    return made.get(style, drawn)


def _words(chunks: list[str]) -> list[str]:
    return list(dict.fromkeys(word for chunk in chunks for word in chunk.split()))[:12] or ["a"]


def _several(shape: Several, size: int, style: str, draw: random.Random) -> str:
    inner = isinstance(shape.element, (Whole, Real))
    listed = _numbers(shape, size, style, draw) if inner else _nested(shape, size, style, draw)
    if shape.ascending and style not in ("equal", "ascending", "repeat"):
        listed = f"sorted({listed})"
    return listed if shape.kind == "list" else f"{shape.kind}({listed})"


def _numbers(shape: Several, size: int, style: str, draw: random.Random) -> str:
    element = shape.element
    assert isinstance(element, (Whole, Real))
    low, high = int(element.low), max(int(element.high), int(element.low) + 1)
    wide = -size if element.low < 0 else max(low, 0)
    far = max(high, wide + 4 * size)
    middle = draw.randint(low, high)
    cast = "float" if isinstance(element, Real) else "int"
    one = f"random.randint({low}, {high})" if cast == "int" else f"random.uniform({element.low!r}, {element.high!r})"
    distinct = f"random.sample(range({wide}, {far + size}), {size})"
    made = {
        "random": distinct if shape.distinct and cast == "int" else f"[{one} for _ in range({size})]",
        "wide": f"[random.randint({wide}, {far}) for _ in range({size})]",
        "equal": f"[{middle}] * {size}",
        "ascending": f"list(range({wide}, {wide + size}))",
        "descending": f"list(range({wide + size}, {wide}, -1))",
        "few": f"random.choices([{low}, {high}], k={size})",
        "distinct": distinct,
        "repeat": _repeated(shape, size, draw),
        "last": f"[{low}] * {size - 1} + [{high}]",
        "alternating": f"[{low}, {high}] * {max(1, size // 2)}",
    }
    text = made.get(style) or made["random"]
    drawn = text == made["random"] and not shape.distinct
    return text if cast == "int" or drawn or style == "repeat" else f"list(map(float, {text}))"


def _repeated(shape: Several, size: int, draw: random.Random) -> str:
    """A short one that was seen, over and over; empty where there is none."""
    texts = [(len(value), text) for value in shape.seen if len(value) > 0 and (text := literal(_as_list(value)))]
    if not texts:
        return ""
    length, text = draw.choice(texts)
    return f"{text} * {max(1, size // length)}"


def _as_list(value: Any) -> list[Any]:
    return sorted(value, key=repr) if isinstance(value, (set, frozenset)) else list(value)


def _nested(shape: Several, size: int, style: str, draw: random.Random) -> str:
    """A container of texts or containers: many small ones, few large ones, or as many as they are long."""
    if style == "repeat" and (text := _repeated(shape, size, draw)):
        return text
    root = max(2, math.isqrt(size))
    outer, inner = {"inner": (max(2, root // 8), size), "both": (root, root)}.get(style, (size, 8))
    styles = styles_of(shape.element)
    if style == "equal":
        return f"[{expression(shape.element, inner, styles[0], draw)}] * {outer}"
    element = expression(shape.element, inner, draw.choice(styles[:3]) if style == "both" else styles[0], draw)
    listed = f"[{element} for _ in range({outer})]"
    return f"sorted({listed}, key=repr)" if style == "sorted" else listed


def _fixed(shape: Fixed, size: int, style: str, draw: random.Random) -> str:
    parts = [
        expression(part, size, style if style in styles_of(part) else styles_of(part)[0], draw) for part in shape.parts
    ]
    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"


def _mapping(shape: Mapping, size: int, style: str, draw: random.Random) -> str:
    outer, inner = (size, 8) if style == "outer" else (8, size)
    key = expression(shape.key, max(inner, 8), "random" if isinstance(shape.key, Text) else "wide", draw)
    if isinstance(shape.key, Whole):
        key = f"random.randint({shape.key.low}, {max(shape.key.high, 4 * size)})"
    value = expression(shape.value, inner, styles_of(shape.value)[0], draw)
    return f"{{{key}: {value} for _ in range({outer})}}"


def _either(shape: Either, size: int, style: str, draw: random.Random) -> str:
    if not shape.options:
        return "0"
    texts = [
        expression(option, size, style if style in styles_of(option) else styles_of(option)[0], draw)
        for option in shape.options
    ]
    chosen, *rest = draw.sample(texts, len(texts))
    for other in rest:
        chosen = f"({chosen} if random.random() < 0.5 else {other})"
    return chosen


def _flag(_shape: Flag, _size: int, _style: str, draw: random.Random) -> str:
    return repr(draw.random() < 0.5)


def _literal(shape: Literal, _size: int, _style: str, _draw: random.Random) -> str:
    return literal(shape.value) or "None"


_WRITERS: dict[type, Callable[[Any, int, str, random.Random], str]] = {
    Whole: _whole,
    Real: _real,
    Text: _text,
    Several: _several,
    Fixed: _fixed,
    Mapping: _mapping,
    Either: _either,
    Flag: _flag,
    Literal: _literal,
}
