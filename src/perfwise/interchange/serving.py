"""What files of tools that load a server have in common."""

from perfwise.core.outcome import Failure

__all__ = ["SERVER_UNKNOWN", "served_share"]

SERVER_UNKNOWN = "the file does not say which machine served: compare files of one machine only"


def served_share(served: float | None, failed: float | None) -> tuple[float | None, Failure | None]:
    """(quality, failure): the share of requests served among those that ended, and a failure where none was.

    An unknown count of failed requests counts as none; an unknown count of served ones leaves the quality unknown.
    """
    if served is None:
        return None, None
    ended = served + (failed or 0)
    if not served:
        return 0.0, Failure("not-served", f"none of {ended:g} requests was served")
    return served / ended, None
