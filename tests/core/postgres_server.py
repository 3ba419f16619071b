"""A real PostgreSQL server for the tests: its own folder, its own socket, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def postgres_server() -> Iterator[str]:
    """The server's folder, which is its socket's folder too. Skips, saying why, where there is no server program."""
    programs = _programs()
    user = _unprivileged_user()
    folder = Path(tempfile.mkdtemp(prefix="perfwise-pg-"))  # not tmp_path: a socket's path must be short
    try:
        if user is not None:
            shutil.chown(folder, user)
        initdb = [
            programs / "initdb",
            "-D",
            folder / "data",
            "-U",
            "perfwise",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]
        subprocess.run([*initdb, "--locale=C.UTF-8"], cwd=folder, user=user, check=True, capture_output=True)
        settings = ("listen_addresses=", "fsync=off", "shared_buffers=16MB", f"unix_socket_directories={folder}")
        command = [programs / "postgres", "-D", folder / "data", *(word for s in settings for word in ("-c", s))]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(command, cwd=folder, user=user, stdout=log, stderr=log)
        try:
            _wait_until_ready(programs, folder, server)
            yield str(folder)
        finally:
            server.terminate()
            server.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    pytest.skip("no PostgreSQL server on this machine (Debian: apt-get install postgresql)")


def _unprivileged_user() -> str | None:
    """The server refuses to run as root."""
    return "nobody" if os.geteuid() == 0 else None


def _wait_until_ready(programs: Path, folder: Path, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        ready = subprocess.run([programs / "pg_isready", "-q", "-h", folder, "-U", "perfwise"], check=False)
        if ready.returncode == 0:
            return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    pytest.fail(f"PostgreSQL did not start: {(folder / 'log').read_text()}")
