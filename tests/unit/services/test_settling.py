"""What a cancel call came to: receipts, reads that settle, late effects."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from bot.domain.approvals import RequestStatus
from bot.domain.audit import AuditKind
from bot.domain.inputs import InputKind
from bot.domain.orders import OrderQuery, PaymentStatus
from bot.services.settling import WATCHED
from tests.builders import a_detailed_order
from tests.request_office import (
    ALICE,
    BOB,
    CAROL,
    HOLD,
    ORDER_ID,
    Office,
)
from tests.scripted_cloud import (
    DROPS_AFTER_ACTING,
    DROPS_BEFORE_ACTING,
    LIES,
    NOT_SENT,
    REFUSES,
    THROTTLES,
    Answer,
    no_answer,
)

S = RequestStatus
K = InputKind
MS = timedelta(milliseconds=1)
SECOND = timedelta(seconds=1)
PAID = {"payment_status": PaymentStatus.PAID}
CANCELLED = {"payment_status": PaymentStatus.CANCELLED}


def notified(office: Office) -> list[str]:
    return [user for user, _text in office.slack.notices]


async def test_pitfall_9_a_refused_cancel_never_shows_as_cancelled() -> None:
    office = Office()
    request_id = await office.approved()
    await office.outbox.step()
    office.cloud.answers.append(REFUSES)
    await office.later(HOLD)
    await office.outbox.step()
    assert office.stands(request_id) == (S.FAILED, "refused")
    request = office.request(request_id)
    assert request.outcome_text == "CBC.0151 access denied"
    facts = office.facts(AuditKind.REQUEST_FAILED)
    assert (facts["effect"], facts["code"], facts["read"]) == ("no", "CBC.0151", "unpaid")
    drawn = {post.request.status for post in office.slack.posts}
    assert S.CANCELLED not in drawn | {card.status for card in office.slack.cards.values()}
    assert not any("cancelled" in text for _user, text in office.slack.notices)


@pytest.mark.parametrize(
    ("truth", "outcome"),
    [(PAID, "paid"), (CANCELLED, "gone"), (None, "gone"), ({}, "refused")],
)
async def test_pitfall_32_a_refusal_is_followed_by_a_read_that_tells_the_true_state(
    truth: dict[str, object] | None, outcome: str
) -> None:
    office = Office()
    request_id = await office.approved()

    async def meanwhile(operation: str, _about: OrderQuery | str) -> None:
        if operation == "cancel_order":
            office.cloud.answers.append(Answer(REFUSES.effect, acts=False, code="CBC.99003106"))
            if truth is None:
                office.cloud.orders.clear()
            else:
                office.cloud.change(ORDER_ID, **truth)

    office.cloud.script = meanwhile
    await office.later(HOLD)
    assert office.stands(request_id) == (S.FAILED, outcome)


@pytest.mark.parametrize("listed", [True, False])
async def test_pitfall_32_a_part_of_a_combined_order_names_the_whole_to_ask_again_for(
    listed: bool,
) -> None:
    whole = a_detailed_order(order_id="CS2611171200WHOLE", parts=("CS1", ORDER_ID))
    others = [a_detailed_order(order_id=f"CS261117120000{n}AB") for n in range(5)]
    office = Office(orders=[a_detailed_order(), *others, *([whole] if listed else [])])
    request_id = await office.approved()
    office.cloud.answers.append(
        Answer(REFUSES.effect, acts=False, code="CBC.99000089", combined=True)
    )
    await office.later(HOLD)
    assert office.stands(request_id) == (S.FAILED, "combined")
    current = office.request(request_id).current
    assert (current.order_id if current else None) == ("CS2611171200WHOLE" if listed else None)
    again = await office.asked(order_id="CS2611171200WHOLE" if listed else ORDER_ID)
    assert office.status(again) is S.PENDING


@pytest.mark.parametrize("created", [True, False])
async def test_pitfall_32_a_whole_that_cannot_be_looked_for_is_left_out(created: bool) -> None:
    order = a_detailed_order() if created else a_detailed_order(created_at=None)
    office = Office(orders=[order])
    request_id = await office.approved()
    office.cloud.answers.append(
        Answer(REFUSES.effect, acts=False, code="CBC.99000089", combined=True)
    )

    async def no_list(operation: str, _about: OrderQuery | str) -> None:
        if operation == "list_orders":
            raise no_answer()

    office.cloud.script = no_list
    await office.later(HOLD)
    assert office.stands(request_id) == (S.FAILED, "combined")
    assert office.request(request_id).current is None


async def test_a_yes_that_a_read_does_not_show_is_unknown_until_reads_settle_it() -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.answers.append(LIES)
    await office.later(HOLD)
    assert office.stands(request_id) == (S.UNKNOWN, "unconfirmed")
    waits = []
    while office.status(request_id) is S.UNKNOWN:
        due_in = office.due_in(request_id)
        assert due_in is not None
        waits.append(due_in.total_seconds())
        await office.later(due_in)
    assert waits == [2, 5, 15, 60]
    assert office.stands(request_id) == (S.FAILED, "still_unpaid")
    assert office.cancel_calls == [ORDER_ID]


async def test_a_yes_is_believed_once_a_later_read_shows_it() -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.answers.append(LIES)
    await office.later(HOLD)
    await office.later(timedelta(seconds=2))
    office.cloud.change(ORDER_ID, **CANCELLED)
    await office.later(timedelta(seconds=5))
    assert office.stands(request_id) == (S.CANCELLED, "")


@pytest.mark.parametrize(("truth", "outcome"), [(PAID, "paid"), (None, "gone")])
@pytest.mark.parametrize("answer", [LIES, THROTTLES])
async def test_a_read_after_the_call_that_shows_it_paid_or_gone_ends_it(
    answer: Answer, truth: dict[str, object] | None, outcome: str
) -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.answers.append(answer)

    async def meanwhile(operation: str, _about: OrderQuery | str) -> None:
        if operation == "cancel_order":
            if truth is None:
                office.cloud.orders.clear()
            else:
                office.cloud.change(ORDER_ID, **truth)

    office.cloud.script = meanwhile
    await office.later(HOLD)
    assert office.stands(request_id) == (S.FAILED, outcome)


@pytest.mark.parametrize("answer", [DROPS_AFTER_ACTING, DROPS_BEFORE_ACTING])
async def test_pitfall_34_a_call_without_a_clear_answer_is_read_back_and_not_repeated(
    answer: Answer,
) -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.answers.append(answer)
    reads = len(office.cloud.asked("get_order"))
    await office.later(HOLD)
    assert office.stands(request_id) == (S.UNKNOWN, "no_answer")
    await office.later(timedelta(seconds=2) - MS)
    assert len(office.cloud.asked("get_order")) == reads + 1
    await office.later(timedelta(hours=1))
    for _read in range(4):
        await office.later(timedelta(minutes=1))
    expected = (S.CANCELLED, "") if answer.acts else (S.FAILED, "still_unpaid")
    assert office.stands(request_id) == expected
    assert office.cancel_calls == [ORDER_ID]
    await office.outbox.step()
    assert ALICE in notified(office)


@pytest.mark.parametrize(("truth", "outcome"), [(PAID, "paid"), (None, "gone")])
async def test_an_unknown_outcome_is_settled_by_paid_or_gone(
    truth: dict[str, object] | None, outcome: str
) -> None:
    office = Office()
    request_id = await office.unknown()
    if truth is None:
        office.cloud.orders.clear()
    else:
        office.cloud.change(ORDER_ID, **truth)
    await office.later(timedelta(seconds=2))
    assert office.stands(request_id) == (S.FAILED, outcome)


async def test_reads_without_an_answer_settle_nothing_and_get_rarer() -> None:
    office = Office()
    request_id = await office.unknown()
    office.cloud.reads.extend([no_answer()] * 30)
    waits = []
    for _read in range(30):
        due_in = office.due_in(request_id)
        assert due_in is not None
        waits.append(due_in)
        await office.later(due_in)
    assert office.status(request_id) is S.UNKNOWN
    assert waits[0] == timedelta(seconds=2)
    assert all(one <= other for one, other in pairwise(waits))
    assert waits[-1] == timedelta(hours=1)


async def test_unpaid_reads_far_apart_do_not_need_fewer_and_close_ones_not_less_time() -> None:
    office = Office()
    request_id = await office.unknown()
    first = office.clock.now() + timedelta(seconds=2)
    reads = 0
    while office.status(request_id) is S.UNKNOWN:
        office.cloud.reads.append(no_answer() if reads % 2 else None)
        reads += 1
        await office.later(office.due_in(request_id) or timedelta(0))
    assert office.stands(request_id) == (S.FAILED, "still_unpaid")
    assert office.clock.now() - first >= timedelta(seconds=60)


async def test_expiry_is_of_no_account_once_the_cloud_was_asked() -> None:
    office = Office()
    request_id = await office.unknown()
    office.cloud.change(ORDER_ID, **CANCELLED)
    await office.later(timedelta(days=3))
    assert office.status(request_id) is S.CANCELLED


async def test_a_late_effect_is_recorded_and_both_are_told() -> None:
    office = Office()
    request_id = await office.unknown()
    for _read in range(4):
        await office.later(timedelta(seconds=60))
    assert office.stands(request_id) == (S.FAILED, "still_unpaid")
    office.cloud.change(ORDER_ID, **CANCELLED)
    office.slack.notices.clear()
    await office.outbox.step()
    office.slack.notices.clear()
    await office.later(timedelta(minutes=5))
    assert office.stands(request_id) == (S.FAILED, "late_effect")
    assert office.request(request_id).due_at is None
    assert office.kinds()[-1] is AuditKind.LATE_EFFECT
    await office.outbox.step()
    assert notified(office) == [ALICE, BOB]


@pytest.mark.parametrize("found", ["unpaid", "paid", "no answer"])
async def test_an_order_that_seems_untouched_is_watched_for_a_day(found: str) -> None:
    office = Office()
    request_id = await office.unknown()
    claimed_at = office.clock.now()
    for _read in range(4):
        await office.later(timedelta(seconds=60))
    if found == "paid":
        office.cloud.change(ORDER_ID, **PAID)
    if found == "no answer":
        office.cloud.reads.extend([no_answer()] * 20)
    looks = 0
    while due_in := office.due_in(request_id):
        await office.later(due_in)
        looks += 1
    assert office.stands(request_id) == (S.FAILED, "still_unpaid")
    if found == "paid":
        assert looks == 1
    else:
        assert office.clock.now() - claimed_at >= WATCHED
        assert looks < 12


async def test_an_effect_of_a_later_request_is_no_late_effect_of_the_first() -> None:
    office = Office()
    first = await office.unknown()
    for _read in range(4):
        await office.later(timedelta(seconds=60))
    office.clock.move(SECOND)
    second = await office.approved(CAROL)
    await office.later(HOLD)
    assert office.status(second) is S.CANCELLED
    await office.later(timedelta(minutes=5))
    assert office.stands(first) == (S.FAILED, "still_unpaid")
    assert office.request(first).due_at is None
    assert AuditKind.LATE_EFFECT not in office.kinds()


@pytest.mark.parametrize(("answer", "outcome"), [(NOT_SENT, "not_sent"), (THROTTLES, "throttled")])
async def test_a_call_without_effect_is_made_again_after_a_while_with_a_new_fence(
    answer: Answer, outcome: str
) -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.answers.extend([answer] * 4)
    office.clock.move(HOLD)
    waits = []
    for attempt in range(1, 5):
        await office.executor.step()
        assert office.stands(request_id) == (S.APPROVED, outcome)
        assert office.request(request_id).fence == attempt
        due_in = office.due_in(request_id)
        assert due_in is not None
        waits.append(due_in.total_seconds())
        office.clock.move(due_in)
    assert waits == [5, 15, 60, 60]
    await office.executor.step()
    assert office.status(request_id) is S.CANCELLED
    assert office.cloud.effects == [ORDER_ID]


async def test_a_throttled_call_is_repeated_only_after_a_read_showed_no_effect() -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.answers.append(THROTTLES)
    office.cloud.reads.extend([None, no_answer()])
    await office.later(HOLD)
    assert office.stands(request_id) == (S.UNKNOWN, "no_answer")
    assert office.cancel_calls == [ORDER_ID]


async def test_a_throttled_call_that_acted_all_the_same_is_seen_by_the_read() -> None:
    office = Office()
    request_id = await office.approved()
    office.cloud.answers.append(replace(THROTTLES, acts=True))
    await office.later(HOLD)
    assert office.stands(request_id) == (S.CANCELLED, "")
    assert office.cancel_calls == [ORDER_ID]


async def test_a_released_request_can_still_be_stopped_and_still_expires() -> None:
    for stopped in (True, False):
        office = Office()
        request_id = await office.approved()
        office.cloud.answers.append(THROTTLES)
        await office.later(HOLD)
        if stopped:
            await office.press(K.STOP, ALICE, request_id)
        await office.later(timedelta(hours=24))
        assert office.status(request_id) is (S.STOPPED if stopped else S.EXPIRED)
        assert office.cancel_calls == [ORDER_ID]
