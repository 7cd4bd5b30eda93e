"""When a cloud is asked again, and when not: pauses, deadlines, a refused key, an outage."""

from __future__ import annotations

import asyncio
import time

import pytest
import stamina

from bot.errors import (
    ProviderError,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnavailable,
    Remedy,
)
from bot.providers.clients import Request
from bot.providers.retries import DOWN_AFTER, DOWN_S, REST_S, Health, asked_wait
from tests.loopback import DROP, Reply
from tests.unit.providers.one_cloud import NOON, a_cloud, in_turn, judge


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(Reply(status=503), id="503"),
        pytest.param(Reply(status=429), id="429"),
        pytest.param(Reply(body=b"<html>busy</html>"), id="no JSON"),
        pytest.param(Reply(body=b"[1]"), id="no object"),
        pytest.param(DROP, id="dropped"),
        pytest.param(Reply(body={"a": "b" * 5000}, cut=100), id="dropped mid-body"),
        pytest.param(Reply(raw=b"\x16\x03garbage\r\n\r\n"), id="garbage"),
    ],
)
async def test_a_read_is_repeated_until_there_is_an_answer(trouble: Reply) -> None:
    async with a_cloud(in_turn(trouble, trouble, Reply({"ok": True}))) as cloud:
        assert await cloud.read() == {"ok": True}
        assert cloud.observed[-1] == ("list_orders", "ok")
        assert len(cloud.server.asked) == 3


async def test_each_attempt_is_signed_anew() -> None:
    nonces = iter("abc")
    async with a_cloud(in_turn(DROP, DROP, Reply())) as cloud:
        await cloud.transport.read(
            lambda: Request("POST", cloud.server.url, {"nonce": next(nonces)}), judge, operation="x"
        )
        assert [asked.headers["nonce"] for asked in cloud.server.asked] == ["a", "b", "c"]


async def test_a_read_gives_up_after_three_attempts() -> None:
    async with a_cloud(in_turn(Reply(status=500))) as cloud:
        with pytest.raises(ProviderUnavailable):
            await cloud.read()
        assert len(cloud.server.asked) == 3
        assert cloud.observed == [("list_orders", "unavailable")] * 3


