"""Who may see the live pages, and what a browser may do with them."""

import secrets
from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["LOOPBACK", "Guard"]

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_COOKIE = "perfwise-token"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Lets a request in by its token, or on loopback by the host it asks for; adds the security headers.

    Args:
        app: what is guarded.
        token: that a visitor must bring as `Authorization: Bearer`, as `?token=`, or in the cookie that the latter
            leaves; None: whoever reaches the port may look.
        hosts: names that the page answers to where there is no token, so that no other site's name can be pointed at
            this machine (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, token: str | None, hosts: Collection[str] = LOOPBACK) -> None:
        self._app = app
        self._token = token
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, with_headers)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if self._token is None:
            if _host(headers.get("host", "")) in self._hosts:
                return None
            return PlainTextResponse(f"these pages answer to {', '.join(sorted(self._hosts))} only", 403)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == "token"]
        if any(map(self._matches, given)):
            return self._remembering(scope, [pair for pair in query if pair[0] != "token"])
        if self._matches(_bearer(headers)) or self._matches(_cookie(headers)):
            return None
        told = "a token is needed: the address that `perfwise ui` shows, or the header Authorization: Bearer TOKEN"
        return PlainTextResponse(told, 401, {"WWW-Authenticate": 'Bearer realm="perfwise"'})

    def _matches(self, given: str) -> bool:
        assert self._token is not None
        return secrets.compare_digest(given.encode(), self._token.encode())

    def _remembering(self, scope: Scope, query: list[tuple[str, str]]) -> Response | None:
        """A page's address loses its token, which would else stay in the history; a program's request is answered."""
        assert self._token is not None
        if scope["path"].startswith("/api") or scope["method"] not in {"GET", "HEAD"}:
            return None
        path = "/" + scope["path"].lstrip("/")  # `//elsewhere` would be another site
        response = RedirectResponse(f"{path}?{urlencode(query)}" if query else path, 303)
        response.set_cookie(_COOKIE, self._token, httponly=True, samesite="strict")
        return response


def _host(header: str) -> str:
    """Name or address without port and brackets."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()


def _bearer(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _cookie(headers: Headers) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(_COOKIE)
    except CookieError:
        return ""
    return "" if morsel is None else morsel.value
