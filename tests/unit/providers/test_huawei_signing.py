"""Huawei Cloud's signature against every request that the official SDK signed."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.providers.clients import Request
from bot.providers.huawei.auth import Call, KeyGrant
from bot.providers.huawei.signing import (
    authorization,
    canonical_request,
    encode_query,
    string_to_sign,
)
from bot.providers.transport import Transport
from tests.unit.providers.huawei_loopback import DATA, NOW, FixedClock

FILES = sorted(DATA.glob("*.json"))
VECTORS = [vector for file in FILES for vector in json.loads(file.read_text("utf-8"))["vectors"]]

every_vector = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])


def query_of(vector: dict[str, Any]) -> list[tuple[str, str]]:
    """Values as text: the SDK's callers may give booleans and numbers."""
    return [
        (name, value if isinstance(value, str) else json.dumps(value))
        for name, value in vector["query"]
    ]


def target_of(vector: dict[str, Any]) -> str:
    query = encode_query(query_of(vector))
    return f"{vector['path']}?{query}" if query else str(vector["path"])


def signed_headers_of(vector: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """The canonical request, and the headers with their Authorization."""
    headers = dict(vector["headers"])
    body = (vector["body"] or "").encode()
    canonical = canonical_request(
        vector["method"], vector["path"], encode_query(query_of(vector)), headers, body
    )
    to_sign = string_to_sign(canonical, headers["X-Sdk-Date"])
    signed = authorization(
        to_sign,
        headers,
        access_key_id=vector["credentials"]["ak"],
        secret_access_key=vector["credentials"]["sk"],
    )
    return canonical, {**headers, "Authorization": signed}


def test_no_vector_is_left_out() -> None:
    assert len(VECTORS) == 51


@every_vector
def test_each_step_of_the_signature_is_the_sdks(vector: dict[str, Any]) -> None:
    canonical, headers = signed_headers_of(vector)
    assert canonical == vector["canonical_request"]
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    assert digest == vector["canonical_request_sha256"]
    assert string_to_sign(canonical, headers["X-Sdk-Date"]) == vector["string_to_sign"]
    assert headers["Authorization"] == vector["authorization"]


@every_vector
async def test_the_bytes_on_the_line_are_those_that_were_signed(vector: dict[str, Any]) -> None:
    assert target_of(vector) == vector["wire_target"]
    _canonical, headers = signed_headers_of(vector)
    body = (vector["body"] or "").encode()
    async with raw_server() as (port, heard):
        request = Request(
            vector["method"], f"http://127.0.0.1:{port}{target_of(vector)}", headers, body
        )
        transport = Transport("t", requests_per_second=100, timeout_s=5, clock=FixedClock())
        await transport.send_once(request, lambda answer: answer.status, operation="other")
        await transport.aclose()
    head, _blank, sent = bytes(heard).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    assert first == f"{vector['method']} {vector['wire_target']} HTTP/1.1"
    arrived = {
        name.lower(): value.strip() for name, _, value in (ln.partition(":") for ln in lines)
    }
    assert {name.lower(): arrived[name.lower()] for name in headers} == {
        name.lower(): value for name, value in headers.items()
    }
    assert sent == body


@given(
    st.lists(st.tuples(st.text("aB~ &=é", max_size=2), st.text("aB~ &=é")), max_size=5).flatmap(
        lambda pairs: st.tuples(st.just(pairs), st.permutations(pairs))
    )
)
def test_the_order_of_parameters_does_not_change_the_signature(
    given_and_mixed: tuple[list[tuple[str, str]], list[tuple[str, str]]],
) -> None:
    pairs, mixed = given_and_mixed
    assert encode_query(pairs) == encode_query(mixed)


def test_all_that_says_who_calls_is_signed() -> None:
    grant = KeyGrant("AK", "secret-of-the-key", "token-of-the-key", "domain-1")
    call = Call("GET", "https://bss.myhuaweicloud.com", "/v2/x", (("limit", "1"),), "zh_CN")
    headers = grant.request(call, NOW).headers
    assert headers["X-Sdk-Date"] == "20240531T120000Z"
    assert headers["X-Security-Token"] == "token-of-the-key"
    assert (
        "SignedHeaders=content-type;host;x-domain-id;x-language;x-sdk-date;x-security-token,"
        in headers["Authorization"]
    )


def test_a_grant_and_its_request_hide_their_secrets() -> None:
    grant = KeyGrant("AK", "secret-of-the-key", "token-of-the-key", None)
    shown = repr(grant) + repr(grant.request(Call("GET", "https://h", "/p"), NOW))
    assert "secret-of-the-key" not in shown
    assert "token-of-the-key" not in shown
    assert "Signature" not in shown


@asynccontextmanager
async def raw_server() -> AsyncIterator[tuple[int, bytearray]]:
    """A socket that keeps one request as its bytes and answers `{}`."""
    heard = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        heard.extend(head)
        lengths = [ln for ln in head.lower().split(b"\r\n") if ln.startswith(b"content-length:")]
        if lengths:
            heard.extend(await reader.readexactly(int(lengths[0].split(b":")[1])))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], heard
