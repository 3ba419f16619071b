"""What every command shares on its way to the terminal: two consoles, and texts made safe to show."""

from typing import TYPE_CHECKING

from perfwise.kit.visible import visible as shown

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["complain", "errors", "output", "shown"]


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