async def test_a_refusal_is_not_repeated() -> None:
    async with a_cloud(in_turn(Reply(status=403))) as cloud:
        with pytest.raises(ProviderRefused):
            await cloud.read()
        assert cloud.observed == [("list_orders", "refused")]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30.0),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:07 GMT"}, 7.0),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:07 -0000"}, 7.0),
        ({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"x-acs-retry-after": "1500"}, 1.5),
        ({"x-acs-retry-after": "soon", "retry-after": "2"}, 2.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_the_wait_that_an_answer_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_wait(headers, NOON) == seconds


async def test_a_throttled_read_waits_as_told() -> None:
    stamina.set_testing(False)
    throttled = Reply(status=429, headers={"x-acs-retry-after": "150"})
    async with a_cloud(in_turn(throttled, Reply())) as cloud:
        started = time.monotonic()
        await cloud.read()
        assert 0.15 <= time.monotonic() - started < 1.0


async def test_no_attempt_starts_when_the_deadline_is_nearer_than_the_wait() -> None:
    async with a_cloud(in_turn(Reply(status=429, headers={"Retry-After": "30"}))) as cloud:
        with pytest.raises(ProviderThrottled) as caught:
            await cloud.read()
        assert caught.value.retry_after_s == 30.0
        assert len(cloud.server.asked) == 1


async def test_a_cloud_that_does_not_answer_is_left_at_the_deadline() -> None:
    async with a_cloud(lambda _asked: Reply(delay_s=5), timeout_s=0.3) as cloud:
        with pytest.raises(ProviderUnavailable, match=r"no answer within 0\.3 s"):
            await cloud.read()
        assert cloud.observed == [("list_orders", "unavailable")]


async def test_the_deadline_covers_all_attempts() -> None:
    async with a_cloud(lambda _asked: Reply(status=500, delay_s=0.3), timeout_s=0.5) as cloud:
        started = time.monotonic()
        with pytest.raises(ProviderUnavailable):
            await cloud.read()
        assert time.monotonic() - started < 0.8


async def test_waiting_for_the_rate_limit_is_within_the_deadline_and_no_fault_of_the_cloud() -> (
    None
):
    async with a_cloud(in_turn(Reply()), timeout_s=0.05, per_second=1) as cloud:
        await cloud.read()
        for _ in range(DOWN_AFTER + 1):
            with pytest.raises(ProviderUnavailable, match="not asked"):
                await cloud.read()
        assert len(cloud.server.asked) == 1


async def test_calls_beyond_the_burst_leave_at_the_rate_of_the_account() -> None:
    async with a_cloud(in_turn(Reply()), per_second=50) as cloud:
        started = time.monotonic()
        await asyncio.gather(*(cloud.read() for _ in range(12)))
        assert 7 / 50 <= time.monotonic() - started < 1.0


async def test_after_a_refused_key_the_account_rests_five_minutes() -> None:
    async with a_cloud(in_turn(Reply(status=401), Reply())) as cloud:
        with pytest.raises(ProviderRefused):
            await cloud.read()
        cloud.monotonic.now += REST_S - 1
        for call in (
            cloud.read(),
            cloud.transport.send_once(cloud.request("PUT"), judge, operation="cancel_order"),
        ):
            with pytest.raises(ProviderRefused) as caught:
                await call
            assert caught.value.remedy is Remedy.REST
        assert len(cloud.server.asked) == 1
        cloud.monotonic.now += 1
        assert await cloud.read() == {}


@pytest.mark.parametrize("status", [400, 403])
async def test_other_refusals_do_not_make_it_rest(status: int) -> None:
    async with a_cloud(in_turn(Reply(status=status), Reply())) as cloud:
        with pytest.raises(ProviderRefused):
            await cloud.read()
        assert await cloud.read() == {}


async def test_a_wrong_key_is_tried_once_however_many_calls_begin_together() -> None:
    async with a_cloud(in_turn(Reply(status=401, delay_s=0.02))) as cloud:
        results = await asyncio.gather(*(cloud.read() for _ in range(8)), return_exceptions=True)
        assert {type(result) for result in results} == {ProviderRefused}
        assert len(cloud.server.asked) == 1


async def test_a_cloud_that_is_down_is_asked_again_every_30_seconds() -> None:
    async with a_cloud(in_turn(*[Reply(status=500)] * 18, Reply())) as cloud:
        for _ in range(DOWN_AFTER):
            with pytest.raises(ProviderUnavailable, match="down"):
                await cloud.read()
        with pytest.raises(ProviderUnavailable, match="5 times in a row"):
            await cloud.read()
        assert len(cloud.server.asked) == 15
        cloud.monotonic.now += DOWN_S
        probe, other = await asyncio.gather(cloud.read(), cloud.read(), return_exceptions=True)
        assert (str(probe), str(other)) == ("down", "no answer 5 times in a row")
        cloud.monotonic.now += DOWN_S
        assert await cloud.read() == {}
        assert await cloud.read() == {}


async def test_an_order_that_must_go_out_is_sent_to_a_cloud_that_is_down() -> None:
    async with a_cloud(in_turn(*[Reply(status=500)] * 15, Reply())) as cloud:
        for _ in range(DOWN_AFTER):
            with pytest.raises(ProviderUnavailable):
                await cloud.read()
        request = cloud.request("PUT")
        assert await cloud.transport.send_once(request, judge, operation="cancel_order") == {}


async def test_a_cloud_that_throttles_or_refuses_is_not_down() -> None:
    busy = [*[Reply(status=500)] * 12, *[Reply(status=429)] * 3, Reply(status=403)]
    async with a_cloud(in_turn(*busy, *[Reply(status=500)] * 3, Reply())) as cloud:
        for _ in range(DOWN_AFTER + 2):
            with pytest.raises(ProviderError):
                await cloud.read()
        assert await cloud.read() == {}


@pytest.mark.parametrize("remedy", [Remedy.RENEW_TOKEN, Remedy.CHECK_CLOCK])
def test_a_signature_that_stays_refused_after_one_renewal_makes_the_account_rest(
    remedy: Remedy,
) -> None:
    health = Health("account", lambda: 0.0)
    refused = ProviderRefused("refused", account="account", remedy=remedy)
    health.judge(refused, known=health.refusals)
    health.ask_key("get_order")
    health.judge(refused, known=health.refusals)
    with pytest.raises(ProviderRefused) as caught:
        health.ask_key("get_order")
    assert caught.value.remedy is Remedy.REST


def test_a_good_answer_between_two_refused_tokens_keeps_the_account_awake() -> None:
    health = Health("account", lambda: 0.0)
    refused = ProviderRefused("refused", account="account", remedy=Remedy.RENEW_TOKEN)
    health.judge(refused, known=health.refusals)
    health.answered()
    health.judge(refused, known=health.refusals)
    health.ask_key("get_order")
