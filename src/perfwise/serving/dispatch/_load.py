"""How loaded a replica is, as dispatchers measure it."""

from perfwise.errors import InvalidOption
from perfwise.kit.compiled import compilable
from perfwise.serving.contracts import Row

__all__ = ["load", "measure_number"]

_MEMORY, _WAITING, _REQUESTS = range(3)
_MEASURES = {"memory": _MEMORY, "waiting": _WAITING, "requests": _REQUESTS}


@compilable()
def load(replica: Row, measure: float) -> float:
    """By memory: (used + wanted by the waiting) / total blocks; else a number of requests."""
    if measure == _WAITING:
        return float(replica.waiting)
    if measure == _REQUESTS:
        return float(replica.waiting + replica.holders)
    used = replica.total_blocks - replica.free_blocks - replica.kept_blocks
    return (used + replica.waiting_blocks) / replica.total_blocks


def measure_number(name: str) -> int:
    """What `load` takes. Raises: InvalidOption naming the measures that there are."""
    if name not in _MEASURES:
        raise InvalidOption(f"load is measured by {', '.join(_MEASURES)}, not by {name!r}")
    return _MEASURES[name]
