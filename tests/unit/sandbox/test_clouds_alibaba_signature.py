"""Alibaba Cloud's signatures, as the embedded cloud verifies them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.sandbox.clouds.alibaba_signature import HttpCall, matches, parse_timestamp, present

_DATA = Path(__file__).parents[2] / "data" / "alibaba"
_FILES = (
    "acs3_hmac_sha256_sdk",
    "acs3_hmac_sha256_minimal_headers",
    "rpc_hmac_sha1_core_sdk",
    "rpc_hmac_sha1_tea_sdk",
    "published_examples",
)


def _cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{name}-{case['name']}")
        for name in _FILES
        for case in json.loads((_DATA / f"{name}.json").read_text())["cases"]
    ]


def _call(case: dict[str, Any]) -> HttpCall:
    if "signed_parameters" in case:
        query = urlencode({**case["signed_parameters"], "Signature": case["signature"]})
    else:
        query = urlencode(case["parameters"])
    headers = {name.lower(): value for name, value in case.get("headers", {}).items()}
    if "authorization" in case:
        headers["authorization"] = case["authorization"]
    return HttpCall(
        method=case["method"],
        path=case["path"],
        query=case.get("wire_query", query),
        headers=headers,
        body=case.get("body", "").encode(),
    )


@pytest.mark.parametrize("case", _cases())
def test_what_the_official_tools_signed_is_accepted(case: dict[str, Any]) -> None:
    call = _call(case)
    claims = present(call)
    assert claims is not None
    assert claims.access_key_id == case["credentials"]["access_key_id"]
    assert claims.security_token == (case["credentials"]["security_token"] or "")
    assert matches(call, case["credentials"]["access_key_secret"])


@pytest.mark.parametrize("case", _cases())
def test_one_flipped_bit_anywhere_is_refused(case: dict[str, Any]) -> None:
    call, secret = _call(case), case["credentials"]["access_key_secret"]
    other_method = "GET" if call.method == "POST" else "POST"
    tampered = [replace(call, method=other_method), replace(call, query=f"{call.query}&OrderId=1")]
    if "authorization" in call.headers:
        authorization = call.headers["authorization"]
        tampered += [
            replace(call, body=b"x"),
            replace(call, path="/other"),
            _with_header(call, "x-acs-action", "CancelOrders"),
            _with_header(call, "x-acs-date", "2026-11-21T08:30:01Z"),
            _with_header(call, "host", "evil.example"),
            _with_header(call, "authorization", authorization[:-1] + _flip(authorization[-1])),
        ]
    assert not matches(call, secret[:-1] + _flip(secret[-1]))
    assert [other for other in tampered if matches(other, secret)] == []


def test_a_header_of_the_gateway_that_is_not_signed_is_refused() -> None:
    case = json.loads((_DATA / "acs3_hmac_sha256_minimal_headers.json").read_text())["cases"][0]
    call, secret = _call(case), case["credentials"]["access_key_secret"]
    assert matches(call, secret)
    assert not matches(_with_header(call, "x-acs-security-token", "smuggled"), secret)


def test_an_unsigned_request_claims_nothing() -> None:
    assert present(HttpCall(method="GET", path="/", query="Action=QueryOrders", headers={})) is None


@pytest.mark.parametrize("text", ["", "2026-11-21T08:30:00", "2026-13-21T08:30:00Z", "20261121"])
def test_a_time_in_another_form_is_none(text: str) -> None:
    assert parse_timestamp(text) is None


def _with_header(call: HttpCall, name: str, value: str) -> HttpCall:
    return replace(call, headers={**call.headers, name: value})


def _flip(character: str) -> str:
    return chr(ord(character) ^ 1)
