"""HTTP to a cloud: what arrives, what is sent once, what never leaves in a text."""

from __future__ import annotations

import logging
import os
import traceback
from decimal import Decimal
from functools import partial

import pytest
import structlog

from bot.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderMalformed,
    ProviderUnavailable,
)
from bot.providers.clients import Request
from bot.providers.transport import MAX_BODY_BYTES, Answer, Transport
from tests.loopback import DROP, Reply, loopback
from tests.unit.providers.one_cloud import SECRET, FixedClock, a_cloud, in_turn, judge


async def test_an_answer_without_end_is_not_read_to_the_end() -> None:
    async with a_cloud(in_turn(Reply(b" " * (MAX_BODY_BYTES + 1)))) as cloud:
        with pytest.raises(ProviderMalformed, match="longer than 8 MiB"):
            await cloud.read()
        assert len(cloud.server.asked) == 1


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with a_cloud(in_turn(Reply(status=302, headers={"Location": "/else"}))) as cloud:
        assert await cloud.read(lambda answer: answer.status) == 302
        assert len(cloud.server.asked) == 1


async def test_numbers_arrive_exactly_and_header_names_in_lower_case() -> None:
    body = b'{"id": 12345678901234567890123, "amount": 0.10}'
    async with a_cloud(in_turn(Reply(body, headers={"X-Request-Id": "r-1"}))) as cloud:
        answer = await cloud.read(lambda answer: answer)
        assert isinstance(answer, Answer)
        assert answer.json == {"id": 12345678901234567890123, "amount": Decimal("0.10")}
        assert str(answer.json["amount"]) == "0.10"
        assert answer.headers["x-request-id"] == "r-1"


@pytest.mark.parametrize("body", [b'{"a": NaN}', b'{"a": 1e99999999999999999999}', b"[" * 100_000])
async def test_what_no_reader_should_take_for_json_is_none(body: bytes) -> None:
    async with a_cloud(in_turn(Reply(body))) as cloud:
        answer = await cloud.read(lambda answer: answer)
        assert isinstance(answer, Answer)
        assert answer.json is None
        assert body.decode().startswith(answer.text[:8])


QUERY = "a=%E4%BA%91%20*~%2B%2F%26%3D%25&b=%2A%7E%27%28%29&c="


async def test_sent_once_the_url_goes_out_byte_for_byte() -> None:
    async with a_cloud(in_turn(Reply())) as cloud:
        request = Request("POST", f"{cloud.server.url}/?{QUERY}")
        await cloud.transport.send_once(request, judge, operation="cancel_order")
        assert cloud.server.asked[0].target == f"/?{QUERY}"


async def test_read_every_parameter_arrives_unchanged() -> None:
    async with a_cloud(in_turn(Reply())) as cloud:
        url = f"{cloud.server.url}/?{QUERY}"
        await cloud.transport.read(lambda: Request("POST", url), judge, operation="x")
        assert cloud.server.asked[0].query == {"a": "云 *~+/&=%", "b": "*~'()", "c": ""}
        assert cloud.server.asked[0].headers["content-length"] == "0"


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize(
    "trouble", [DROP, Reply(status=500), Reply(status=429), Reply(raw=b"x\r\n")]
)
async def test_what_must_be_sent_once_is_sent_once(method: str, trouble: Reply) -> None:
    async with a_cloud(in_turn(trouble)) as cloud:
        with pytest.raises(ProviderUnavailable):
            await cloud.transport.send_once(cloud.request(method), judge, operation="cancel_order")
        assert len(cloud.server.asked) == 1
        assert len(cloud.observed) == 1


async def test_the_machines_proxy_settings_do_not_count() -> None:
    os.environ["HTTP_PROXY"] = os.environ["ALL_PROXY"] = "http://127.0.0.1:9"
    async with a_cloud(in_turn(Reply())) as cloud:
        assert await cloud.read() == {}
        assert await cloud.transport.send_once(cloud.request(), judge, operation="token") == {}


async def test_a_configured_proxy_carries_both_clients() -> None:
    async with loopback(in_turn(Reply())) as proxy:
        transport = Transport(
            "main", requests_per_second=99, timeout_s=5, clock=FixedClock(), proxy=proxy.url
        )
        request = Request("POST", "http://cloud.example/orders")
        await transport.read(lambda: request, judge, operation="list_orders")
        await transport.send_once(request, judge, operation="cancel_order")
        await transport.aclose()
        assert [asked.target for asked in proxy.asked] == ["http://cloud.example/orders"] * 2


@pytest.mark.parametrize(
    "trouble",
    [
        DROP,
        Reply(raw=b"HTTP/1.1 garbage\r\n\r\n"),
        Reply(cut=1),
        Reply(status=500),
        Reply(status=401),
    ],
)
@pytest.mark.parametrize("once", [True, False])
async def test_no_url_and_no_secret_in_errors_tracebacks_and_logs(
    caplog: pytest.LogCaptureFixture, trouble: Reply, once: bool
) -> None:
    """Pitfall 46, the transport's part."""
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as lines:
        async with a_cloud(in_turn(trouble)) as cloud:
            request = cloud.request("POST")
            if once:
                call = cloud.transport.send_once(request, judge, operation="cancel_order")
            else:
                call = cloud.transport.read(lambda: request, judge, operation="list_orders")
            with pytest.raises(ProviderError) as caught:
                await call
    told = [str(caught.value), repr(caught.value), caplog.text, str(lines), repr(request)]
    told += [repr(vars(caught.value)), "".join(traceback.format_exception(caught.value))]
    assert any(line["event"] == "provider_call_failed" for line in lines)
    for text in told:
        assert SECRET not in text
        assert "127.0.0.1" not in text


async def test_an_address_that_cannot_be_reached_is_an_outage_without_an_address() -> None:
    async with a_cloud(in_turn(Reply())) as cloud:
        for url in (f"http://127.0.0.1:9/x?{SECRET}", f"http://[broken?{SECRET}"):
            unreachable = partial(Request, "GET", url)
            with pytest.raises(ProviderUnavailable) as caught:
                await cloud.transport.read(unreachable, judge, operation="list_orders")
            assert SECRET not in "".join(traceback.format_exception(caught.value))


async def test_a_check_that_finds_a_fault_of_ours_is_told_as_it_is() -> None:
    def invalid(_answer: Answer) -> None:
        raise ProviderInvalid("no", account="main", code="InvalidParameter")

    async with a_cloud(in_turn(Reply())) as cloud:
        with pytest.raises(ProviderInvalid) as caught:
            await cloud.read(invalid)
        assert caught.value.code == "InvalidParameter"
        assert cloud.observed == [("list_orders", "invalid")]
