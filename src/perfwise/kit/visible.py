"""Foreign text made safe to show: what steers a terminal or turns a page's reading order is spelt out."""

import unicodedata

__all__ = ["visible"]

_KEPT = frozenset("\n\t")
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, invisible marks, lone surrogates, odd line ends


def visible(text: str) -> str:
    """The text with every control character spelt out, so that a program's output cannot steer who shows it.

    >>> visible(chr(27) + "[2J gone").startswith(chr(92) + "x1b[2J")
    True
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if _safe(character) else _spelt(character) for character in text)


def _safe(character: str) -> bool:
    return character in _KEPT or unicodedata.category(character) not in _UNSAFE


def _spelt(character: str) -> str:
    return (
        character.encode("ascii", "backslashreplace").decode() if ord(character) > 127 else f"\\x{ord(character):02x}"
    )
