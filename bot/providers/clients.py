"""The two HTTP clients of an account: one for reads, one for what must be sent once.

Reads go over aiohttp itself, the fast one. It repeats a PUT whose line dropped, so whatever must be
sent once goes over httpx's own transport. Both send the URL byte for byte, follow no redirect, keep
no cookie and heed none of the machine's proxy settings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from ssl import SSLContext
from typing import Protocol

import aiohttp
import httpx
from yarl import URL

FOREIGN = (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, UnicodeError)
# Of these, what httpx's own transport raises before the first byte of a request has left.
# UnicodeError is a header that no line can carry.
NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.InvalidURL,
    UnicodeError,
)
_AGENT = {"User-Agent": "countersign"}
_CONNECT, _READ, _WRITE, _POOL = 3.0, 8.0, 8.0, 5.0  # seconds
_KEPT = 5.0  # seconds that a line stays open for the next read


@dataclass(frozen=True, slots=True)
class Request:
    """One signed request. *url* is complete, query included; it may hold a signature, so neither
    it nor headers and body are in the repr."""

    method: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Whole:
    """An answer, read to its end; names of *headers* in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class TooLong(Exception):
    """The answer is longer than it may be."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Client(Protocol):
    async def exchange(self, request: Request, *, longest: int) -> Whole:
        """Send *request* and read at most *longest* bytes. Raises TooLong and FOREIGN."""
        ...

    async def aclose(self) -> None: ...


class ReadingClient:
    """For one event loop, in which its session is opened at the first read."""

    def __init__(self, proxy: str | None) -> None:
        self._proxy = proxy
        self._trusted = _trusted()
        self._session: aiohttp.ClientSession | None = None

    async def exchange(self, request: Request, *, longest: int) -> Whole:
        session = self._session = self._session or self._opened()
        sent = session.request(
            request.method,
            _url(request.url),
            headers=request.headers,
            data=request.body or None,
            allow_redirects=False,
            proxy=self._proxy,
        )
        async with sent as response:
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > longest:
                    raise TooLong(response.status)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Whole(response.status, headers, bytes(body))

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._trusted, keepalive_timeout=_KEPT),
            timeout=aiohttp.ClientTimeout(connect=_POOL, sock_connect=_CONNECT, sock_read=_READ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_AGENT,
            skip_auto_headers=["Content-Type"],
        )


class SendingClient:
    """Sends once and no more."""

    def __init__(self, proxy: str | None) -> None:
        self._client = sending_client(proxy)

    async def exchange(self, request: Request, *, longest: int) -> Whole:
        wire = self._client.build_request(
            request.method, request.url, headers=request.headers, content=request.body
        )
        response = await self._client.send(wire, stream=True)
        try:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > longest:
                    raise TooLong(response.status_code)
        finally:
            await response.aclose()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Whole(response.status_code, headers, bytes(body))

    async def aclose(self) -> None:
        await self._client.aclose()


def sending_client(proxy: str | None) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.AsyncHTTPTransport(
            verify=_trusted(),
            trust_env=False,
            proxy=httpx.Proxy(proxy) if proxy else None,
            retries=0,
            limits=httpx.Limits(max_keepalive_connections=0),  # a stale line looks like a drop
        ),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(connect=_CONNECT, read=_READ, write=_WRITE, pool=_POOL),
        headers=_AGENT,
    )


def _url(text: str) -> URL:
    """As it was signed. Raises aiohttp.InvalidURL, without the URL: it may hold a signature."""
    try:
        return URL(text, encoded=True)
    except ValueError:
        raise aiohttp.InvalidURL("…") from None


@cache
def _trusted() -> SSLContext:
    return httpx.create_ssl_context(trust_env=False)
