"""What every command shares on its way to the terminal: two consoles, and texts made safe to show."""

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["complain", "errors", "output", "shown"]

_KEPT = frozenset("\n\t")
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # controls, invisible marks, lone surrogates, odd line ends


def output() -> "Console":
    """Where results go: plain text where it is no terminal, and never broken by markup in a name."""
    return _console(stderr=False)


def errors() -> "Console":
    """Where everything goes that is not the result: progress, notes, errors."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> "Console":
    from rich.console import Console

    return Console(stderr=stderr, markup=False, highlight=False, emoji=False)


def complain(message: str) -> None:
    """One error message."""
    errors().print(f"perfwise: {shown(message)}", soft_wrap=True)


def shown(text: str) -> str:
    """A text with every control character spelt out, so that a program's output cannot steer the terminal.

    >>> shown(chr(27) + "[2J gone").startswith(chr(92) + "x1b[2J")
    True
    """
    return "".join(character if _safe(character) else _spelt(character) for character in text)


def _safe(character: str) -> bool:
    return character in _KEPT or unicodedata.category(character) not in _UNSAFE


def _spelt(character: str) -> str:
    return (
        character.encode("ascii", "backslashreplace").decode() if ord(character) > 127 else f"\\x{ord(character):02x}"
    )
