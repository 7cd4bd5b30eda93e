"""SDK-HMAC-SHA256: the signature of a request. Pure functions, no clock.

Source: Huawei Cloud API signing guide (api-sign-algorithm-001). A canonical text of the request is
hashed, the hash is signed with the secret key as it stands; there is no derived key and no scope.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import quote, unquote

ALGORITHM = "SDK-HMAC-SHA256"
_UNRESERVED = "-_.~"  # kept bare besides letters and digits


def sdk_date(moment: datetime) -> str:
    """`20240517T020304Z`, the value of X-Sdk-Date; *moment* is aware UTC."""
    return f"{moment:%Y%m%dT%H%M%SZ}"


def encode_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Sorted by name, then value, before encoding. Sent as it is signed."""
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in sorted(pairs))


def canonical_request(
    method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> str:
    """The text that is hashed. *path* is percent-encoded as sent, *query* from `encode_query`,
    *headers* are those to sign. The path gets a final slash here, though none is sent."""
    uri = "/".join(_encode(part) for part in unquote(path).split("/"))
    lowered = sorted((name.lower(), value.strip()) for name, value in headers.items())
    return "\n".join(
        (
            method.upper(),
            uri if uri.endswith("/") else f"{uri}/",
            query,
            "".join(f"{name}:{value}\n" for name, value in lowered),
            _signed_headers(headers),
            _payload_hash(dict(lowered), body),
        )
    )


def string_to_sign(canonical: str, date: str) -> str:
    return f"{ALGORITHM}\n{date}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def authorization(
    to_sign: str, headers: Mapping[str, str], *, access_key_id: str, secret_access_key: str
) -> str:
    """The value of the Authorization header; *headers* are those that were signed."""
    digest = hmac.new(secret_access_key.encode(), to_sign.encode(), hashlib.sha256)
    return (
        f"{ALGORITHM} Access={access_key_id}, SignedHeaders={_signed_headers(headers)}, "
        f"Signature={digest.hexdigest()}"
    )


def _signed_headers(headers: Mapping[str, str]) -> str:
    return ";".join(sorted(name.lower() for name in headers))


def _payload_hash(lowered: Mapping[str, str], body: bytes) -> str:
    declared = lowered.get("x-sdk-content-sha256")
    return declared if declared and body else hashlib.sha256(body).hexdigest()


def _encode(text: str) -> str:
    return quote(text, safe=_UNRESERVED)
