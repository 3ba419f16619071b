import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from perfwise.core.store import Store, open_store


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    headers: dict[str, str]

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Server:
    """A running `perfwise ui`, asked over HTTP as a browser would."""

    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, headers: dict[str, str] | None = None, **query: object) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            address = quote(path, safe="/?=&%") + (f"?{urlencode(query)}" if query else "")
            connection.request("GET", address, headers=headers or {})
            got = connection.getresponse()
            return Answer(got.status, got.read().decode(), {name.lower(): value for name, value in got.getheaders()})
        finally:
            connection.close()


@contextmanager
def serving(store: Store, token: str | None = None) -> Iterator[Server]:
    uvicorn = pytest.importorskip("uvicorn", reason="pages need perfwise[web]")
    from perfwise.web.app import make_app

    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make_app(store, token=token), log_level="error", lifespan="off"))
    thread = threading.Thread(target=lambda: server.run(sockets=[listening]), daemon=True)
    thread.start()
    try:
        yield Server(listening.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "store.db") as opened:
        yield opened


@pytest.fixture
def serve(store: Store) -> Iterator[Callable[..., Server]]:
    """Starts a server of the store; it ends with the test."""
    running = []

    def start(token: str | None = None) -> Server:
        context = serving(store, token)
        running.append(context)
        return context.__enter__()

    yield start
    for context in running:
        context.__exit__(None, None, None)
