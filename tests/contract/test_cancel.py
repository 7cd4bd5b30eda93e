"""The same questions about cancelling to every adapter, answered by the embedded clouds.

What is true stands in the clouds' own book: their orders, and their ledger of calls.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import anyio
import pytest
from anyio.from_thread import start_blocking_portal

from bot.domain.orders import CancelEffect, PaymentStatus
from bot.sandbox.clouds.book import FaultKind
from bot.sandbox.clouds.server import Clouds, start_clouds
from tests.contract.connected import BY_TOKEN, Connected, connected
from tests.contract.test_adapters import ACCOUNTS, NOT_THERE, WRONG_SECRETS

ABLE = tuple(name for name in ACCOUNTS if name != "unicloud-main")
ONE_OF_EACH = ("alibaba-main", "huawei-main", BY_TOKEN)
YES, NO = CancelEffect.YES, CancelEffect.NO
THROTTLED, UNKNOWN, NOT_SENT = CancelEffect.THROTTLED, CancelEffect.UNKNOWN, CancelEffect.NOT_SENT
one_of_each = pytest.mark.parametrize("name", ONE_OF_EACH)


@pytest.fixture(scope="module")
def clouds() -> Iterator[Clouds]:
    """Clouds of this module alone: it takes orders away."""
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(start_clouds()) as running,
    ):
        yield running


@pytest.fixture(params=ABLE)
async def cloud(clouds: Clouds, request: pytest.FixtureRequest) -> AsyncIterator[Connected]:
    async with connected(clouds, request.param) as connection:
        yield connection


@pytest.fixture(params=ONE_OF_EACH)
async def one_cloud(clouds: Clouds, request: pytest.FixtureRequest) -> AsyncIterator[Connected]:
    async with connected(clouds, request.param) as connection:
        yield connection


def an_order(cloud: Connected, status: str) -> str:
    rows = cloud.at_the_cloud()
    return next(order_id for order_id, row in rows.items() if row.payment_status == status)


def status_of(cloud: Connected, order_id: str) -> str:
    return cloud.at_the_cloud()[order_id].payment_status


def cancels(cloud: Connected) -> list[tuple[str | None, str, bool]]:
    """Order, outcome and effect of each cancel that arrived since the test began."""
    return [
        (call.order_id, call.outcome, call.effect)
        for call in cloud.book.calls[cloud.calls_before :]
        if call.operation == "cancel_order"
    ]


async def test_an_unpaid_order_is_cancelled_by_one_call(cloud: Connected) -> None:
    order_id = an_order(cloud, "unpaid")
    receipt = await cloud.adapter.cancel_order(order_id)
    assert (receipt.effect, receipt.combined) == (YES, False)
    assert status_of(cloud, order_id) == "cancelled"
    assert cancels(cloud) == [(order_id, "ok", True)]
    order = await cloud.adapter.get_order(order_id, language="en")
    assert order.payment_status is PaymentStatus.CANCELLED


@pytest.mark.parametrize("status", ["paid", "cancelled"])
async def test_an_order_that_is_not_unpaid_is_refused_with_a_code(
    cloud: Connected, status: str
) -> None:
    order_id = an_order(cloud, status)
    receipt = await cloud.adapter.cancel_order(order_id)
    assert (receipt.effect, receipt.combined) == (NO, False)
    assert receipt.code
    assert receipt.text
    assert cancels(cloud) == [(order_id, "refused", False)]
    assert status_of(cloud, order_id) == status


async def test_an_unknown_order_is_refused(cloud: Connected) -> None:
    order_id = NOT_THERE[cloud.adapter.account.provider]
    receipt = await cloud.adapter.cancel_order(order_id)
    assert receipt.effect is NO
    assert receipt.code
    assert cancels(cloud) == [(order_id, "refused", False)]


@pytest.mark.parametrize("name", ["huawei-main", BY_TOKEN])
async def test_pitfall_32_a_part_of_a_combined_order_is_refused_as_such(
    clouds: Clouds, name: str
) -> None:
    """Pitfall 32, the adapter's part."""
    async with connected(clouds, name) as cloud:
        unpaid = await cloud.listed(cloud.all_time(PaymentStatus.UNPAID))
        whole = next(order for order in unpaid if order.parts)
        for part in whole.parts:
            receipt = await cloud.adapter.cancel_order(part)
            assert (receipt.effect, receipt.code, receipt.combined) == (NO, "CBC.99000089", True)
        assert status_of(cloud, whole.order_id) == "unpaid"


