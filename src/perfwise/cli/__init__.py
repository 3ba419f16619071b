"""The command line: one thin file a command; only this package prints or exits."""

import os
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the `perfwise` command; always ends by SystemExit.

    Args:
        arguments: None: those of the process.
    """
    from perfwise.cli.app import app
    from perfwise.errors import PerfwiseError

    try:
        app(args=None if arguments is None else list(arguments), prog_name="perfwise")
    except PerfwiseError as error:
        from perfwise.cli.terminal import complain

        complain(str(error))
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of a pipe has seen enough; Python must not complain again at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception:  # a fault of ours; 1 would be taken for a broken rule of a gate
        import traceback

        from perfwise.errors import HarnessError

        traceback.print_exc()
        sys.exit(HarnessError.exit_code)
