"""The command line: one thin file a command; only this package prints or exits."""


def main() -> None:
    """Entry point of the `perfwise` command."""
