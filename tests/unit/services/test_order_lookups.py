"""One order, products, accounts: what is read, who may see it, what stands on the record."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.accounts import Account, Provider
from bot.domain.audit import AuditKind
from bot.domain.filters import AccountAnswer, Snapshot
from bot.domain.orders import Order, OrderQuery, PaymentStatus, Resource
from bot.errors import (
    NotAllowed,
    OrderNotFound,
    ProviderError,
    ProviderMalformed,
    ProviderNotFound,
    ProviderRefused,
    ProviderUnavailable,
    StorageError,
    UserError,
)
from bot.services.orders import Choice, Shown
from tests.builders import NOON, a_detailed_order, a_filter, an_account, an_order
from tests.fake_cloud import FakeAdapter, failing, unavailable
from tests.unit.services.house import CHANNEL, House

ID = "CS2611171200ABCDE"
UNICLOUD_ID = "4567890123456789012"
HUAWEI = an_account()
OTHER = an_account(name="huawei-other")
ALIBABA = an_account(name="alibaba-main", provider=Provider.ALIBABA)
UNICLOUD = an_account(name="unicloud-main", provider=Provider.UNICLOUD, site="")
SECRET = "my password is swordfish"


def huawei(*orders: Order, **capabilities: Any) -> FakeAdapter:
    return FakeAdapter(HUAWEI, orders or (a_detailed_order(),), **capabilities)


def empty(account: Account) -> FakeAdapter:
    return FakeAdapter(account)


async def show(house: House, order_id: str = ID, account: str = "", **who: str) -> Shown:
    shown = await house.lookups.show(house.viewer(**who), order_id, account, channel=CHANNEL)
    assert isinstance(shown, Shown)
    return shown


async def choices(house: House, order_id: str, *names: str) -> list[str]:
    choice = await house.lookups.show(house.viewer(*names), order_id, "", channel=CHANNEL)
    assert isinstance(choice, Choice)
    return [account.name for account in choice.accounts]


async def test_an_order_is_read_from_its_cloud_each_time() -> None:
    house = House(huawei())
    assert (await show(house)).order.payment_status is PaymentStatus.UNPAID
    house.cloud.change(ID, payment_status=PaymentStatus.PAID)
    shown = await show(house)
    assert shown.order.payment_status is PaymentStatus.PAID
    assert (shown.account, shown.seen_at, shown.problem) == (HUAWEI, NOON, None)
    assert (await house.stored(ID)).payment_status is PaymentStatus.PAID


async def test_an_order_is_read_in_the_persons_language() -> None:
    shown = await show(House(huawei()), language="zh")
    assert shown.order.product_name == "Elastic Cloud Server (zh)"


@pytest.mark.parametrize("listed_first", [True, False])
async def test_one_persons_language_changes_no_list_of_others(listed_first: bool) -> None:
    house = House(huawei())
    english = a_filter(product="elastic cloud server (en)")
    if listed_first:
        assert (await house.last(english)).page.total == 1
    await show(house, language="zh")
    house.clock.move(timedelta(minutes=1))
    assert (await house.last(english)).page.total == 1
    assert (await house.stored(ID)).product_name == "Elastic Cloud Server (en)"


@pytest.mark.parametrize("account", ["huawei-other", "HUAWEI-OTHER"])
async def test_a_named_account_is_the_one_that_is_asked(account: str) -> None:
    house = House(huawei(), FakeAdapter(OTHER, [a_detailed_order(account="huawei-other")]))
    assert (await show(house, account=account)).account == OTHER
    assert house.cloud.calls == []


async def test_the_form_of_an_id_tells_its_provider() -> None:
    house = House(empty(ALIBABA), huawei(), empty(UNICLOUD))
    assert (await show(house)).account == HUAWEI
    assert house.clouds[0].calls == house.clouds[2].calls == []


async def test_several_accounts_that_fit_are_a_choice() -> None:
    house = House(empty(ALIBABA), huawei(), empty(OTHER))
    assert await choices(house, ID) == ["huawei-main", "huawei-other"]
    assert [cloud.calls for cloud in house.clouds] == [[], [], []]
    assert house.kinds == [AuditKind.INPUT_ANSWERED]


async def test_what_looks_like_no_id_is_asked_of_all_accounts() -> None:
    house = House(empty(ALIBABA), huawei())
    assert await choices(house, "42") == ["alibaba-main", "huawei-main"]


async def test_an_order_that_was_seen_before_is_found_where_it_is() -> None:
    house = House(huawei(), FakeAdapter(OTHER, [a_detailed_order(account="huawei-other")]))
    await show(house, account="huawei-other")
    assert (await show(house)).account == OTHER


async def test_an_order_seen_in_two_accounts_is_a_choice_of_these() -> None:
    two = [
        FakeAdapter(an_account(name=name), [a_detailed_order(account=name)]) for name in ("a", "b")
    ]
    house = House(*two, empty(OTHER))
    for name in ("a", "b"):
        await show(house, account=name)
    assert await choices(house, ID) == ["a", "b"]


async def test_an_order_seen_where_one_may_not_look_gives_no_hint() -> None:
    third = an_account(name="huawei-third")
    house = House(huawei(), empty(OTHER), empty(third))
    await show(house, account="huawei-main")
    theirs = ["huawei-other", "huawei-third"]
    assert await choices(house, ID, *theirs) == theirs
    assert await choices(house, "CS99999999999", *theirs) == theirs


async def test_an_order_number_leads_to_the_order_that_was_seen() -> None:
    number = "P21784954245923"
    order = a_detailed_order(
        account="unicloud-main",
        provider=Provider.UNICLOUD,
        order_id=UNICLOUD_ID,
        order_number=number,
    )
    house = House(FakeAdapter(UNICLOUD, [order]))
    await show(house, number)
    await show(house, number)
    assert house.cloud.asked("get_order") == [number, UNICLOUD_ID]


async def test_an_id_typed_in_capitals_is_kept_as_the_cloud_writes_it() -> None:
    house = House(huawei(a_detailed_order(order_id="cs2611171200abcde")))
    shown = await show(house)
    assert shown.order.order_id == "cs2611171200abcde"
    assert await house.snapshots.get("huawei-main", ID) is None


async def test_resources_are_shown_where_the_provider_has_them() -> None:
    house = House(huawei(has_resources=True))
    house.cloud.resources[ID] = (Resource(resource_id="i-abc"),)
    assert (await show(house)).order.resources == house.cloud.resources[ID]
    assert (await house.stored(ID)).resources == house.cloud.resources[ID]


async def test_an_order_whose_resources_may_not_be_read_is_shown_without() -> None:
    house = House(huawei(has_resources=True))
    house.cloud.script = failing(
        ProviderRefused("no right", account="huawei-main"), "list_resources"
    )
    shown = await show(house)
    assert (shown.order.resources, shown.problem) == ((), None)


async def test_nothing_is_asked_for_on_behind_a_failure() -> None:
    house, ended = House(huawei(has_resources=True)), asyncio.Event()

    async def fail_while_resources_are_read(operation: str, _about: OrderQuery | str) -> None:
        if operation == "get_order":
            await asyncio.sleep(0)
            raise unavailable()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    house.cloud.script = fail_while_resources_are_read
    with pytest.raises(ProviderUnavailable):
        await show(house)
    assert ended.is_set()


async def test_an_order_that_the_cloud_does_not_know_is_not_found() -> None:
    house = House(empty(HUAWEI))
    with pytest.raises(OrderNotFound, match=f"huawei-main knows no order {ID}"):
        await show(house)
    assert await house.snapshots.answers() == {}


async def test_a_sentence_shows_no_more_of_what_was_typed_than_an_id() -> None:
    with pytest.raises(OrderNotFound) as caught:
        await show(House(empty(HUAWEI)), "X" * 3000, "huawei-main")
    assert len(str(caught.value)) < 300


async def test_a_cloud_that_does_not_answer_leaves_the_order_as_last_seen() -> None:
    house = House(huawei())
    await show(house)
    house.clock.move(timedelta(hours=1))
    house.cloud.script = failing(unavailable(code="HTTP 500"))
    shown = await show(house)
    assert (shown.order.order_id, shown.seen_at) == (ID, NOON)
    assert isinstance(shown.problem, ProviderUnavailable)
    answer = (await house.snapshots.answers())["huawei-main"]
    assert answer == AccountAnswer("huawei-main", NOON, house.clock.now(), "HTTP 500")


async def test_a_cloud_that_does_not_answer_about_an_unseen_order_is_an_error() -> None:
    house = House(huawei())
    house.cloud.script = failing(unavailable())
    with pytest.raises(ProviderUnavailable):
        await show(house)
    answers = await house.snapshots.answers()
    assert answers["huawei-main"].error == "ProviderUnavailable"


async def test_one_bad_answer_about_an_order_is_no_failure_of_the_account() -> None:
    house = House(huawei())
    house.cloud.script = failing(ProviderMalformed("odd", account="huawei-main"))
    with pytest.raises(ProviderMalformed):
        await show(house)
    assert await house.snapshots.answers() == {}


async def test_an_account_that_answers_again_has_recovered() -> None:
    house = House(huawei())
    await house.snapshots.failed("huawei-main", at=NOON, error="HTTP 500")
    await show(house)
    assert await house.snapshots.answers() == {"huawei-main": AccountAnswer("huawei-main", NOON)}


@pytest.mark.parametrize(
    ("fails", "kind", "error"),
    [
        (None, AuditKind.ORDER_SHOWN, None),
        (ProviderNotFound("", account="a"), AuditKind.LOOKUP_FAILED, OrderNotFound),
        (unavailable(), AuditKind.LOOKUP_FAILED, ProviderUnavailable),
        (ProviderRefused("", account="a"), AuditKind.LOOKUP_FAILED, ProviderRefused),
        (KeyError("a fault of ours"), AuditKind.LOOKUP_FAILED, KeyError),
    ],
    ids=["shown", "not found", "no answer", "refused", "fault"],
)
async def test_a_look_up_leaves_exactly_one_record(
    fails: Exception | None, kind: AuditKind, error: type[Exception] | None
) -> None:
    """Also together with what the listener records of a sentence that it shows."""
    house = House(huawei())
    if fails is not None:
        house.cloud.script = failing(fails)
    with pytest.raises(error) if error else nullcontext() as caught:
        await show(house)
    if caught is not None and isinstance(caught.value, UserError):
        await house.inputs.refuse("U0ALICE", "command", caught.value)
    assert house.kinds == [kind]
    assert house.audit.entries[0].actor == "U0ALICE"


async def test_an_order_that_was_shown_is_on_the_record_by_its_id() -> None:
    house = House(huawei())
    await show(house)
    assert house.audit.entries[0].subject == f"order:huawei-main/{ID}"


async def test_a_failure_is_on_the_record_with_the_clouds_code_and_request() -> None:
    house = House(huawei())
    await show(house)
    house.cloud.script = failing(
        ProviderRefused(
            "no", account="huawei-main", operation="get_order", code="CBC.0150", request_id="r-1"
        )
    )
    await show(house)
    entry = house.audit.entries[-1]
    assert entry.subject == f"order:huawei-main/{ID}"
    assert entry.facts == {
        "error": "ProviderRefused",
        "operation": "get_order",
        "code": "CBC.0150",
        "request_id": "r-1",
    }


@pytest.mark.parametrize("fails", [None, unavailable()], ids=["not found", "no answer"])
async def test_what_was_typed_is_no_id_until_an_order_is_known_by_it(
    fails: Exception | None,
) -> None:
    house = House(empty(HUAWEI))
    if fails is not None:
        house.cloud.script = failing(fails)
    with pytest.raises((OrderNotFound, ProviderError)):
        await show(house, SECRET)
    assert "swordfish" not in house.told()
    assert house.audit.entries[0].texts == {"order_id": SECRET}
    assert house.audit.entries[0].subject == "account:huawei-main"


async def test_what_cannot_be_recorded_is_not_shown() -> None:
    house = House(huawei(), empty(OTHER))
    house.audit.full = True
    viewer = house.viewer()
    with pytest.raises(StorageError):
        await house.lookups.show(viewer, ID, "huawei-main", channel=CHANNEL)
    with pytest.raises(StorageError):
        await house.lookups.show(viewer, "CS99999999999", "", channel=CHANNEL)
    with pytest.raises(StorageError):
        await house.lookups.products(viewer, ())
    with pytest.raises(StorageError):
        await house.lookups.accounts(viewer)


async def test_an_account_that_one_may_not_view_is_not_asked() -> None:
    house = House(huawei(), empty(OTHER))
    with pytest.raises(NotAllowed):
        await house.lookups.show(house.viewer("huawei-other"), ID, "huawei-main", channel=CHANNEL)
    assert house.cloud.calls == []


async def test_a_card_shows_the_order_as_stored_without_asking_the_cloud() -> None:
    house = House(huawei(can_cancel=False, cancel_reason="no API for it"))
    await show(house)
    house.cloud.calls.clear()
    shown = await house.lookups.last_seen(house.viewer(), "huawei-main", ID)
    assert (shown.can_cancel, shown.cancel_reason) == (False, "no API for it")
    assert (shown.order.order_id, shown.seen_at, house.cloud.calls) == (ID, NOON, [])


async def test_a_card_of_an_account_that_one_may_no_longer_view_shows_nothing() -> None:
    house = House(huawei(), empty(OTHER))
    await show(house, account="huawei-main")
    with pytest.raises(NotAllowed):
        await house.lookups.last_seen(house.viewer("huawei-other"), "huawei-main", ID)


async def test_a_card_of_an_account_that_was_removed_shows_nothing() -> None:
    house = House(huawei(), empty(OTHER))
    await show(house, account="huawei-main")
    house.clouds = house.clouds[1:]
    house.restart()
    viewer = house.viewer()
    with pytest.raises(NotAllowed):
        await house.lookups.last_seen(viewer, "huawei-main", ID)
    with pytest.raises(OrderNotFound):
        await house.lookups.show(viewer, ID, "", channel=CHANNEL)
    assert await house.lookups.recent(viewer, CHANNEL) == ()


async def test_a_card_whose_order_is_no_longer_stored_says_so_on_the_record() -> None:
    house = House(huawei())
    with pytest.raises(OrderNotFound) as caught:
        await house.lookups.last_seen(house.viewer(), "huawei-main", ID)
    await house.inputs.refuse("U0ALICE", "details", caught.value)
    assert house.kinds == [AuditKind.LOOKUP_FAILED]


async def test_the_last_three_orders_looked_at_here_come_back() -> None:
    orders = [a_detailed_order(order_id=f"CS261117120{number}AB") for number in range(4)]
    house = House(huawei(*orders))
    for order in orders:
        house.clock.move(timedelta(minutes=1))
        await show(house, order.order_id)
    recent = await house.lookups.recent(house.viewer(), CHANNEL)
    assert [each.order.order_id for each in recent] == [
        order.order_id for order in reversed(orders[1:])
    ]
    assert all(isinstance(each, Snapshot) for each in recent)
    assert await house.lookups.recent(house.viewer(), "C0OTHER") == ()


async def test_an_order_shown_as_last_seen_was_looked_at_too() -> None:
    house = House(huawei())
    await house.snapshots.save([an_order()], seen_at=NOON)
    house.cloud.script = failing(unavailable())
    await show(house)
    (recent,) = await house.lookups.recent(house.viewer(), CHANNEL)
    assert recent.order.order_id == ID


async def test_recent_orders_are_those_that_one_may_still_view() -> None:
    house = House(huawei(), empty(OTHER))
    await show(house, account="huawei-main")
    assert await house.lookups.recent(house.viewer("huawei-other"), CHANNEL) == ()
    await house.conversations.remember("U0ALICE", CHANNEL, "huawei-main", "never stored", at=NOON)
    assert len(await house.lookups.recent(house.viewer(), CHANNEL)) == 1


async def test_a_share_is_on_the_record_with_its_channel() -> None:
    house = House(huawei())
    shown = await show(house)
    await house.lookups.record_share(house.viewer(), shown, "C0PUBLIC")
    entry = house.audit.entries[-1]
    assert (entry.kind, entry.facts) == (AuditKind.ORDER_SHARED, {"channel": "C0PUBLIC"})
    assert entry.subject == f"order:huawei-main/{ID}"
