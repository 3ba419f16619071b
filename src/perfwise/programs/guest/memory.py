"""How much linear memory an instance holds, seen from the host's side, where the system shows its mappings.

The engine's Python package has no way to ask. But a linear memory lies between two reservations that nobody may touch,
begins with the snapshot's image, which has a name, and only ever grows: so its length after a run is the run's peak.
"""

import re
from pathlib import Path

__all__ = ["images", "linear_bytes"]

_MAPPINGS = Path("/proc/self/maps")
_LINE = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) (\S{4}) \S+ \S+ \S+ *(.*)$", re.MULTILINE)
_IMAGE = re.compile(r"/guest-[0-9a-f]+\.cwasm$|memfd:wasm-memory-image")  # from the cache, or compiled in this process


def images() -> frozenset[int]:
    """Addresses of the snapshots that are mapped now, one an instance; empty where the system does not tell."""
    return frozenset(low for low, _, rights, name in _mapped() if rights == "rw-p" and _IMAGE.search(name))


def linear_bytes(image: int) -> int:
    """Bytes of the linear memory around the snapshot at this address; 0 if there is none."""
    low = high = 0
    for begin, end, rights, _ in _mapped():
        if rights != "rw-p" or begin != high:
            if low <= image < high:
                break
            low = begin
        high = end
    return high - low if low <= image < high else 0


def _mapped() -> list[tuple[int, int, str, str]]:
    try:
        text = _MAPPINGS.read_text("utf-8", "replace")
    except OSError:
        return []
    return [(int(low, 16), int(high, 16), rights, name) for low, high, rights, name in _LINE.findall(text)]
