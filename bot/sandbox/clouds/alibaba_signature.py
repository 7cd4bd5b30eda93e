"""Alibaba Cloud's two request signatures, from the server's side.

Sources: "V3 request structure and signature" (ACS3-HMAC-SHA256) and "Request syntax and signature
method V2 for RPC APIs" (HMAC-SHA1). Nothing here knows an account: `present` reads what a request
claims, `matches` says whether its signature was made with a secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

ACS3 = "ACS3-HMAC-SHA256"
RPC = "HMAC-SHA1"

_AUTHORIZATION = re.compile(
    rf"{ACS3} Credential=(?P<key>[^,]+), ?SignedHeaders=(?P<names>[^,]+)"
    r", ?Signature=(?P<hex>[0-9a-f]+)"
)
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCall:
    """One request as it came: *query* raw, header names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes = b""

    def parameters(self) -> list[tuple[str, str]]:
        """Query and form parameters, decoded, in the order sent."""
        pairs = parse_qsl(self.query, keep_blank_values=True)
        if self.headers.get("content-type", "").startswith(_FORM):
            pairs += parse_qsl(self.body.decode(errors="replace"), keep_blank_values=True)
        return pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """What a request claims about itself, unverified; "" where it says nothing."""

    scheme: str
    access_key_id: str
    action: str
    version: str
    timestamp: str
    nonce: str
    security_token: str


def present(call: HttpCall) -> Presented | None:
    """The claims of a signed request, or None if it carries neither signature."""
    authorization = _AUTHORIZATION.fullmatch(call.headers.get("authorization", ""))
    if authorization:
        headers = call.headers
        return Presented(
            scheme=ACS3,
            access_key_id=authorization["key"],
            action=headers.get("x-acs-action", ""),
            version=headers.get("x-acs-version", ""),
            timestamp=headers.get("x-acs-date", ""),
            nonce=headers.get("x-acs-signature-nonce", ""),
            security_token=headers.get("x-acs-security-token", ""),
        )
    sent = dict(call.parameters())
    if "Signature" not in sent:
        return None
    return Presented(
        scheme=RPC,
        access_key_id=sent.get("AccessKeyId", ""),
        action=sent.get("Action", ""),
        version=sent.get("Version", ""),
        timestamp=sent.get("Timestamp", ""),
        nonce=sent.get("SignatureNonce", ""),
        security_token=sent.get("SecurityToken", ""),
    )


def matches(call: HttpCall, secret: str) -> bool:
    """True if the request was signed with *secret* and covers all that it has to cover."""
    authorization = _AUTHORIZATION.fullmatch(call.headers.get("authorization", ""))
    if authorization:
        names = authorization["names"].split(";")
        expected = _acs3_signature(call, names, secret)
        return _covers_enough(call, names) and hmac.compare_digest(expected, authorization["hex"])
    sent = dict(call.parameters())
    expected = _rpc_signature(call, secret)
    return sent.get("SignatureMethod") == RPC and hmac.compare_digest(
        expected.encode(), sent.get("Signature", "").encode()
    )


def parse_timestamp(text: str) -> datetime | None:
    """`2026-11-21T08:30:00Z` as aware UTC; None if it is anything else."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _covers_enough(call: HttpCall, names: list[str]) -> bool:
    """Host, every x-acs-* header and the body are covered (Content-Type where there is a body)."""
    needed = {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce"}
    needed |= {name for name in call.headers if name.startswith("x-acs-")}
    if call.body and "content-type" in call.headers:
        needed.add("content-type")
    hashed = hashlib.sha256(call.body).hexdigest()
    return needed <= set(names) and call.headers.get("x-acs-content-sha256") == hashed


def _acs3_signature(call: HttpCall, names: list[str], secret: str) -> str:
    canonical_headers = "".join(f"{n}:{call.headers.get(n, '').strip()}\n" for n in sorted(names))
    query = parse_qsl(call.query, keep_blank_values=True)
    canonical = "\n".join(
        [
            call.method,
            call.path,
            _canonical_query(query),
            canonical_headers,
            ";".join(sorted(names)),
            hashlib.sha256(call.body).hexdigest(),
        ]
    )
    to_sign = f"{ACS3}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()


def _rpc_signature(call: HttpCall, secret: str) -> str:
    signed = [(name, value) for name, value in call.parameters() if name != "Signature"]
    to_sign = f"{call.method}&%2F&{_encode(_canonical_query(signed))}"
    # HMAC-SHA1 is what the provider's older scheme prescribes.
    digest = hmac.new(f"{secret}&".encode(), to_sign.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{_encode(name)}={_encode(value)}" for name, value in sorted(pairs))


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")
