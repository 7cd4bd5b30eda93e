"""The embedded Huawei Cloud's own verifier against what the official SDK signed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.clouds.huawei_signature import (
    Authorization,
    SignedRequest,
    canonical_request,
    is_signed_by,
    parse_authorization,
    string_to_sign,
)

_DATA = Path(__file__).parents[2] / "data" / "huawei"
_VECTORS: list[dict[str, Any]] = [
    vector
    for file in sorted(_DATA.glob("*.json"))
    for vector in json.loads(file.read_text(encoding="utf-8"))["vectors"]
]
_NAMES = [vector["name"] for vector in _VECTORS]


def _request(vector: dict[str, Any]) -> SignedRequest:
    return SignedRequest(
        method=vector["method"],
        target=vector["wire_target"],
        headers={name.lower(): value for name, value in vector["headers"]},
        body=(vector["body"] or "").encode(),
    )


def _authorization(vector: dict[str, Any]) -> Authorization:
    authorization = parse_authorization(vector["authorization"])
    assert authorization is not None
    return authorization


def test_every_vector_is_here() -> None:
    assert len(_VECTORS) == 51


@pytest.mark.parametrize("vector", _VECTORS, ids=_NAMES)
def test_what_the_official_sdk_signed_is_accepted(vector: dict[str, Any]) -> None:
    request, authorization = _request(vector), _authorization(vector)
    assert authorization.access_key_id == vector["credentials"]["ak"]
    assert canonical_request(request, authorization.signed_headers) == vector["canonical_request"]
    assert string_to_sign(request, authorization.signed_headers) == vector["string_to_sign"]
    assert is_signed_by(vector["credentials"]["sk"], request, authorization)


@pytest.mark.parametrize("vector", _VECTORS, ids=_NAMES)
def test_whatever_was_changed_on_the_way_is_noticed(vector: dict[str, Any]) -> None:
    request, authorization = _request(vector), _authorization(vector)
    secret = vector["credentials"]["sk"]
    separator = "&" if "?" in request.target else "?"
    changed = [
        replace(request, method="POST" if request.method != "POST" else "GET"),
        replace(request, target=f"{request.target}{separator}more=1"),
        replace(request, target=f"/x{request.target}"),
        *(
            replace(request, headers={**request.headers, name: "changed"})
            for name in authorization.signed_headers
        ),
    ]
    if "x-sdk-content-sha256" not in request.headers:
        changed.append(replace(request, body=request.body + b" "))
    assert not any(is_signed_by(secret, other, authorization) for other in changed)
    assert not is_signed_by(f"{secret}x", request, authorization)


@given(position=st.integers(0, 63), bit=st.integers(0, 3), number=st.integers(0, 50))
def test_one_flipped_bit_of_the_signature_is_refused(position: int, bit: int, number: int) -> None:
    vector = _VECTORS[number]
    authorization = _authorization(vector)
    digits = list(authorization.signature)
    digits[position] = f"{int(digits[position], 16) ^ (1 << bit):x}"
    flipped = replace(authorization, signature="".join(digits))
    assert not is_signed_by(vector["credentials"]["sk"], _request(vector), flipped)


def test_the_date_has_to_be_signed() -> None:
    vector = _VECTORS[0]
    authorization = replace(_authorization(vector), signed_headers=("host",))
    assert not is_signed_by(vector["credentials"]["sk"], _request(vector), authorization)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer abc", "SDK-HMAC-SHA256 Access=a, SignedHeaders=host", "SDK-HMAC-SHA256 Access=a"],
)
def test_another_scheme_is_no_authorization(header: str) -> None:
    assert parse_authorization(header) is None
