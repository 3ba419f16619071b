"""Rebuild the guest: `python -m perfwise.programs.guest.build [FOLDER]`. Needs the extra `[guest]`.

Two builds from the same inputs differ in a few bytes (the snapshot keeps entropy of its build), and with them the
counts, by up to 0.2 %. So one build is pinned: this file makes a new one, `guest.json` records its digest, and counts
of different guests are never compared silently. See docs/decisions/.
"""

import hashlib
import importlib.metadata
import json
import lzma
import os
import subprocess
import sys
import tempfile
from pathlib import Path

__all__ = ["build", "sources_digest"]

_HERE = Path(__file__).parent


def build(folder: Path = _HERE) -> str:
    """Build the guest into `guest.wasm.xz` and its record `guest.json`.

    Args:
        folder: where to put the two files.
    Returns: SHA-256 of the uncompressed guest.
    Raises: subprocess.CalledProcessError if the builder fails.
    """
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "guest.wasm"
        command = [
            str(Path(sys.executable).with_name("componentize-py")),
            "--wit-path",
            str(_HERE / "app" / "world.wit"),
        ]
        command += [
            "--world",
            "guest",
            "componentize",
            "--python-path",
            str(_HERE / "app"),
            "app",
            "--output",
            str(made),
        ]
        # A bare environment: the builder would otherwise pick up the host's site-packages.
        environment = {
            name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT", "TMPDIR") if name in os.environ
        }
        subprocess.run(command, check=True, env=environment | {"PYTHONHASHSEED": "0"}, cwd=scratch)
        data = made.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    packed = folder / "guest.wasm.xz.new"
    packed.write_bytes(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME))
    packed.replace(folder / "guest.wasm.xz")
    record = {
        "sha256": digest,
        "bytes": len(data),
        "interpreter": "CPython 3.14.0 wasm32",
        "builder": f"componentize-py {importlib.metadata.version('componentize-py')}",
        "sources": sources_digest(),
    }
    (folder / "guest.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return digest


def sources_digest() -> str:
    """SHA-256 over the guest's own sources, by which a test knows that the pinned guest was built from them."""
    digest = hashlib.sha256()
    for path in sorted((_HERE / "app").glob("*.*")):
        digest.update(f"{path.name}\0{len(path.read_bytes())}\0".encode() + path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    print(build(Path(sys.argv[1]) if len(sys.argv) > 1 else _HERE))
