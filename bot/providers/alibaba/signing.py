"""ACS3-HMAC-SHA256, the signature of Alibaba Cloud's current gateway.

Source: "V3 request structure and signature". Signed are `host` and every `x-acs-*` header;
`accept` and `user-agent` are not, for a proxy may alter them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"
_NO_BODY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Key:
    """What one request is signed with; *security_token* is "" for a permanent key."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)


def canonical_query(parameters: Mapping[str, str]) -> str:
    """The query as it is signed and as it goes out: sorted by name, each byte of a value but
    `A-Z a-z 0-9 - _ . ~` percent-encoded in upper case."""
    return "&".join(f"{name}={quote(value, safe='')}" for name, value in sorted(parameters.items()))


def canonical_request(
    method: str, path: str, query: str, headers: Mapping[str, str], payload_hash: str
) -> str:
    """The text whose hash is signed; *headers* are those to be signed and no others."""
    lines = sorted((name.lower(), value.strip()) for name, value in headers.items())
    block = "".join(f"{name}:{value}\n" for name, value in lines)
    names = ";".join(name for name, _value in lines)
    return "\n".join((method, path, query, block, names, payload_hash))


def authorization(key: Key, request: str, headers: Mapping[str, str]) -> str:
    """The `Authorization` header for a canonical *request* over exactly *headers*."""
    text = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(key.access_key_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    names = ";".join(sorted(name.lower() for name in headers))
    return f"{ALGORITHM} Credential={key.access_key_id},SignedHeaders={names},Signature={signature}"


def signed_headers(
    key: Key, *, host: str, operation: str, version: str, query: str, at: datetime, nonce: str
) -> dict[str, str]:
    """All headers of a POST to `/` without a body. *host* carries the port where it is not the
    scheme's own; *at* is UTC; *nonce* must never repeat."""
    headers = {
        "host": host,
        "x-acs-action": operation,
        "x-acs-version": version,
        "x-acs-date": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-content-sha256": _NO_BODY,
    }
    if key.security_token:
        headers["x-acs-accesskey-id"] = key.access_key_id
        headers["x-acs-security-token"] = key.security_token
    request = canonical_request("POST", "/", query, headers, _NO_BODY)
    headers["Authorization"] = authorization(key, request, headers)
    headers["Accept"] = "application/json"  # the gateway's own default is XML
    return headers
