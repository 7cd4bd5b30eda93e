"""A digest is composed of what the clouds say now, measured against the digest before."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.accounts import Provider
from bot.domain.approvals import RequestStatus
from bot.domain.digest_contents import DigestContents, Gone, Section
from bot.domain.digests import NoteKind, OrderNote
from bot.domain.orders import Order, OrderType, PaymentStatus
from bot.domain.policy import Rule
from bot.errors import (
    ProviderMalformed,
    ProviderNotFound,
    ProviderRefused,
    ProviderThrottled,
    UsageError,
)
from bot.services import composing
from tests.builders import an_account, an_entry, money
from tests.digest_office import BOB, DAY, FINANCE, MORNING, DigestOffice, a_cloud, placed
from tests.fake_cloud import FakeAdapter, answer_at_once, failing, unavailable, waiting_for
from tests.request_builders import a_request
from tests.request_office import a_policy, people_named

HUAWEI, ALIBABA = "huawei-main", "alibaba-main"
HOUR = timedelta(hours=1)


def an_office(*orders: Order, **parts: Any) -> DigestOffice:
    cloud = a_cloud()
    for order in orders or (placed(),):
        cloud.put(order)
    other = FakeAdapter(an_account(name=ALIBABA, provider=Provider.ALIBABA))
    return DigestOffice(cloud, other, **parts)


def order_ids(digest: DigestContents) -> list[str]:
    return [line.order_id for line in digest.lines]


def problems(digest: DigestContents) -> dict[str, str]:
    return {each.name: each.problem for each in digest.accounts if each.problem}


async def test_the_clouds_are_asked_before_anything_is_said() -> None:
    office = an_office(placed(deadline=MORNING + 3 * HOUR))
    await office.plan()
    digest = await office.digest()
    (line,) = digest.lines
    assert (line.section, line.deadline) == (Section.LAPSING, MORNING + 3 * HOUR)
    assert (line.placed_by, line.can_cancel) == ("lin", True)
    assert [(each.name, each.good_at) for each in digest.accounts] == [
        (HUAWEI, MORNING),
        (ALIBABA, MORNING),
    ]
    assert (digest.as_of, digest.zone, digest.previous_at) == (MORNING, "Europe/Berlin", None)
    assert not digest.gone
    assert not digest.left_out


async def test_a_digest_bears_the_head_of_the_record() -> None:
    office = an_office()
    await office.plan()
    head = await office.audit.head()
    digest = await office.digest()
    assert (digest.head_seq, digest.head_hash) == (head.seq, head.hash)


async def test_what_came_and_went_is_told_with_the_reason() -> None:
    office = an_office(placed("PAID"), placed("VOIDED"), placed("STAYS"))
    await office.plan()
    first = await office.digest()
    cloud = office.clouds[0]
    cloud.change("PAID", payment_status=PaymentStatus.PAID)
    cloud.change("VOIDED", payment_status=PaymentStatus.CANCELLED)
    cloud.put(placed("COMES", days=-0.5))
    second = await office.tomorrow()
    assert (first.previous_at, second.previous_at) == (None, MORNING)
    assert [(line.order_id, line.new) for line in second.lines] == [
        ("COMES", True),
        ("STAYS", False),
    ]
    assert {line.order_id: line.why for line in second.gone} == {
        "PAID": Gone.PAID,
        "VOIDED": Gone.CANCELLED_OUTSIDE,
    }


async def test_orders_beyond_a_digest_are_counted_and_not_called_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(composing, "LINES", 2)
    office = an_office(placed("OLD", days=3), placed("PAID", days=2))
    await office.plan()
    first = await office.digest()
    office.clouds[0].put(placed("OLDER", days=4))
    office.clouds[0].put(placed("OLDEST", days=5))
    office.clouds[0].change("PAID", payment_status=PaymentStatus.PAID)
    second = await office.tomorrow()
    assert (first.uncounted, second.uncounted) == (0, 1)
    assert order_ids(second) == ["OLDEST", "OLDER"]
    assert [(line.order_id, line.why) for line in second.gone] == [("PAID", Gone.PAID)]


async def test_a_cancel_through_countersign_is_told_with_its_request() -> None:
    office = an_office(placed())
    await office.plan()
    await office.digest()
    office.clouds[0].change("CS1", payment_status=PaymentStatus.CANCELLED)
    done = a_request(request_id="R1", order_id="CS1", status=RequestStatus.CANCELLED)
    office.requests.requests["R1"] = done
    (line,) = (await office.tomorrow()).gone
    assert (line.why, line.request_id) == (Gone.CANCELLED_HERE, "R1")


async def test_an_order_that_its_cloud_forgot_after_its_deadline_has_lapsed() -> None:
    office = an_office(placed("DUE", deadline=MORNING + HOUR), placed("OPEN"))
    await office.plan()
    await office.digest()
    office.clouds[0].orders.clear()
    digest = await office.tomorrow()
    assert {line.order_id: line.why for line in digest.gone} == {
        "DUE": Gone.LAPSED,
        "OPEN": Gone.NOT_KNOWN,
    }
    assert digest.status_unknown == 2


@pytest.mark.parametrize(
    ("filters", "shown"),
    [
        ({}, ["RENEW", "CS1", "BIG"]),
        ({"account": "HUAWEI-main"}, ["RENEW", "CS1", "BIG"]),
        ({"account": ALIBABA}, []),
        ({"provider": "alibaba"}, []),
        ({"type": "renewal"}, ["RENEW"]),
        ({"over": "20000"}, ["BIG"]),
        ({"product": "elastic"}, ["RENEW", "CS1", "BIG"]),
        ({"older": "2d"}, ["ANCIENT", "RENEW"]),
    ],
)
async def test_a_digest_shows_what_its_filters_let_through(
    filters: dict[str, str], shown: list[str]
) -> None:
    office = an_office(
        placed(days=1.5),
        placed("RENEW", days=300, order_type=OrderType.RENEWAL),
        placed("BIG", payable=money("20000.01 CNY")),
        placed("ANCIENT", days=366),
    )
    await office.plan(filters=filters)
    digest = await office.digest()
    assert order_ids(digest) == shown
    assert digest.filters == filters


async def test_pitfall_37_a_cloud_that_fails_is_named_and_keeps_what_was_last_known() -> None:
    office = an_office(placed("KEPT"), placed("PAID"))
    await office.plan()
    await office.digest()
    cloud = office.clouds[0]
    cloud.change("PAID", payment_status=PaymentStatus.PAID)
    cloud.script = failing(unavailable(code="503"))
    digest = await office.tomorrow()
    assert problems(digest) == {HUAWEI: "It did not answer in time. Code 503."}
    assert order_ids(digest) == ["KEPT", "PAID"]
    assert digest.accounts[0].good_at == MORNING
    assert (digest.gone, digest.totals[0].count) == ((), 2)
    assert not digest.unchanged
    cloud.script = answer_at_once
    assert [line.order_id for line in (await office.tomorrow()).gone] == ["PAID"]


async def test_pitfall_37_a_cloud_that_never_answered_is_not_shown_as_empty() -> None:
    office = an_office()
    office.clouds[0].script = failing(ProviderRefused("the key …", account=HUAWEI, code="Sig.No"))
    office.clouds[1].script = failing(ProviderThrottled("slow down", account=ALIBABA))
    await office.plan()
    digest = await office.digest()
    assert problems(digest) == {
        HUAWEI: "It refused the request. Code Sig.No.",
        ALIBABA: "It asks us to slow down.",
    }
    assert [each.good_at for each in digest.accounts] == [None, None]
    office.clouds[1].script = failing(ProviderMalformed("odd", account=ALIBABA))
    assert problems(await office.tomorrow())[ALIBABA] == "Its answer could not be used."


async def test_pitfall_37_a_cloud_that_takes_too_long_is_named() -> None:
    office = an_office(patience=0.3)
    office.clouds[0].script = waiting_for(asyncio.Event())
    await office.plan()
    digest = await office.digest()
    assert problems(digest) == {HUAWEI: "It did not answer in time."}
    await office.composer.aclose()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (failing(unavailable(), "get_order"), "It did not answer in time."),
        (waiting_for(asyncio.Event(), "get_order"), "Not all of it was read in time."),
    ],
    ids=["fails", "hangs"],
)
async def test_pitfall_37_a_cloud_that_stops_before_all_is_told_is_named(
    script: Any, said: str
) -> None:
    """Without its details an order has no deadline, or even no status."""
    office = an_office(patience=0.3)
    office.clouds[0].script = script
    await office.plan()
    digest = await office.digest()
    assert problems(digest) == {HUAWEI: said}
    assert order_ids(digest) == ["CS1"]
    await office.composer.aclose()


async def test_one_order_that_cannot_be_read_is_no_failure_of_its_cloud() -> None:
    office = an_office()
    office.clouds[0].script = failing(ProviderNotFound("no", account=HUAWEI), "get_order")
    await office.plan()
    digest = await office.digest()
    assert (problems(digest), order_ids(digest)) == ({}, ["CS1"])


async def test_more_orders_than_one_round_of_details_holds_have_their_deadlines() -> None:
    orders = [placed(f"CS{at}", deadline=MORNING + 5 * DAY) for at in range(205)]
    office = an_office(*orders)
    office.clouds[0].page_size = 100
    await office.plan()
    digest = await office.digest()
    assert {line.deadline for line in digest.lines} == {MORNING + 5 * DAY}
    assert len(digest.lines) == 205


async def test_notes_of_this_channel_are_on_its_lines() -> None:
    office = an_office(placed(), placed("CS2"))

    async def note(kind: NoteKind, channel: str, until: datetime | None = None) -> None:
        said = OrderNote(
            channel=channel,
            account=HUAWEI,
            order_id="CS1",
            kind=kind,
            user_id="U0BOB",
            at=MORNING,
            until=until,
            reason="paid on Friday" if until else "",
        )
        await office.store.note(said, entry=an_entry(), at=MORNING)

    await note(NoteKind.CLAIMED, FINANCE)
    await note(NoteKind.SNOOZED, FINANCE, MORNING + 2 * DAY)
    await note(NoteKind.CLAIMED, "C0OTHER")
    await office.plan()
    digest = await office.digest()
    assert [(line.order_id, line.claimed_by, line.section) for line in digest.lines] == [
        ("CS2", "", Section.REST),
        ("CS1", "U0BOB", Section.SNOOZED),
    ]
    assert [(each.count, each.snoozed) for each in digest.totals] == [(2, 1)]
    awake = await office.tomorrow(days=2)
    assert {line.section for line in awake.lines} == {Section.REST}


async def test_an_account_that_is_left_out_is_named_and_neither_new_nor_gone() -> None:
    office = an_office()
    office.clouds[1].put(placed("A1", account=ALIBABA, provider=Provider.ALIBABA))
    await office.plan()
    await office.digest()
    office.policy = a_policy(Rule(accounts=frozenset({ALIBABA}), viewers=people_named(BOB)))
    office.restart()
    digest = await office.tomorrow()
    assert (order_ids(digest), digest.gone, digest.left_out) == (["CS1"], (), (ALIBABA,))
    assert (await office.tomorrow()).left_out == ()


async def test_an_account_that_is_no_longer_configured_is_nobodys_to_view() -> None:
    office = an_office()
    await office.plan()
    await office.digest()
    office.clouds = office.clouds[:1]
    office.restart()
    assert (await office.tomorrow()).left_out == ()


async def test_what_an_account_that_joins_a_digest_has_long_had_is_not_new() -> None:
    office = an_office()
    await office.plan()
    huawei, alibaba = office.clouds
    office.clouds = (huawei,)
    office.restart()
    await office.digest()
    alibaba.put(placed("A1", account=ALIBABA, provider=Provider.ALIBABA))
    office.clouds = (huawei, alibaba)
    office.restart()
    alibaba.script = failing(unavailable(ALIBABA))
    assert problems(await office.tomorrow())
    alibaba.script = answer_at_once
    digest = await office.tomorrow()
    assert [(line.order_id, line.new) for line in digest.lines] == [("A1", False), ("CS1", False)]
    alibaba.put(placed("A2", account=ALIBABA, provider=Provider.ALIBABA, days=-2.5))
    digest = await office.tomorrow()
    assert [line.order_id for line in digest.lines if line.new] == ["A2"]


async def test_other_filters_make_a_new_beginning() -> None:
    office = an_office()
    plan = await office.plan()
    await office.digest()
    changed = replace(plan, filters={"older": "12h"})
    await office.store.put_plan(changed, entry=an_entry(), at=MORNING)
    digest = await office.tomorrow()
    assert (digest.previous_at, digest.lines[0].new) == (None, False)
    await office.store.put_plan(plan, entry=an_entry(), at=MORNING)
    assert (await office.tomorrow()).previous_at == MORNING


async def test_a_digest_that_was_asked_for_is_measured_but_never_measured_against() -> None:
    office = an_office()
    await office.plan()
    await office.digest()
    office.clouds[0].put(placed("CS2", days=-0.1))
    office.clock.move(5 * HOUR)
    await office.digests.post_now(await office.viewer(), FINANCE)
    now = await office.digest()
    assert [line.order_id for line in now.lines if line.new] == ["CS2"]
    office.clock.move(-5 * HOUR)
    tomorrow = await office.tomorrow()
    assert tomorrow.previous_at == MORNING
    assert [line.order_id for line in tomorrow.lines if line.new] == ["CS2"]


async def test_filters_that_cannot_be_read_any_more_are_said_so() -> None:
    office = an_office()
    await office.digests.post_now(await office.viewer(), FINANCE)
    (run,) = office.runs()
    with pytest.raises(UsageError):
        await office.composer.compose(run, {"older": "soon"}, (), "UTC")
