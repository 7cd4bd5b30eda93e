"""Signed calls to the embedded Alibaba Cloud for tests: RPC HMAC-SHA1, written from its rules."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx

from bot.sandbox.clouds.book import CloudAccount

# No certificates to load: that takes longer than a test.
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def loopback_client(url: str, *, read_timeout_s: float = 10) -> httpx.AsyncClient:
    """A client for plain HTTP to the embedded clouds at *url*."""
    timeout = httpx.Timeout(10, read=read_timeout_s)
    return httpx.AsyncClient(base_url=url, verify=_NO_TLS, timeout=timeout)


def signed_query(
    account: CloudAccount,
    action: str,
    *,
    method: str = "POST",
    **parameters: str,
) -> str:
    """The query of one call; *parameters* are added to, or override, the common ones."""
    sent = {
        "Action": action,
        "Version": "2017-12-14",
        "Format": "JSON",
        "AccessKeyId": account.access_key_id,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": uuid.uuid4().hex,
        "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),  # noqa: TID251
    }
    if account.security_token:
        sent["SecurityToken"] = account.security_token
    if account.owner_id:
        sent["OwnerId"] = account.owner_id
    sent |= parameters
    query = "&".join(f"{_encode(name)}={_encode(sent[name])}" for name in sorted(sent))
    to_sign = f"{method}&%2F&{_encode(query)}"
    key = f"{account.access_key_secret}&".encode()
    signature = base64.b64encode(hmac.new(key, to_sign.encode(), hashlib.sha1).digest()).decode()
    return f"{query}&Signature={_encode(signature)}"


async def call(
    http: httpx.AsyncClient, account: CloudAccount, action: str, **parameters: str
) -> httpx.Response:
    return await http.post(f"/?{signed_query(account, action, **parameters)}")


async def payload(
    http: httpx.AsyncClient, account: CloudAccount, action: str, **parameters: str
) -> Any:
    """`Data` of a call that succeeds."""
    answer = (await call(http, account, action, **parameters)).json()
    assert answer["Success"] is True, answer
    return answer["Data"]


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")