async def test_pitfall_34_a_line_dropped_after_the_act_is_unknown_and_one_call(
    one_cloud: Connected,
) -> None:
    """Pitfall 34, the adapter's part."""
    order_id = an_order(one_cloud, "unpaid")
    one_cloud.fault("drop_after", "cancel_order")
    assert (await one_cloud.adapter.cancel_order(order_id)).effect is UNKNOWN
    assert cancels(one_cloud) == [(order_id, "fault", True)]
    assert status_of(one_cloud, order_id) == "cancelled"


@pytest.mark.parametrize("kind", ["drop_before", "error_500", "garbage"])
async def test_pitfall_34_no_usable_answer_is_unknown_and_one_call(
    one_cloud: Connected, kind: FaultKind
) -> None:
    order_id = an_order(one_cloud, "unpaid")
    one_cloud.fault(kind, "cancel_order")
    assert (await one_cloud.adapter.cancel_order(order_id)).effect is UNKNOWN
    assert cancels(one_cloud) == [(order_id, "fault", False)]
    assert status_of(one_cloud, order_id) == "unpaid"


@one_of_each
async def test_pitfall_34_a_cloud_slower_than_the_timeout_is_unknown_and_acts_late(
    clouds: Clouds, name: str
) -> None:
    async with connected(clouds, name, timeout_s=0.5) as cloud:
        order_id = an_order(cloud, "unpaid")
        cloud.fault("slow", "cancel_order", seconds=0.8)
        assert (await cloud.adapter.cancel_order(order_id)).effect is UNKNOWN
        with anyio.fail_after(10):
            while cancels(cloud) != [(order_id, "fault", True)]:  # noqa: ASYNC110 - it tells nobody
                await anyio.sleep(0.05)
        assert status_of(cloud, order_id) == "cancelled"


async def test_a_throttled_cancel_is_one_call_without_effect(one_cloud: Connected) -> None:
    order_id = an_order(one_cloud, "unpaid")
    one_cloud.fault("throttle", "cancel_order", seconds=1)
    receipt = await one_cloud.adapter.cancel_order(order_id)
    assert receipt.effect is THROTTLED
    assert receipt.code
    assert cancels(one_cloud) == [(order_id, "fault", False)]


async def test_a_cloud_that_lies_is_taken_at_its_word_and_shown_up_by_a_read(
    one_cloud: Connected,
) -> None:
    order_id = an_order(one_cloud, "unpaid")
    one_cloud.fault("lie", "cancel_order")
    assert (await one_cloud.adapter.cancel_order(order_id)).effect is YES
    order = await one_cloud.adapter.get_order(order_id, language="en")
    assert order.payment_status is PaymentStatus.UNPAID
    assert cancels(one_cloud) == [(order_id, "fault", False)]


@pytest.mark.parametrize("name", ["alibaba-main", "huawei-main"])
async def test_a_clock_that_is_off_is_a_refusal(clouds: Clouds, name: str) -> None:
    async with connected(clouds, name) as cloud:
        order_id = an_order(cloud, "unpaid")
        cloud.fault("clock_skew", "cancel_order")
        assert (await cloud.adapter.cancel_order(order_id)).effect is NO
        assert status_of(cloud, order_id) == "unpaid"


@one_of_each
async def test_a_wrong_secret_is_refused_once_and_then_nothing_is_sent(
    clouds: Clouds, name: str
) -> None:
    async with connected(clouds, name, wrong=WRONG_SECRETS) as cloud:
        order_id = an_order(cloud, "unpaid")
        receipts = [await cloud.adapter.cancel_order(order_id) for _ in range(2)]
        assert [receipt.effect for receipt in receipts] == [NO, NOT_SENT]
        assert "wrong-" not in repr(receipts)
        assert [outcome for _operation, outcome in cloud.calls()] == ["refused"]


async def test_what_cannot_be_cancelled_is_refused_here_and_no_call_arrives(
    clouds: Clouds,
) -> None:
    async with connected(clouds, "unicloud-main") as cloud:
        receipt = await cloud.adapter.cancel_order(cloud.an_order())
        assert (receipt.effect, receipt.text) == (NO, cloud.adapter.capabilities.cancel_reason)
        assert cloud.calls() == []
