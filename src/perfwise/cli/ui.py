"""`perfwise ui`: live pages of a store."""

from typing import TYPE_CHECKING, Annotated

import typer

from perfwise.cli.options import StoreOption

if TYPE_CHECKING:
    import socket

__all__ = ["serve_pages"]


def serve_pages(
    host: Annotated[str, typer.Option(help="Address to answer on; any but this machine's own demands a token.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for a free one.")] = 8642,
    *,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="PERFWISE_UI_TOKEN", show_envvar=True, help="What visitors must bring. By default one is made up."
        ),
    ] = None,
    store: StoreOption = None,
) -> None:
    """Show the store's runs, comparisons and methods as pages of a browser, and running studies as they grow.

    The pages only read. They end with Ctrl-C.
    """
    from urllib.parse import quote

    from perfwise.cli.terminal import output
    from perfwise.core.store import open_store
    from perfwise.errors import InvalidOption, MissingExtra

    try:
        import uvicorn

        from perfwise.web.access import LOOPBACK
        from perfwise.web.app import make_app
    except ImportError as cause:
        raise MissingExtra(f"the pages need {cause.name}: pip install 'perfwise[web]'") from cause
    if token is not None and (len(token) < 8 or not (token.isascii() and token.isprintable())):
        raise InvalidOption("a token has at least 8 characters, printable ASCII")
    token = token if token or host in LOOPBACK else _made_up()
    with open_store(store, create=False) as opened:
        listening = _listening(host, port)
        name = f"[{host}]" if ":" in host else host
        address = f"http://{name}:{listening.getsockname()[1]}/"
        output().print(f"{address}?token={quote(token)}" if token else address, soft_wrap=True)
        output().print("Ctrl-C ends it.", style="dim")
        config = uvicorn.Config(make_app(opened, token=token), log_level="warning", access_log=False, lifespan="off")
        uvicorn.Server(config).run(sockets=[listening])


def _made_up() -> str:
    import secrets

    return secrets.token_urlsafe(24)


def _listening(host: str, port: int) -> "socket.socket":
    """Bound before anything is said, so that a second server on one port is told of, not shared with."""
    import errno
    import socket

    from perfwise.errors import InvalidOption

    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise InvalidOption(f"there is no address {host!r} here: {error.strerror or error}") from error
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port is free again as soon as its server ends
        bound.bind(place)
        bound.listen(128)
    except OSError as error:
        bound.close()
        taken = error.errno == errno.EADDRINUSE
        reason = "is taken, perhaps by another perfwise ui; --port 0 takes a free one" if taken else error.strerror
        raise InvalidOption(f"port {port} of {host} {reason}") from error
    return bound
