"""Requests to the embedded Huawei Cloud, signed by the official SDK's signer."""

from __future__ import annotations

import ssl
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
from huaweicloudsdkcore.auth.credentials import GlobalCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

from bot.sandbox.clouds.book import CloudAccount
from bot.sandbox.clouds.server import Clouds

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loopback speaks none; loads no certificates
ORDERS = "/v2/orders/customer-orders"


def signed_headers(
    url: str,
    account: CloudAccount,
    *,
    method: str = "GET",
    path: str,
    query: dict[str, str] | None = None,
    body: bytes = b"",
    at: datetime | None = None,
    headers: dict[str, str] | None = None,
) -> dict[str, str]:
    """*at* is the moment of signing, now if None."""
    sent = {"Content-Type": "application/json", **(headers or {})}
    if at is not None:
        sent["X-Sdk-Date"] = at.strftime("%Y%m%dT%H%M%SZ")
    request = SdkRequest(
        method=method,
        host=urlsplit(url).netloc,
        resource_path=path,
        query_params=list((query or {}).items()),
        header_params=sent,
        body=body,
    )
    credentials = GlobalCredentials(account.access_key_id, account.access_key_secret)
    signed: dict[str, str] = Signer(credentials).sign(request).header_params
    return signed


async def call(
    clouds: Clouds,
    account: CloudAccount,
    path: str,
    query: dict[str, str] | None = None,
    *,
    method: str = "GET",
    body: bytes = b"",
    **signing: Any,
) -> httpx.Response:
    headers = signed_headers(
        clouds.url, account, method=method, path=path, query=query, body=body, **signing
    )
    url = clouds.url + path + (f"?{urlencode(query, quote_via=quote)}" if query else "")
    async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as client:
        return await client.request(method, url, headers=headers, content=body)


async def answer(
    clouds: Clouds, account: CloudAccount, path: str, query: dict[str, str] | None = None
) -> dict[str, Any]:
    """The body of a call that succeeds."""
    response = await call(clouds, account, path, query)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def code_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error_code"]
