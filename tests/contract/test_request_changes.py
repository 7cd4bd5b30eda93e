"""How every RequestStore moves a request on: one step, once, and only as the table lists."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.approvals import TRANSITIONS, RequestStatus, VoteKind
from bot.domain.inputs import InputKind
from bot.domain.orders import PaymentStatus
from bot.domain.votes import Verdict
from bot.errors import StorageError
from tests.builders import NOON, a_detailed_order, money
from tests.request_builders import (
    a_request,
    a_requirement,
    a_vote,
    an_input,
    an_owed_card,
    moved,
)
from tests.request_house import LATER, MILLISECOND, VOTED, House, S


async def test_every_moving_part_is_kept(house: House) -> None:
    request = await house.create()
    times = {
        name: LATER + timedelta(seconds=number)
        for number, name in enumerate(
            ["expires_at", "due_at", "approved_at", "hold_until", "claimed_at", "ended_at"]
        )
    }
    after = moved(
        request,
        S.APPROVED,
        votes=(a_vote(), a_vote("U0CAROL", kind=VoteKind.DENY, at=LATER)),
        fence=2,
        reads=3,
        ended_by="U0CAROL",
        end_reason="不",
        outcome="paid",
        outcome_text="already paid",
        current=a_detailed_order(payment_status=PaymentStatus.PAID),
        **times,
    )
    assert await house.change(request, after) == after


async def test_moments_are_kept_to_the_millisecond(house: House) -> None:
    at = NOON + timedelta(microseconds=1999)
    request = await house.create(a_request(created_at=at, expires_at=at))
    voted = await house.change(request, moved(request, S.PENDING, votes=(a_vote(at=at),)))
    assert voted.created_at == voted.expires_at == voted.votes[0].at == NOON + MILLISECOND


async def test_a_change_is_one_step_with_its_record_input_and_messages(house: House) -> None:
    request = await house.create()
    await house.store.accept(an_input())
    voted = moved(request, S.PENDING, votes=(a_vote(),), due_at=NOON)
    stored = await house.change(request, voted, given=an_input(), owed=[an_owed_card(2)], at=LATER)
    assert stored == voted
    assert await house.kinds() == ["request:made", "input:stored", "request:voted"]
    assert await house.waiting() == []
    assert await house.owed() == ["card:R1:2"]


async def test_the_store_counts_the_versions(house: House) -> None:
    request = await house.create()
    for version in (2, 3):
        request = await house.change(request, replace(request, due_at=NOON))
        assert request.version == version


async def test_of_two_who_approve_at_once_one_is_first(house: House) -> None:
    request = await house.create()
    votes = {
        user: moved(request, S.PENDING, votes=(a_vote(user),)) for user in ("U0BOB", "U0CAROL")
    }
    for user in votes:
        await house.store.accept(an_input(input_id=user, user_id=user))
    won = await asyncio.gather(
        *(
            house.store.change(
                request,
                after,
                entry=replace(VOTED, actor=user),
                given=an_input(input_id=user, user_id=user),
                owed=[an_owed_card(dedup=user)],
                at=NOON,
            )
            for user, after in votes.items()
        )
    )
    assert sorted(won) == [False, True]
    first, second = sorted(votes, key=lambda user: not won[list(votes).index(user)])
    assert await house.get() == votes[first]
    assert (await house.kinds()).count("request:voted") == 1
    assert await house.waiting() == [second]
    assert await house.owed() == [first]


async def test_a_change_from_an_older_version_or_status_is_lost(house: House) -> None:
    pending = await house.create()
    approved = await house.change(pending, moved(pending, S.APPROVED, votes=(a_vote(),)))
    head = await house.audit.head()
    for before in (pending, replace(approved, version=1), replace(approved, status=S.PENDING)):
        after = moved(before, S.DENIED if before.status is S.PENDING else S.STOPPED, votes=())
        assert not await house.store.change(before, after, entry=VOTED, at=NOON)
    assert await house.get() == approved
    assert await house.audit.head() == head


async def test_a_request_that_does_not_exist_cannot_change(house: House) -> None:
    ghost = a_request()
    assert not await house.store.change(ghost, moved(ghost, S.DENIED), entry=VOTED, at=NOON)


@pytest.mark.parametrize("start", S)
async def test_only_the_listed_transitions_are_possible(house: House, start: RequestStatus) -> None:
    for end in {start, *TRANSITIONS[start]}:
        before = await house.lead(start, request_id=end)
        assert (await house.change(before, moved(before, end))).status is end
    before = await house.lead(start)
    await house.store.accept(an_input())
    head = await house.audit.head()
    for end in set(S) - {start, *TRANSITIONS[start]}:
        with pytest.raises(StorageError):
            await house.change(before, moved(before, end), given=an_input(), owed=[an_owed_card()])
    assert await house.get() == before
    assert await house.audit.head() == head
    assert await house.waiting() == ["trigger-1"]
    assert await house.owed() == []


async def test_a_change_whose_record_cannot_stand_leaves_nothing(house: House) -> None:
    request = await house.create()
    await house.store.accept(an_input())
    entry = replace(VOTED, facts={"сумма": "1.50"})
    voted = moved(request, S.PENDING, votes=(a_vote(),))
    with pytest.raises(ValueError, match=r".+"):
        await house.change(request, voted, entry=entry, given=an_input(), owed=[an_owed_card()])
    assert await house.get() == request
    assert await house.waiting() == ["trigger-1"]
    assert await house.owed() == []


async def test_one_person_has_one_vote(house: House) -> None:
    request = await house.create()
    twice = moved(request, S.PENDING, votes=(a_vote(), a_vote(kind=VoteKind.DENY)))
    with pytest.raises(StorageError):
        await house.change(request, twice)
    assert await house.get() == request


@pytest.mark.parametrize(
    "parts",
    [
        {"request_id": "R2"},
        {"order_id": "CS2"},
        {"order": a_detailed_order(payable=money("1 CNY"))},
        {"fingerprint": "0"},
        {"requested_by": "U0BOB"},
        {"requirement": a_requirement(quorum=2)},
    ],
    ids=lambda parts: next(iter(parts)),
)
async def test_what_a_request_is_about_never_changes(house: House, parts: dict[str, Any]) -> None:
    request = await house.create()
    with pytest.raises(ValueError, match="keeps its order"):
        await house.change(request, moved(request, S.APPROVED, **parts))
    assert await house.get() == request


async def test_nothing_moves_while_somebody_who_says_no_is_not_heard(house: House) -> None:
    request = await house.create()
    stop = an_input(input_id="T-stop", kind=InputKind.STOP)
    elsewhere = an_input(input_id="T-else", kind=InputKind.STOP, request_id="R2")
    for given in (stop, elsewhere, an_input(input_id="T-yes")):
        assert await house.store.accept(given)
    claim = moved(request, S.APPROVED)
    usual: dict[str, Any] = {"entry": VOTED, "heed": {InputKind.STOP}, "at": NOON}
    assert not await house.store.change(request, claim, **usual)
    assert await house.get("R1") == request
    await house.store.refuse(stop, Verdict(counts=False, rule="status"), at=LATER)
    assert await house.store.change(request, claim, **usual)


async def test_a_look_moves_only_the_time_of_the_next_one(house: House) -> None:
    request = await house.create()
    head = await house.audit.head()
    assert await house.store.look_again(request, due_at=LATER)
    assert await house.get() == replace(request, due_at=LATER)
    assert await house.store.due(now=LATER, limit=9) == ("R1",)
    assert await house.audit.head() == head


async def test_a_look_at_a_request_that_moved_on_changes_nothing(house: House) -> None:
    pending = await house.create()
    voted = await house.change(pending, moved(pending, S.PENDING, votes=(a_vote(),), due_at=NOON))
    assert not await house.store.look_again(pending, due_at=LATER)
    approved = await house.change(voted, moved(voted, S.APPROVED))
    assert not await house.store.look_again(voted, due_at=LATER)
    assert not await house.store.look_again(approved, due_at=LATER)
    assert not await house.store.look_again(replace(pending, request_id="R9"), due_at=LATER)
    assert await house.get() == approved
