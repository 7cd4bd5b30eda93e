"""HMAC-SHA1 over the sorted query, the RPC scheme with signature version 1.0.

Source: Unicloud document 37965207 (signature), 2021-09-17. Neither path nor host is signed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import quote

_BARE = "-._~"  # besides letters and digits; everything else becomes %XX


def canonical_query(params: Mapping[str, str]) -> str:
    """Every parameter but Signature, sorted by name in byte order, percent-encoded once."""
    names = sorted((name for name in params if name != "Signature"), key=str.encode)
    return "&".join(f"{_percent(name)}={_percent(params[name])}" for name in names)


def string_to_sign(method: str, params: Mapping[str, str]) -> str:
    return f"{method}&%2F&{_percent(canonical_query(params))}"


def signature(method: str, params: Mapping[str, str], secret: str) -> str:
    """Base64 text, not yet percent-encoded."""
    key = f"{secret}&".encode()
    digest = hmac.new(key, string_to_sign(method, params).encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def signed_query(method: str, params: Mapping[str, str], secret: str) -> str:
    """The query to send, byte for byte."""
    signed = _percent(signature(method, params, secret))
    return f"{canonical_query(params)}&Signature={signed}"


def _percent(text: str) -> str:
    return quote(text, safe=_BARE)
