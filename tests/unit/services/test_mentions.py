"""Whom a card asks by name: those who can decide it now, and nobody in the night."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import time, timedelta

import pytest

from bot.domain.approvals import WATCH, RequestStatus
from bot.domain.inputs import InputKind
from bot.domain.orders import PaymentStatus
from bot.domain.outbox import CardCopy, CopyRole
from bot.domain.people import Person
from bot.domain.policy import Humans, Principals, QuietHours
from bot.services.mentions import MOST, NOBODY, asked_by_name, told_over
from tests.builders import a_detailed_order
from tests.fake_slack import FakeDirectory
from tests.request_builders import a_request
from tests.request_office import (
    ALICE,
    BOB,
    CAROL,
    CHANNEL,
    DAVE,
    ORDER_ID,
    Office,
    a_policy,
    people_named,
)

S = RequestStatus
K = InputKind
NIGHT = QuietHours(time(22), time(8))
SHANGHAI = "Asia/Shanghai"  # 20:00 there when the clock shows NOON
AUCKLAND = "Pacific/Auckland"  # 01:00 there
FINANCE = Principals(people=frozenset({BOB}), groups=frozenset({"S0FINANCE"}))


def lives_in(office: Office, zone: str, *user_ids: str) -> None:
    for user_id in user_ids:
        person = office.directory.people[user_id]
        office.directory.people[user_id] = replace(person, time_zone=zone)


async def posted(office: Office) -> CardCopy:
    """The copy in the approvals channel, as it was posted first."""
    await office.outbox.step()
    (copy,) = [each.copy for each in office.slack.posts if each.to == CHANNEL]
    return copy


async def mentioned(office: Office) -> tuple[str, ...]:
    return (await posted(office)).mentioned


async def test_the_first_card_asks_those_who_can_decide_by_name() -> None:
    office = Office()
    request_id = await office.asked()
    copy = await posted(office)
    assert (copy.mentioned, copy.urgent) == ((BOB, CAROL), False)
    (own,) = [each.copy for each in office.slack.posts if each.to == ALICE]
    assert (own.role, own.mentioned) == (CopyRole.REQUESTER, ())
    assert await office.rows.copies(request_id) == (copy, own)


async def test_members_of_named_groups_are_asked_as_they_are_now_and_never_the_group() -> None:
    office = Office(a_policy(approvers=FINANCE))
    office.directory.groups["S0FINANCE"] = frozenset({CAROL})
    await office.asked()
    office.directory.groups["S0FINANCE"] = frozenset({DAVE})
    assert await mentioned(office) == (BOB, DAVE)


async def test_the_requester_is_not_asked_under_any_account() -> None:
    office = Office(
        a_policy(approvers=people_named(ALICE, BOB, CAROL)),
        humans=Humans((frozenset({ALICE, CAROL}),)),
    )
    await office.asked()
    assert await mentioned(office) == (BOB,)


@pytest.mark.parametrize(
    "changes", [{"deleted": True}, {"guest": True}, {"team_id": "T1"}, {"bot": True}]
)
async def test_nobody_is_asked_who_could_not_decide(changes: dict[str, object]) -> None:
    office = Office()
    await office.asked()
    bob = office.directory.people[BOB]
    office.directory.people[BOB] = replace(bob, **changes)  # type: ignore[arg-type]
    assert await mentioned(office) == (CAROL,)


async def test_who_was_removed_from_the_rule_meanwhile_is_not_asked() -> None:
    office = Office()
    await office.asked()
    office.policy = a_policy(approvers=people_named(CAROL, DAVE))
    office.restart()
    assert await mentioned(office) == (CAROL,)


async def test_where_every_member_may_decide_nobody_is_asked_by_name() -> None:
    office = Office(a_policy(approvers=Principals(members=True, people=frozenset({BOB}))))
    await office.asked()
    assert await mentioned(office) == ()


async def test_todays_names_are_asked_where_the_stored_rule_knew_none() -> None:
    office = Office(a_policy(approvers=Principals(members=True)))
    await office.asked()
    office.policy = a_policy(approvers=people_named(CAROL))
    office.restart()
    assert await mentioned(office) == (CAROL,)


async def test_ten_people_are_asked_at_most() -> None:
    many = [f"U0P{number:02}" for number in range(15)]
    office = Office(a_policy(approvers=people_named(*many)))
    office.directory.add(*many)
    await office.asked()
    assert await mentioned(office) == tuple(many[:MOST])


async def test_a_card_that_is_posted_anew_asks_those_who_have_not_voted() -> None:
    office = Office(a_policy(quorum=2))
    request_id = await office.asked()
    await office.outbox.step()
    await office.press(K.APPROVE, BOB, request_id)
    office.slack.cards.clear()
    await office.outbox.step()
    again = [each.copy for each in office.slack.posts if each.to == CHANNEL][-1]
    assert again.mentioned == (CAROL,)


async def test_nobody_is_asked_to_decide_what_is_decided() -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.WITHDRAW, ALICE, request_id)
    assert await mentioned(office) == ()


@pytest.mark.parametrize("silent", ["group", "people"])
async def test_while_slack_does_not_say_who_is_who_the_card_goes_out_without_mentions(
    silent: str,
) -> None:
    office = Office(a_policy(approvers=FINANCE))
    office.directory.groups["S0FINANCE"] = frozenset({CAROL})
    await office.asked()
    if silent == "group":
        office.directory.groups.clear()
    else:
        office.directory.people.clear()
    assert await mentioned(office) == ()
    assert not office.rows.unsettled()


async def test_a_slow_slack_delays_no_card() -> None:
    class Slow(FakeDirectory):
        async def person(self, user_id: str) -> Person:
            await asyncio.Event().wait()
            return await super().person(user_id)

    office = Office()
    request = office.request(await office.asked())
    office.directory = Slow()
    office.restart()
    asked = await asked_by_name(office.people, request, office.clock.now(), patience_s=0.01)
    assert asked == NOBODY


async def test_people_in_their_quiet_hours_are_not_asked() -> None:
    office = Office(a_policy(quiet=NIGHT))
    lives_in(office, AUCKLAND, BOB)
    lives_in(office, SHANGHAI, CAROL)
    await office.asked()
    copy = await posted(office)
    assert (copy.mentioned, copy.urgent) == ((CAROL,), False)


@pytest.mark.parametrize(("spare", "asked"), [(0, True), (1, False)])
async def test_unless_it_lapses_before_morning_and_then_the_card_says_so(
    spare: int, asked: bool
) -> None:
    morning = timedelta(hours=7)
    office = Office(a_policy(quiet=NIGHT, expires=morning + timedelta(minutes=spare)))
    lives_in(office, AUCKLAND, BOB, CAROL)
    await office.asked()
    copy = await posted(office)
    assert (bool(copy.mentioned), copy.urgent) == (asked, asked)


async def test_a_card_is_urgent_for_somebody_whom_it_asks() -> None:
    many = [f"U0P{number:02}" for number in range(MOST)]
    office = Office(a_policy(quiet=NIGHT, approvers=people_named(*many, "U0Q"), expires=WATCH))
    office.directory.add(*many, "U0Q")
    lives_in(office, AUCKLAND, "U0Q")
    await office.asked()
    copy = await posted(office)
    assert (copy.mentioned, copy.urgent) == (tuple(many), False)


async def test_pitfall_26_both_sides_hear_once_that_the_order_was_paid_meanwhile() -> None:
    office = Office(a_policy(quorum=2))
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    await office.outbox.step()
    office.cloud.change(ORDER_ID, payment_status=PaymentStatus.PAID)
    await office.later(WATCH)
    for _turn in range(2):
        await office.outbox.step()
    assert [user for user, _text in office.slack.notices] == [ALICE, BOB, CAROL]
    assert all("already paid" in text for _user, text in office.slack.notices)


async def test_both_sides_hear_that_an_order_lapsed() -> None:
    order = a_detailed_order(deadline=Office().clock.now() + timedelta(hours=2))
    office = Office(orders=[order])
    request_id = await office.asked()
    await office.outbox.step()
    await office.later(timedelta(hours=2))
    assert office.stands(request_id) == (S.EXPIRED, "expired_deadline")
    await office.outbox.step()
    assert [user for user, _text in office.slack.notices] == [ALICE, BOB, CAROL]
    assert all("payment deadline" in text for _user, text in office.slack.notices)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (S.PENDING, ""),
        (S.EXPIRED, ""),
        (S.WITHDRAWN, ""),
        (S.OUTDATED, "votes"),
        (S.FAILED, "paid"),
    ],
)
def test_what_people_ended_or_let_lapse_is_no_news_to_those_who_were_asked(
    status: RequestStatus, outcome: str
) -> None:
    copy = CardCopy("R1", CopyRole.APPROVALS, CHANNEL, "1.1", mentioned=(BOB,))
    request = a_request(status=status, outcome=outcome)
    assert told_over(request, copy) == ()


async def test_asking_is_a_matter_of_this_moment() -> None:
    office = Office()
    request = office.request(await office.asked())
    assert (await asked_by_name(office.people, request, request.expires_at)).user_ids == ()
