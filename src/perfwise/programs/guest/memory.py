"""How much linear memory instances hold, seen from the host's side, where the system shows its mappings.

The engine's Python package has no way to ask. But a linear memory lies between two reservations that nobody may touch,
holds the snapshot's image, which has a name, and only ever grows: so its length after a run is the run's peak.
"""

from pathlib import Path

__all__ = ["linear_memories"]

_MAPPINGS = Path("/proc/self/maps")
_IMAGES = (b".cwasm", b"/memfd:wasm-memory-image")  # from the cache, or from the process that compiled the guest


def linear_memories() -> dict[int, int]:
    """Bytes of each linear memory by the address of its image; empty where the system does not tell."""
    try:
        text = _MAPPINGS.read_bytes()
    except OSError:
        return {}
    if not any(name in text for name in _IMAGES):
        return {}
    lines = text.split(b"\n")
    found = {}
    for index, line in enumerate(lines):
        if b" rw-p " in line and any(name in line for name in _IMAGES):
            found[_range(line)[0]] = _end(lines, index) - _begin(lines, index)
    return found


def _begin(lines: list[bytes], index: int) -> int:
    """Where the writable stretch that a line is part of begins."""
    begin = _range(lines[index])[0]
    while index and b" rw-p " in lines[index - 1] and _range(lines[index - 1])[1] == begin:
        index -= 1
        begin = _range(lines[index])[0]
    return begin


def _end(lines: list[bytes], index: int) -> int:
    end = _range(lines[index])[1]
    while b" rw-p " in lines[index + 1] and _range(lines[index + 1])[0] == end:
        index += 1
        end = _range(lines[index])[1]
    return end


def _range(line: bytes) -> tuple[int, int]:
    low, _, high = line.partition(b" ")[0].partition(b"-")
    return int(low, 16), int(high, 16)
