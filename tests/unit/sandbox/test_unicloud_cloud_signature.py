"""The embedded Unicloud's verifier (Alibaba Cloud's older scheme too) against the vectors."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from bot.sandbox.clouds.alibaba_signature import HttpCall, matches

_DATA = Path(__file__).parents[2] / "data" / "unicloud" / "signing.json"
_VECTORS: list[dict[str, Any]] = [
    vector
    for vector in json.loads(_DATA.read_text(encoding="utf-8"))["vectors"]
    if vector["name"] != "order-detail-minimal"  # names no method of signing
]
_NAMES = [vector["name"] for vector in _VECTORS]


def _call(vector: dict[str, Any]) -> HttpCall:
    path, _, query = vector["wire_target"].partition("?")
    return HttpCall(method=vector["method"], path=path, query=query, headers={})


@pytest.mark.parametrize("vector", _VECTORS, ids=_NAMES)
def test_a_documented_signature_is_accepted(vector: dict[str, Any]) -> None:
    assert matches(_call(vector), vector["credentials"]["sk"])


@pytest.mark.parametrize("vector", _VECTORS, ids=_NAMES)
def test_whatever_was_changed_on_the_way_is_noticed(vector: dict[str, Any]) -> None:
    call, secret = _call(vector), vector["credentials"]["sk"]
    assert not matches(replace(call, query=f"{call.query}&More=1"), secret)
    assert not matches(replace(call, method="PUT"), secret)
    assert not matches(call, f"{secret}x")


def test_the_usual_mistakes_of_signing_are_refused() -> None:
    vector = next(one for one in _VECTORS if "wrong_signatures" in one)
    call = _call(vector)
    right = vector["signature_url_encoded"]
    wrong = vector["wrong_signatures"].values()
    assert len(wrong) == 6
    for signature in wrong:
        query = call.query.replace(right, quote(signature, safe=""))
        assert query != call.query
        assert not matches(replace(call, query=query), vector["credentials"]["sk"])
