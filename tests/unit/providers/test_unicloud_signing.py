"""Unicloud's signature against every vector, and against captured requests of the same scheme."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.providers.unicloud.signing import (
    canonical_query,
    signature,
    signed_query,
    string_to_sign,
)

DATA = Path(__file__).parents[2] / "data"
VECTORS = json.loads((DATA / "unicloud" / "signing.json").read_text("utf-8"))["vectors"]
SAME_SCHEME = [
    pytest.param(case, id=f"{sdk}-{case['name']}")
    for sdk in ("core", "tea")
    for case in json.loads((DATA / "alibaba" / f"rpc_hmac_sha1_{sdk}_sdk.json").read_text("utf-8"))[
        "cases"
    ]
]


def params_of(vector: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in vector["params"]}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_each_step_of_the_signature_is_the_documented_one(vector: dict[str, Any]) -> None:
    params, secret = params_of(vector), vector["credentials"]["sk"]
    assert canonical_query(params) == vector["canonical_query"]
    assert string_to_sign(vector["method"], params) == vector["string_to_sign"]
    assert signature(vector["method"], params, secret) == vector["signature"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_query_goes_out_as_it_was_signed(vector: dict[str, Any]) -> None:
    query = signed_query(vector["method"], params_of(vector), vector["credentials"]["sk"])
    path, _, expected = vector["wire_target"].partition("?")
    assert f"{path}?{query}" == vector["wire_target"]
    assert query == expected


def test_no_usual_mistake_comes_out() -> None:
    with_mistakes = [vector for vector in VECTORS if "wrong_signatures" in vector]
    assert with_mistakes
    for vector in with_mistakes:
        ours = signature(vector["method"], params_of(vector), vector["credentials"]["sk"])
        assert ours not in vector["wrong_signatures"].values()
        assert len(vector["wrong_signatures"]) == 6


@pytest.mark.parametrize("case", SAME_SCHEME)
def test_the_same_scheme_as_captured_from_another_vendors_sdk(case: dict[str, Any]) -> None:
    signed, secret = case["signed_parameters"], case["credentials"]["access_key_secret"]
    assert string_to_sign(case["method"], signed) == case["string_to_sign"]
    assert signature(case["method"], signed, secret) == case["signature"]
