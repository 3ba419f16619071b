"""A model behind an OpenAI-compatible endpoint: one request, one answer, whatever the endpoint does."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from perfwise.errors import InvalidOption, MissingExtra
from perfwise.improve.contracts import Answer, Request

if TYPE_CHECKING:
    import httpx

__all__ = ["ChatClient", "prompt_tokens"]

_AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_MOST_BYTES = 4_000_000  # of an answer; a program is thousands
_SHOWN = 200


@dataclass(frozen=True)
class ChatClient:
    """Asks `POST {url}/chat/completions`. A failure of the endpoint is an answer without text, never an exception.

    Redirects are not followed, so that a key goes nowhere but to the address that was given. An answer longer than 4 MB
    is given up. Where the endpoint does not say what it spent, three bytes are counted as a token.

    Args:
        url: of the endpoint, with its version, e.g. `http://127.0.0.1:8000/v1`.
        model: as the endpoint names it.
        key: sent as a bearer token; empty: none.
        timeout_s: the most that one try may take, from connecting to the last byte; positive.
        tries: how often a request is sent at most where the endpoint is busy, broken or out of reach.
        usd_per_token: price of a token of (prompt, answer); (0, 0) where it is not known.
        pause: waits some seconds between tries.
    Raises: InvalidOption for an address that is none, or a bound out of range.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    timeout_s: float = 120.0
    tries: int = 3
    usd_per_token: tuple[float, float] = (0.0, 0.0)
    pause: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise InvalidOption(f"{self.url!r} is no address of a model; give one as http://127.0.0.1:8000/v1")
        if self.timeout_s <= 0 or self.tries < 1:
            raise InvalidOption(
                f"a model needs a positive timeout and at least one try, got {self.timeout_s} s, {self.tries}"
            )

    @property
    def name(self) -> str:
        """The model's; where it runs does not belong to the question that is asked."""
        return self.model

    def ask(self, request: Request) -> Answer:
        """Ask, and again where that may help. Raises: MissingExtra without httpx."""
        answer, again = Answer("", failure="not asked"), True
        for number in range(self.tries):
            if number:
                self.pause(min(2.0**number, 30.0))
            answer, again = self._try(request)
            if not again:
                break
        return answer

    def _try(self, request: Request) -> tuple[Answer, bool]:
        """Returns: what came, and whether another try may bring more."""
        httpx = _httpx()
        deadline = time.monotonic() + self.timeout_s
        headers = {"authorization": f"Bearer {self.key}"} if self.key else {}
        address = f"{self.url.rstrip('/')}/chat/completions"
        try:
            with (
                httpx.Client(timeout=self.timeout_s, follow_redirects=False, trust_env=False) as client,
                client.stream("POST", address, json=self._body(request), headers=headers) as response,
            ):
                data = _read(response, deadline)
                status = response.status_code
        except httpx.TimeoutException:
            return Answer("", failure=f"no answer within {self.timeout_s:g} s"), True
        except httpx.HTTPError as error:
            return Answer("", failure=f"the endpoint cannot be reached: {error or type(error).__name__}"), True
        except _TooLong:
            return Answer("", failure=f"the answer is longer than {_MOST_BYTES:,} bytes"), False
        if status != 200:
            return Answer("", failure=f"the endpoint says {status}: {_shown(data)}"), status in _AGAIN
        return self._answer(request, data), False

    def _body(self, request: Request) -> dict[str, Any]:
        return {
            **request.options,
            "model": self.model,
            "messages": [{"role": each.role, "content": each.content} for each in request.messages],
            "temperature": request.temperature,
            "max_tokens": request.max_tokens,
            "seed": request.sample,
            "stream": False,
        }

    def _answer(self, request: Request, data: bytes) -> Answer:
        try:
            document = json.loads(data)
            text = document["choices"][0]["message"]["content"]
        except (ValueError, KeyError, IndexError, TypeError, RecursionError):
            return Answer("", failure=f"the endpoint's answer is none of a chat: {_shown(data)}")
        if not isinstance(text, str) or not text.strip():
            return Answer("", *self._spent(document, request, ""), failure="the model said nothing")
        return Answer(text, *self._spent(document, request, text))

    def _spent(self, document: Mapping[str, Any], request: Request, text: str) -> tuple[int, float]:
        usage = document.get("usage")
        told = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")] if isinstance(usage, dict) else []
        counts = [each for each in told if type(each) is int and each >= 0]
        if len(counts) != 2:
            counts = [prompt_tokens(request), len(text.encode("utf-8", "replace")) // 3]
        return sum(counts), sum(count * price for count, price in zip(counts, self.usd_per_token, strict=True))


def prompt_tokens(request: Request) -> int:
    """The most tokens that a request's messages are: three bytes are at least one in the tokenisers in use."""
    return sum(len(message.content.encode("utf-8", "replace")) // 3 + 8 for message in request.messages)


class _TooLong(Exception):
    pass


def _read(response: "httpx.Response", deadline: float) -> bytes:
    """The body. A server that drips a byte at a time is ended by the deadline, not only by its silence."""
    httpx, data = _httpx(), bytearray()
    for part in response.iter_bytes():
        data += part
        if len(data) > _MOST_BYTES:
            raise _TooLong
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("the deadline has passed")
    return bytes(data)


def _shown(data: bytes) -> str:
    text = " ".join(data[: 4 * _SHOWN].decode("utf-8", "replace").split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _httpx() -> Any:
    try:
        import httpx
    except ImportError as cause:
        raise MissingExtra("asking a model needs httpx: pip install 'perfwise[improve]'") from cause
    return httpx
