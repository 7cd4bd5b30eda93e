"""The two HTTP clients of an account: one for reads, one for what must be sent once.

Reads go over the aiohttp transport, the fast one. It repeats a PUT whose line dropped and reports a
drop after the act as a connect time-out, so whatever must be sent once uses httpx's own transport.
The aiohttp transport also writes the query in its own spelling (`%2A` as `*`): each parameter
arrives unchanged, its bytes may differ. httpx's own transport sends the URL byte for byte.
"""

from __future__ import annotations

from functools import cache
from ssl import SSLContext

import aiohttp
import httpx
import httpx_aiohttp

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
_TIMEOUT = httpx.Timeout(connect=3.0, read=8.0, write=8.0, pool=5.0)


def reading_client(proxy: str | None) -> httpx.AsyncClient:
    return _client(
        httpx_aiohttp.AiohttpTransport(verify=_trusted(), trust_env=False, proxy=_via(proxy))
    )


def sending_client(proxy: str | None) -> httpx.AsyncClient:
    return _client(
        httpx.AsyncHTTPTransport(
            verify=_trusted(),
            trust_env=False,
            proxy=_via(proxy),
            retries=0,
            limits=httpx.Limits(max_keepalive_connections=0),  # a stale line looks like a drop
        )
    )


def _client(transport: httpx.AsyncBaseTransport) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=transport,
        trust_env=False,
        follow_redirects=False,
        timeout=_TIMEOUT,
        headers={"User-Agent": "countersign"},
    )


def _via(proxy: str | None) -> httpx.Proxy | None:
    return httpx.Proxy(proxy) if proxy else None


@cache
def _trusted() -> SSLContext:
    return httpx.create_ssl_context(trust_env=False)
