"""ACS3-HMAC-SHA256 against every vector of that scheme."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from bot.providers.alibaba.signing import (
    Key,
    authorization,
    canonical_query,
    canonical_request,
    signed_headers,
)
from tests.loopback import Asked
from tests.unit.providers.alibaba_account import DATA, SECRET, a_row, alibaba, good


def cases(file: str) -> list[Any]:
    vectors = json.loads((DATA / file).read_text("utf-8"))["cases"]
    scheme = "ACS3-HMAC-SHA256"
    return [
        pytest.param(case, id=f"{file.removesuffix('.json')}-{case['name']}")
        for case in vectors
        if case.get("scheme", scheme) == scheme
    ]


MINIMAL = cases("acs3_hmac_sha256_minimal_headers.json")
ALL = [*MINIMAL, *cases("acs3_hmac_sha256_sdk.json"), *cases("published_examples.json")]


def key_of(case: dict[str, Any]) -> Key:
    parts = case["credentials"]
    return Key(parts["access_key_id"], parts["access_key_secret"], parts["security_token"] or "")


def test_no_vector_was_lost() -> None:
    assert (len(MINIMAL), len(ALL)) == (17, 17 + 16 + 2)


@pytest.mark.parametrize("case", ALL)
def test_exactly_the_headers_of_a_vector_give_its_signature(case: dict[str, Any]) -> None:
    query = canonical_query({name: str(value) for name, value in case["parameters"].items()})
    signed = case["signed_headers"].split(";")
    headers = {name: text for name, text in case["headers"].items() if name.lower() in signed}
    payload_hash = hashlib.sha256(case["body"].encode()).hexdigest()
    request = canonical_request(case["method"], case["path"], query, headers, payload_hash)
    assert query == case["canonical_query"]
    assert payload_hash == case["hashed_payload"]
    assert request == case["canonical_request"]
    assert authorization(key_of(case), request, headers) == case["authorization"]


@pytest.mark.parametrize(
    "case", [case for case in MINIMAL if not str(case.id).endswith("token_header_only")]
)
def test_the_headers_of_a_request_are_those_of_the_vector(case: dict[str, Any]) -> None:
    wanted = case["headers"]
    at = datetime.strptime(wanted["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    headers = signed_headers(
        key_of(case),
        host=case["host"],
        operation=case["operation"],
        version=wanted["x-acs-version"],
        query=canonical_query(case["parameters"]),
        at=at,
        nonce=wanted["x-acs-signature-nonce"],
    )
    assert headers == wanted | {"Accept": "application/json"}


def test_a_key_shows_nothing_but_its_id() -> None:
    assert repr(Key("id-1", "the-secret", "the-token")) == "Key(access_key_id='id-1')"


def verified(asked: Asked) -> bool:
    """As the gateway does it: from the decoded parameters, with the headers that were sent."""
    query = "&".join(f"{name}={quote(text, safe='')}" for name, text in sorted(asked.query.items()))
    signed = asked.headers["authorization"].split("SignedHeaders=")[1].split(",")[0]
    block = "".join(f"{name}:{asked.headers[name]}\n" for name in signed.split(";"))
    payload = hashlib.sha256(asked.body).hexdigest()
    request = f"{asked.method}\n/\n{query}\n{block}\n{signed}\n{payload}".encode()
    text = f"ACS3-HMAC-SHA256\n{hashlib.sha256(request).hexdigest()}".encode()
    wanted = hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()
    return asked.headers["authorization"].endswith(f"Signature={wanted}")


@pytest.mark.parametrize(
    "order_id", ["500491030350914", "订单 50*04~91+03!'()", 'a/b&c=d%20;[{"@:,']
)
async def test_a_server_verifies_what_arrives_however_the_query_is_spelled(order_id: str) -> None:
    async with alibaba(good(OrderList={"Order": [a_row(order_id)]})) as cloud:
        order = await cloud.adapter.get_order(order_id, language="en")
    (asked,) = cloud.server.asked
    assert order.order_id == asked.query["OrderId"] == order_id
    assert verified(asked)
