"""What people press, judged from the stored row and from people as they are now."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.approvals import WATCH, ApprovalRequest, RequestStatus
from bot.domain.audit import AuditEntry, AuditKind
from bot.domain.inputs import Input, InputKind
from bot.domain.outbox import Owed
from tests.builders import a_detailed_order
from tests.fake_requests import FakeRequestStore
from tests.request_office import (
    ALICE,
    BOB,
    CAROL,
    CHANNEL,
    DAVE,
    HOLD,
    ORDER_ID,
    Office,
    a_policy,
)
from tests.scripted_cloud import DROPS_BEFORE_ACTING

S = RequestStatus
K = InputKind


async def refused(  # noqa: PLR0917 - a table's columns
    office: Office, rule: str, kind: InputKind, user_id: str, request_id: str, reason: str = ""
) -> str:
    """The sentence for a click that *rule* stops; the request stays as it is."""
    before = office.store.requests.get(request_id)
    told = await office.press(kind, user_id, request_id, reason=reason)
    assert office.refusals()[-1] == (user_id, rule)
    assert office.store.requests.get(request_id) == before
    assert not await office.store.waiting_inputs(limit=1)
    assert not office.cancel_calls
    assert told.text
    return told.text


async def test_an_approval_is_counted_and_the_order_is_read_again_at_once() -> None:
    office = Office()
    request_id = await office.asked()
    told = await office.press(K.APPROVE, BOB, request_id)
    assert (told.text, told.request_id) == ("", request_id)
    assert office.status(request_id) is S.PENDING
    assert office.due_in(request_id) == timedelta(0)
    facts = office.facts(AuditKind.REQUEST_VOTED)
    assert (facts["approvals"], facts["needed"]) == (1, 1)
    await office.executor.step()
    assert office.status(request_id) is S.APPROVED


async def test_one_denial_ends_it_and_says_why() -> None:
    office = Office(a_policy(quorum=2))
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    await office.press(K.DENY, CAROL, request_id, reason="still needed")
    request = office.request(request_id)
    assert (request.status, request.ended_by) == (S.DENIED, CAROL)
    assert request.end_reason == "still needed"
    assert request.due_at is None
    await office.outbox.step()
    assert [user for user, _text in office.slack.notices] == [ALICE]


async def test_a_denial_needs_a_reason() -> None:
    office = Office()
    request_id = await office.asked()
    assert "reason" in await refused(office, "reason", K.DENY, BOB, request_id, " \n")
    await refused(office, "approvers", K.DENY, DAVE, request_id, " ")


async def test_an_approver_may_change_their_mind_into_a_denial() -> None:
    office = Office(a_policy(quorum=2))
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    await office.press(K.DENY, BOB, request_id, reason="wrong one")
    assert office.status(request_id) is S.DENIED
    assert [vote.kind for vote in office.request(request_id).votes] == ["deny"]


async def test_pitfall_1_two_approvers_in_the_same_moment_make_one_call() -> None:
    office = Office()
    request_id = await office.asked()
    clicks = [office.an_input(K.APPROVE, user, request_id) for user in (BOB, CAROL, BOB)]
    for given in clicks:
        await office.store.accept(given)
    await asyncio.gather(*(office.decisions.handle(given) for given in clicks))
    await asyncio.gather(office.executor.step(), office.executor.step())
    await office.later(HOLD)
    assert office.cancel_calls == [ORDER_ID]
    assert office.status(request_id) is S.CANCELLED
    assert (BOB, "voted") in office.refusals()


async def test_pitfall_1_the_slower_one_is_told_who_was_faster() -> None:
    office = Office()
    request_id = await office.approved(BOB)
    told = await office.press(K.APPROVE, CAROL, request_id)
    assert "already approved" in told.text
    assert told.by == BOB
    await office.press(K.STOP, ALICE, request_id)
    told = await office.press(K.APPROVE, CAROL, request_id)
    assert ("already stopped" in told.text, told.by) == (True, ALICE)


async def test_of_what_lapsed_nobody_is_named_as_faster() -> None:
    office = Office(a_policy(quorum=2))
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    await office.later(timedelta(hours=24))
    assert office.status(request_id) is S.EXPIRED
    told = await office.press(K.APPROVE, CAROL, request_id)
    assert ("has lapsed" in told.text, told.by) == (True, "")


async def test_pitfall_2_withdrawing_wins_over_votes_that_are_complete_but_not_yet_acted_on() -> (
    None
):
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    await office.press(K.WITHDRAW, ALICE, request_id)
    await office.executor.step()
    await office.later(HOLD)
    assert office.status(request_id) is S.WITHDRAWN
    assert not office.cancel_calls


@pytest.mark.parametrize(("kind", "user"), [(K.WITHDRAW, ALICE), (K.DENY, CAROL)])
async def test_pitfall_2_a_no_during_the_re_read_leaves_one_terminal_state(
    kind: InputKind, user: str
) -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)

    async def meanwhile(_operation: str, _about: object) -> None:
        await office.press(kind, user, request_id, reason="no")

    office.cloud.script = meanwhile
    await office.executor.step()
    ended = S.WITHDRAWN if kind is K.WITHDRAW else S.DENIED
    assert office.status(request_id) is ended
    assert AuditKind.REQUEST_APPROVED not in office.kinds()


async def test_pitfall_2_the_card_shows_the_one_state_that_was_reached() -> None:
    office = Office()
    request_id = await office.asked()
    await office.outbox.step()
    both = [
        office.an_input(K.WITHDRAW, ALICE, request_id),
        office.an_input(K.DENY, BOB, request_id, reason="no"),
    ]
    for given in both:
        await office.store.accept(given)
    await asyncio.gather(*(office.decisions.handle(given) for given in both))
    await office.outbox.step()
    assert office.status(request_id) is S.WITHDRAWN
    assert {status for _role, status in office.shown(request_id)} == {S.WITHDRAWN}


@pytest.mark.parametrize(("kind", "user"), [(K.WITHDRAW, ALICE), (K.DENY, CAROL)])
async def test_whoever_says_no_during_the_hold_is_heard(kind: InputKind, user: str) -> None:
    office = Office()
    request_id = await office.approved()
    await office.press(kind, user, request_id, reason="no")
    assert office.status(request_id) is S.STOPPED
    assert office.facts(AuditKind.REQUEST_STOPPED)["input"] == kind
    await office.later(HOLD)
    assert not office.cancel_calls


@pytest.mark.parametrize("user", [ALICE, BOB, CAROL])
async def test_requester_and_approvers_stop_it_in_the_hold(user: str) -> None:
    office = Office()
    request_id = await office.approved()
    office.clock.move(HOLD - timedelta(milliseconds=1))
    await office.press(K.STOP, user, request_id)
    request = office.request(request_id)
    assert (request.status, request.ended_by) == (S.STOPPED, user)
    await office.later(timedelta(days=1))
    assert not office.cancel_calls


async def test_the_requesters_stop_works_while_slack_says_nothing_about_people() -> None:
    office = Office()
    request_id = await office.approved()
    office.directory.people.clear()
    await refused(office, "unreadable", K.STOP, CAROL, request_id)
    await office.press(K.STOP, ALICE, request_id)
    assert office.status(request_id) is S.STOPPED


async def test_there_is_nothing_to_stop_before_the_approval_nor_after_the_claim() -> None:
    office = Office()
    request_id = await office.asked()
    assert "nothing to stop" in await refused(office, "status", K.STOP, ALICE, request_id)
    office.store.requests[request_id] = replace(
        office.request(request_id), status=S.EXECUTING, fence=1
    )
    assert "Too late" in await refused(office, "status", K.STOP, ALICE, request_id)
    assert "Too late" in await refused(office, "status", K.WITHDRAW, ALICE, request_id)


@pytest.mark.parametrize("status", [each for each in S if each is not S.PENDING])
async def test_after_the_decision_every_status_has_a_sentence(status: RequestStatus) -> None:
    office = Office()
    request_id = await office.asked()
    office.store.requests[request_id] = replace(office.request(request_id), status=status)
    told = await refused(office, "status", K.APPROVE, BOB, request_id)
    assert "cancelled" not in told.lower() or status is S.CANCELLED


async def test_an_approval_is_taken_back_while_it_waits_for_others() -> None:
    office = Office(a_policy(quorum=2))
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    await office.press(K.TAKE_BACK, BOB, request_id)
    assert office.request(request_id).votes == ()
    assert office.kinds()[-1] is AuditKind.VOTE_TAKEN_BACK
    await refused(office, "no_vote", K.TAKE_BACK, BOB, request_id)
    await office.press(K.APPROVE, CAROL, request_id)
    await office.executor.step()
    assert office.status(request_id) is S.PENDING


async def test_an_approval_taken_back_before_the_re_read_leaves_the_request_pending() -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    await office.press(K.TAKE_BACK, BOB, request_id)
    await office.executor.step()
    assert office.status(request_id) is S.PENDING
    assert office.due_in(request_id) == WATCH


async def test_what_is_left_after_one_approval_is_taken_back_may_still_be_enough() -> None:
    office = Office()
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    await office.press(K.APPROVE, CAROL, request_id)
    await office.press(K.TAKE_BACK, BOB, request_id)
    await office.executor.step()
    assert office.status(request_id) is S.APPROVED


async def test_after_expiry_nothing_is_decided() -> None:
    office = Office()
    request_id = await office.asked()
    office.clock.move(timedelta(hours=24))
    assert "lapsed" in await refused(office, "expired", K.APPROVE, BOB, request_id)
    await refused(office, "expired", K.DENY, BOB, request_id, "no")


async def test_a_request_that_does_not_exist_is_refused() -> None:
    office = Office()
    assert "no such request" in await refused(office, "request", K.APPROVE, BOB, "R-NOTHING")


class Beaten(FakeRequestStore):
    """Before the next change, somebody else changes the row."""

    faster: ApprovalRequest | None = None

    async def change(
        self,
        before: ApprovalRequest,
        after: ApprovalRequest,
        *,
        entry: AuditEntry,
        owed: Sequence[Owed] = (),
        given: Input | None = None,
        heed: Collection[InputKind] = (),
        at: datetime,
    ) -> bool:
        if self.faster is not None:
            self.requests[before.request_id], self.faster = self.faster, None
        return await super().change(
            before, after, entry=entry, owed=owed, given=given, heed=heed, at=at
        )


async def test_a_lost_race_is_judged_again_from_the_row_as_it_stands() -> None:
    office = Office(a_policy(quorum=2))
    office.store = store = Beaten(office.rows)
    office.restart()
    request_id = await office.asked()
    before = office.request(request_id)
    await office.press(K.APPROVE, CAROL, request_id)
    with_carol, office.store.requests[request_id] = office.request(request_id), before
    store.faster = with_carol
    await office.press(K.APPROVE, BOB, request_id)
    assert [vote.user_id for vote in office.request(request_id).votes] == [CAROL, BOB]


async def test_pitfall_3_an_older_card_keeps_its_own_state_when_a_newer_request_is_decided() -> (
    None
):
    orders = [a_detailed_order(order_id=f"CS261117120000{n}AB") for n in range(2)]
    office = Office(orders=orders)
    older, newer = [await office.asked(order_id=order.order_id) for order in orders]
    await office.press(K.APPROVE, BOB, newer, channel=CHANNEL, message_ts="17.3")
    await office.executor.step()
    assert (office.status(older), office.status(newer)) == (S.PENDING, S.APPROVED)
    assert office.request(older).votes == ()


async def test_pitfall_11_asking_again_makes_a_new_request_with_new_approvals() -> None:
    office = Office()
    first = await office.approved()
    office.cloud.answers.append(DROPS_BEFORE_ACTING)
    await office.later(HOLD)
    for _read in range(4):
        await office.later(timedelta(seconds=60))
    assert office.status(first) is S.FAILED
    before = office.request(first)
    second = await office.asked()
    assert second != first
    assert office.request(second).votes == ()
    assert office.request(first) == before
    await office.later(HOLD)
    assert office.status(second) is S.PENDING
