"""With which key a cancel goes out, as which request, and what a refused key stops."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest

from bot.domain.orders import CancelEffect
from bot.errors import ProviderRefused, Remedy
from tests.loopback import DROP, Asked, Reply
from tests.unit.providers.cancelling import (
    ALIBABA,
    BY_TOKEN,
    DONE,
    HUAWEI,
    ORDER,
    TOKENS,
    a_cloud,
    a_token,
    is_cancel,
    key_of,
)
from tests.unit.providers.unicloud_loopback import always, at_unicloud

YES, NO, NOT_SENT = CancelEffect.YES, CancelEffect.NO, CancelEffect.NOT_SENT
READ = {
    ALIBABA: Reply(
        {"Success": True, "Data": {"OrderList": {"Order": [{"OrderId": ORDER}]}}, "RequestId": "r"}
    ),
    HUAWEI: Reply({"total_count": 0, "order_info": {"order_id": ORDER}, "order_line_items": []}),
}
READ[BY_TOKEN] = READ[HUAWEI]
Answering = Callable[[Asked], Reply]
KEY_REFUSED = {
    ALIBABA: Reply({"Code": "InvalidAccessKeyId.NotFound", "Message": "words"}, 404),
    HUAWEI: Reply({"error_code": "APIGW.0301", "error_msg": "words"}, 401),
}
TOKEN_RAN_OUT = {
    ALIBABA: Reply({"Code": "InvalidSecurityToken.Expired", "Message": "words"}, 400),
    HUAWEI: Reply({"error_code": "APIGW.0307", "error_msg": "words"}, 401),
}
TOKEN_RAN_OUT[BY_TOKEN] = TOKEN_RAN_OUT[HUAWEI]


@dataclass
class Turning:
    """A secret that has the next value each time its source is read again."""

    values: list[str]
    reads: int = 0

    def value(self) -> str:
        return self.values[min(self.reads, len(self.values) - 1)]

    def refresh(self) -> None:
        self.reads += 1


def cloud_of(kind: str, cancels: Iterable[Reply] = (), tokens: Iterable[Reply] = ()) -> Answering:
    """Answers reads well, cancels and token requests one by one as told, then well."""
    waiting, handed_out = iter(cancels), iter(tokens)

    def answer(asked: Asked) -> Reply:
        if asked.target.startswith(TOKENS):
            return next(handed_out, a_token())
        if is_cancel(asked):
            return next(waiting, DONE[kind])
        return Reply({"total_count": 0}) if "service-types" in asked.target else READ[kind]

    return answer


def proof(asked: Asked) -> str:
    """What a call shows of its key."""
    named = ("authorization", "x-auth-token", "x-acs-security-token", "x-security-token")
    return " ".join(asked.headers.get(name, "") for name in named)


async def test_alibaba_is_asked_by_one_signed_post_that_names_order_and_owner() -> None:
    async with a_cloud(ALIBABA, DONE[ALIBABA], owner_id="12345") as cloud:
        receipt = await cloud.adapter.cancel_order(ORDER)
    assert (receipt.effect, receipt.code, receipt.request_id) == (YES, "Success", "r-1")
    (asked,) = cloud.server.asked
    assert (asked.method, asked.body) == ("POST", b"")
    assert asked.target == f"/?OrderId={ORDER}&OwnerId=12345"
    assert asked.headers["x-acs-action"] == "CancelOrder"
    assert asked.headers["x-acs-version"] == "2017-12-14"
    assert asked.headers["authorization"].startswith("ACS3-HMAC-SHA256 Credential=")


async def test_an_account_without_an_owner_names_none() -> None:
    async with a_cloud(ALIBABA, DONE[ALIBABA]) as cloud:
        await cloud.adapter.cancel_order(ORDER)
    assert cloud.cancels[0].query == {"OrderId": ORDER}


@pytest.mark.parametrize("kind", [HUAWEI, BY_TOKEN])
async def test_huawei_is_asked_by_one_put_with_the_order_in_the_body(kind: str) -> None:
    async with a_cloud(kind, DONE[kind]) as cloud:
        receipt = await cloud.adapter.cancel_order(ORDER)
    assert (receipt.effect, receipt.request_id) == (YES, "r-1")
    (asked,) = cloud.cancels
    assert (asked.method, asked.target) == ("PUT", "/v2/orders/customer-orders/cancel")
    assert json.loads(asked.body) == {"order_id": ORDER}
    assert asked.headers["content-type"] == "application/json"
    assert proof(asked).split()[0] == ("TOKEN-1" if kind == BY_TOKEN else "SDK-HMAC-SHA256")


async def test_text_that_cannot_be_an_order_of_huawei_is_not_sent() -> None:
    async with a_cloud(HUAWEI, DONE[HUAWEI]) as cloud:
        for text in ("", "a/b", "x" * 65, "CS1?x"):
            assert (await cloud.adapter.cancel_order(text)).effect is NOT_SENT
    assert cloud.server.asked == []


async def test_unicloud_says_why_not_and_is_not_called() -> None:
    async with at_unicloud(always({})) as (adapter, cloud):
        receipt = await adapter.cancel_order("1144119593783001088")
    assert receipt.effect is NO
    assert receipt.text == adapter.capabilities.cancel_reason
    assert "documents no API" in receipt.text
    assert cloud.asked == []


@pytest.mark.parametrize("kind", [ALIBABA, HUAWEI])
async def test_a_separate_key_cancels_and_does_nothing_else(kind: str) -> None:
    """The temporary part of the reading key does not go along with it."""
    reading = key_of(kind, "READING-KEY", security_token="READING-TOKEN")
    async with a_cloud(
        kind,
        cloud_of(kind),
        credentials=reading,
        cancel_credentials=key_of(kind, "CANCEL-KEY"),
    ) as cloud:
        await cloud.adapter.get_order(ORDER, language="en")
        assert (await cloud.adapter.cancel_order(ORDER)).effect is YES
        await cloud.adapter.get_order(ORDER, language="en")
    for asked in cloud.server.asked:
        assert ("CANCEL-KEY" in proof(asked)) == is_cancel(asked)
        assert ("READING-" in proof(asked)) != is_cancel(asked)


async def test_a_separate_user_cancels_with_a_token_of_its_own() -> None:
    async with a_cloud(
        BY_TOKEN,
        cloud_of(BY_TOKEN, tokens=[a_token("READING"), a_token("CANCELLING")]),
        cancel_credentials=key_of(BY_TOKEN, iam_user="canceller"),
    ) as cloud:
        await cloud.adapter.get_order(ORDER, language="en")
        assert (await cloud.adapter.cancel_order(ORDER)).effect is YES
        await cloud.adapter.get_order(ORDER, language="en")
    users = [json.loads(asked.body)["auth"]["identity"]["password"] for asked in cloud.tokens]
    assert [user["user"]["name"] for user in users] == ["example-user", "canceller"]
    for asked in cloud.server.asked:
        if not asked.target.startswith(TOKENS):
            assert proof(asked).split()[0] == ("CANCELLING" if is_cancel(asked) else "READING")


async def test_an_account_read_by_key_may_cancel_as_a_user() -> None:
    async with a_cloud(HUAWEI, cloud_of(HUAWEI), cancel_credentials=key_of(BY_TOKEN)) as cloud:
        assert (await cloud.adapter.cancel_order(ORDER)).effect is YES
    assert proof(cloud.cancels[0]).split() == ["TOKEN-1"]


@pytest.mark.parametrize("kind", [ALIBABA, HUAWEI])
async def test_a_refused_cancel_key_rests_and_reads_go_on(kind: str) -> None:
    async with a_cloud(
        kind,
        cloud_of(kind, cancels=[KEY_REFUSED[kind]]),
        cancel_credentials=key_of(kind, "CANCEL-KEY"),
    ) as cloud:
        effects = [(await cloud.adapter.cancel_order(ORDER)).effect for _ in range(2)]
        assert (await cloud.adapter.get_order(ORDER, language="en")).order_id == ORDER
    assert effects == [NO, NOT_SENT]
    assert len(cloud.cancels) == 1


@pytest.mark.parametrize("kind", [ALIBABA, HUAWEI])
async def test_a_refused_key_that_does_both_rests_for_both(kind: str) -> None:
    async with a_cloud(kind, KEY_REFUSED[kind]) as cloud:
        assert (await cloud.adapter.cancel_order(ORDER)).effect is NO
        with pytest.raises(ProviderRefused) as caught:
            await cloud.adapter.get_order(ORDER, language="en")
        receipt = await cloud.adapter.cancel_order(ORDER)
    assert caught.value.remedy is Remedy.REST
    assert receipt.effect is NOT_SENT
    assert "rests" in receipt.text
    assert len(cloud.server.asked) == 1


@pytest.mark.parametrize("kind", [ALIBABA, HUAWEI])
async def test_a_temporary_key_that_ran_out_is_a_no_and_the_next_cancel_has_a_new_one(
    kind: str,
) -> None:
    key = key_of(kind, security_token=Turning(["OLD-TOKEN", "NEW-TOKEN"]))
    async with a_cloud(
        kind, cloud_of(kind, cancels=[TOKEN_RAN_OUT[kind]]), cancel_credentials=key
    ) as cloud:
        receipts = [await cloud.adapter.cancel_order(ORDER) for _ in range(2)]
    assert [receipt.effect for receipt in receipts] == [NO, YES]
    assert receipts[0].code
    assert [proof(asked).split()[-1] for asked in cloud.cancels] == ["OLD-TOKEN", "NEW-TOKEN"]


async def test_a_token_that_bss_refuses_is_a_no_and_the_next_cancel_has_a_new_one() -> None:
    answer = cloud_of(
        BY_TOKEN,
        cancels=[TOKEN_RAN_OUT[BY_TOKEN]],
        tokens=[a_token("TOKEN-1"), a_token("TOKEN-2")],
    )
    async with a_cloud(BY_TOKEN, answer) as cloud:
        receipts = [await cloud.adapter.cancel_order(ORDER) for _ in range(2)]
    assert [(receipt.effect, receipt.code) for receipt in receipts] == [
        (NO, "APIGW.0307"),
        (YES, ""),
    ]
    assert [proof(asked).strip() for asked in cloud.cancels] == ["TOKEN-1", "TOKEN-2"]


@pytest.mark.parametrize(
    ("trouble", "effect"),
    [
        (DROP, NOT_SENT),
        (Reply({"error": {"code": 503, "message": "down"}}, 503), NOT_SENT),
        (Reply({"error": {"code": 429, "message": "slow"}}, 429), NOT_SENT),
        (Reply({"token": {}}, 201), NOT_SENT),  # and no token
        (Reply({"error": {"code": 401, "message": "wrong password"}}, 401), NO),
        (Reply({"error": {"code": 403, "message": "locked"}}, 403), NO),
    ],
)
async def test_without_a_token_no_cancel_leaves(trouble: Reply, effect: CancelEffect) -> None:
    async with a_cloud(BY_TOKEN, cloud_of(BY_TOKEN, tokens=[trouble])) as cloud:
        assert (await cloud.adapter.cancel_order(ORDER)).effect is effect
    assert (len(cloud.tokens), len(cloud.cancels)) == (1, 0)
