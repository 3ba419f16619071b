"""A server that speaks as OpenAI-compatible endpoints do, on a free port of this machine, with scripted behaviour."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with server.lock:
            number = len(server.seen)
            server.seen.append((self.path, dict(self.headers), body))
        server.replies[min(number, len(server.replies) - 1)](self, body)

    def log_message(self, *_):
        pass

    def send(self, data: bytes, status: int = 200, length: int | None = None, headers: dict[str, str] | None = None):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data) if length is None else length))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


def says(text: str, usage: Any = None) -> Reply:
    """A well-formed answer."""
    document = {"choices": [{"message": {"role": "assistant", "content": text}}]}
    if usage is not None:
        document["usage"] = usage
    return lambda handler, _body: handler.send(json.dumps(document).encode())


def sends(data: bytes, status: int = 200, **headers: str) -> Reply:
    """These bytes."""
    return lambda handler, _body: handler.send(data, status, headers=headers)


def breaks_off(handler: Handler, _body: dict[str, Any]) -> None:
    """Promises more than it sends, and goes."""
    handler.send(b'{"choices": [', length=1000)
    handler.close_connection = True


def hangs(handler: Handler, _body: dict[str, Any]) -> None:
    """Says nothing until the test is over."""
    handler.server.over.wait(30)
    handler.close_connection = True


@contextlib.contextmanager
def endpoint(*replies: Reply) -> Iterator[ThreadingHTTPServer]:
    """Serves the replies in turn, the last one for ever; `seen` has the requests, `url` the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.replies, server.seen = replies, []
    server.lock, server.over = threading.Lock(), threading.Event()
    server.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
