"""Checks an SDK-HMAC-SHA256 signature as Huawei Cloud's gateway does.

Source: Huawei Cloud API signing guide, "signing algorithm AK/SK". The secret is the HMAC key as it
stands; no scope, region or date is mixed in. Everything here is a pure function of the request.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote

ALGORITHM = "SDK-HMAC-SHA256"
DATE_HEADER = "x-sdk-date"
_CONTENT_HASH_HEADER = "x-sdk-content-sha256"
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} Access=(?P<key>[^,\s]+), SignedHeaders=(?P<headers>[^,\s]+), "
    r"Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True)
class Authorization:
    """The parts of an `Authorization` header; *signed_headers* keeps the order of the header."""

    access_key_id: str
    signed_headers: tuple[str, ...]
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request as it arrived: *target* is path and query still percent-encoded.

    *headers* has lower-case names.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


def parse_authorization(value: str) -> Authorization | None:
    """None for anything that is not this algorithm's header."""
    match = _AUTHORIZATION.fullmatch(value.strip())
    if match is None:
        return None
    return Authorization(match["key"], tuple(match["headers"].split(";")), match["signature"])


def canonical_request(request: SignedRequest, signed_headers: tuple[str, ...]) -> str:
    path, _, query = request.target.partition("?")
    headers = "".join(
        f"{name}:{request.headers.get(name, '').strip()}\n" for name in signed_headers
    )
    return "\n".join(
        (
            request.method.upper(),
            _canonical_path(path),
            _canonical_query(query),
            headers,
            ";".join(signed_headers),
            _payload_hash(request),
        )
    )


def string_to_sign(request: SignedRequest, signed_headers: tuple[str, ...]) -> str:
    digest = hashlib.sha256(canonical_request(request, signed_headers).encode()).hexdigest()
    return f"{ALGORITHM}\n{request.headers.get(DATE_HEADER, '')}\n{digest}"


def is_signed_by(secret: str, request: SignedRequest, authorization: Authorization) -> bool:
    """Whether *secret* made this signature over this request; the date must be among the signed."""
    names = authorization.signed_headers
    if DATE_HEADER not in names or any(name not in request.headers for name in names):
        return False
    message = string_to_sign(request, names).encode()
    expected = hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, authorization.signature)


def _canonical_path(path: str) -> str:
    encoded = "/".join(_encode(part) for part in unquote(path).split("/"))
    return encoded if encoded.endswith("/") else encoded + "/"


def _canonical_query(query: str) -> str:
    """Pairs are sorted before they are encoded, by code point."""
    pairs = []
    for part in query.split("&") if query else ():
        name, _, value = part.partition("=")
        pairs.append((unquote(name), unquote(value)))
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in sorted(pairs))


def _payload_hash(request: SignedRequest) -> str:
    if request.body and _CONTENT_HASH_HEADER in request.headers:
        return request.headers[_CONTENT_HASH_HEADER]
    return hashlib.sha256(request.body).hexdigest()


def _encode(text: str) -> str:
    return quote(text, safe="~")
