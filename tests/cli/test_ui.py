import contextlib
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from perfwise.core.store import open_store

pytest.importorskip("fastapi", reason="pages need perfwise[web]")
pytest.importorskip("uvicorn", reason="pages need perfwise[web]")


@contextlib.contextmanager
def started(place, *arguments):
    """`perfwise ui` in a process of its own, and the address that it tells."""
    command = [sys.executable, "-u", "-m", "perfwise", "ui", "--port", "0", "--store", str(place), *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process.stdout.readline().strip(), process
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()


@pytest.fixture
def place(tmp_path):
    with open_store(tmp_path / "store.db") as store:
        store.begin("programs", {}, "2024-05-01", 1, name="nightly")
    return tmp_path / "store.db"


def text(address):
    with urllib.request.urlopen(address) as answer:
        return answer.read().decode()


def test_pages_are_served_on_this_machine_alone(place):
    with started(place) as (address, _):
        assert address.startswith("http://127.0.0.1:")
        assert "nightly" in text(address)


def test_another_address_demands_a_token_and_tells_one(place):
    with started(place, "--host", "0.0.0.0") as (address, _):
        port, token = re.fullmatch(r"http://0\.0\.0\.0:(\d+)/\?token=(\S{20,})", address).groups()
        assert "nightly" in text(f"http://127.0.0.1:{port}/api/runs?token={token}")
        with pytest.raises(urllib.error.HTTPError, match="401"):
            text(f"http://127.0.0.1:{port}/")


def test_a_second_server_on_one_port_is_told_of(place, perfwise):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = perfwise("ui", "--port", str(port), "--store", str(place))
    assert done.code == 2
    assert f"port {port} of 127.0.0.1 is taken, perhaps by another perfwise ui; --port 0 takes a free one" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--token", "short"], 2, "at least 8 characters"),
        (["--host", "no.such.host.invalid"], 2, "no address 'no.such.host.invalid' here"),
        (["--store", "gone.db"], 6, "there is no store at"),
    ],
)
def test_what_cannot_be_served_is_said(place, perfwise, arguments, code, said):
    given = [] if "--store" in arguments else ["--store", str(place)]
    done = perfwise("ui", "--port", "0", *given, *arguments)
    assert done.code == code
    assert said in done.err
