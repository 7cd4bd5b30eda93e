"""What every RequestStore answers about inputs and requests: SQLite and the fake alike."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.approvals import TRANSITIONS, RequestStatus
from bot.domain.policy import Principals
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
from tests.request_house import DAY, LATER, MILLISECOND, SUBJECT, VOTED, WISH, House, S


async def test_an_input_waits_as_it_came_until_it_is_judged(house: House) -> None:
    second = replace(WISH, input_id="second", reason="疑 <!channel>\n", at=LATER)
    assert await house.store.accept(an_input(at=NOON + timedelta(microseconds=1999)))
    assert await house.store.accept(second)
    first = an_input(at=NOON + MILLISECOND)
    assert await house.store.waiting_inputs(limit=9) == (first, second)
    assert await house.store.waiting_inputs(limit=1) == (first,)


async def test_an_input_is_on_record_with_its_order_but_without_its_words(house: House) -> None:
    await house.store.accept(WISH)
    [told] = await house.told()
    assert (told["kind"], told["actor"], told["at_ms"]) == (
        "input:stored",
        "U0ALICE",
        1795003200000,
    )
    assert told["facts"] == {"kind": "request", "request_id": ""}
    assert len(told["texts"]["reason"]) == 64
    assert "bought" not in json.dumps(told)


async def test_a_click_on_a_card_is_on_record_under_the_order_of_its_request(house: House) -> None:
    await house.create()
    await house.store.accept(an_input())
    await house.store.refuse(an_input(), Verdict(counts=False, rule="approvers"), at=NOON)
    made, stored, refused = await house.told()
    assert stored["facts"] == {"kind": "approve", "request_id": "R1"}
    assert refused["facts"] == {"kind": "approve", "request_id": "R1", "rule": "approvers"}
    assert (refused["kind"], refused["actor"]) == ("input:refused", "U0BOB")
    assert (made["kind"], stored["texts"]) == ("request:made", {})


async def test_an_input_about_nothing_known_is_on_record_too(house: House) -> None:
    before = (await house.audit.head()).seq
    await house.store.accept(an_input(request_id="R-guessed"))
    assert (await house.audit.head()).seq == before + 1
    told = (await house.told(""))[-1]
    assert told["facts"]["request_id"] == "R-guessed"


async def test_the_same_input_counts_once_a_day_and_its_repeat_is_on_record(house: House) -> None:
    await house.create()
    assert await house.store.accept(an_input())
    assert not await house.store.accept(an_input(at=NOON + DAY))
    assert await house.waiting() == ["trigger-1"]
    told = (await house.told())[-1]
    assert (told["kind"], told["facts"]["rule"]) == ("input:refused", "duplicate")


async def test_a_judged_input_is_forgotten_after_a_day_and_a_waiting_one_never(
    house: House,
) -> None:
    await house.store.accept(an_input(input_id="judged"))
    await house.store.refuse(an_input(input_id="judged"), Verdict(counts=False, rule="x"), at=NOON)
    await house.store.accept(an_input(input_id="waiting"))
    late = NOON + DAY + MILLISECOND
    assert not await house.store.accept(an_input(input_id="waiting", at=late))
    assert await house.store.accept(an_input(input_id="judged", at=late))
    assert await house.waiting() == ["waiting", "judged"]


async def test_a_refused_input_waits_no_more_and_owes_what_was_said(house: House) -> None:
    await house.store.accept(an_input())
    verdict = Verdict(counts=False, rule="requester")
    await house.store.refuse(an_input(), verdict, owed=[an_owed_card()], at=NOON)
    assert await house.waiting() == []
    assert await house.owed() == ["card:R1:1"]


async def test_an_input_judged_twice_leaves_one_verdict(house: House) -> None:
    """After a restart an input may be found waiting while its click is still being handled."""
    request = await house.create()
    await house.store.accept(an_input())
    voted = moved(request, S.PENDING, votes=(a_vote(),))
    voted = await house.change(request, voted, given=an_input())
    head = await house.audit.head()
    again = moved(voted, S.PENDING, votes=())
    assert not await house.store.change(voted, again, entry=VOTED, given=an_input(), at=NOON)
    await house.store.refuse(
        an_input(), Verdict(counts=False, rule="voted"), owed=[an_owed_card()], at=NOON
    )
    other = a_request(request_id="R2", order_id="CS2")
    assert not await house.store.create(other, given=an_input(), owed=(), at=NOON)
    assert await house.get() == voted
    assert await house.store.get("R2") is None
    assert await house.audit.head() == head
    assert await house.owed() == []


async def test_a_request_comes_back_as_it_was_made(house: House) -> None:
    requirement = a_requirement(
        approvers=Principals(people=frozenset({"U1", "U2"}), groups=frozenset({"S1"})),
        hold=timedelta(milliseconds=1500),
        quorum=2,
        rule=3,
        approvals_channel="C0MONEY",
    )
    order = a_detailed_order(payable=money("12.50 CNY"), product_name="云服务器 <b>")
    made = a_request(order=order, requirement=requirement, reason="重复 <@U1>", due_at=LATER)
    assert await house.create(made) == made
    assert await house.store.get("R2") is None


async def test_making_a_request_is_one_step_with_its_record_input_and_messages(
    house: House,
) -> None:
    await house.store.accept(WISH)
    request = a_request(requirement=a_requirement(rule=2, quorum=3))
    assert await house.store.create(request, given=WISH, owed=[an_owed_card()], at=LATER)
    told = (await house.told())[-1]
    assert told["kind"] == "request:made"
    assert (told["actor"], told["texts"]) == ("U0ALICE", {})
    assert told["facts"] == {
        "request_id": "R1",
        "rule": 2,
        "quorum": 3,
        "fingerprint": request.fingerprint,
        "expires_at": "2026-11-19T12:00:00.000+00:00",
    }
    assert await house.waiting() == []
    assert await house.owed() == ["card:R1:1"]


@pytest.mark.parametrize("status", [S.PENDING, S.APPROVED, S.EXECUTING, S.UNKNOWN])
async def test_an_order_has_one_open_request(house: House, status: RequestStatus) -> None:
    first = await house.lead(status)
    await house.store.accept(replace(WISH, input_id="wish-2"))
    head = await house.audit.head()
    second = a_request(request_id="R2", requested_by="U0DAVE")
    given = replace(WISH, input_id="wish-2")
    assert not await house.store.create(second, given=given, owed=[an_owed_card()], at=NOON)
    assert await house.store.open_for("huawei-main", first.order_id) == first
    assert await house.audit.head() == head
    assert await house.waiting() == ["wish-2"]
    assert await house.owed() == []


@pytest.mark.parametrize("status", [status for status in S if not TRANSITIONS[status]])
async def test_after_a_final_one_the_order_may_be_asked_about_again(
    house: House, status: RequestStatus
) -> None:
    first = await house.lead(status)
    assert await house.store.open_for("huawei-main", first.order_id) is None
    second = await house.create(a_request(request_id="R2"))
    assert await house.store.open_for("huawei-main", first.order_id) == second
    assert await house.store.requests_for("huawei-main", first.order_id) == (second, first)


async def test_the_same_order_id_in_another_account_is_another_order(house: House) -> None:
    await house.create()
    other = await house.create(a_request(request_id="R2", account="huawei-two"))
    assert await house.store.open_for("huawei-two", other.order_id) == other
    assert await house.store.requests_for("huawei-two", other.order_id) == (other,)


@pytest.mark.parametrize(
    "parts",
    [{"status": S.APPROVED}, {"version": 2}, {"fence": 1}],
    ids=["approved", "not the first version", "claimed"],
)
async def test_a_request_starts_as_pending(house: House, parts: dict[str, Any]) -> None:
    with pytest.raises(StorageError):
        await house.store.create(a_request(**parts), given=WISH, owed=(), at=NOON)
    assert await house.store.get("R1") is None


async def test_a_request_does_not_start_with_votes(house: House) -> None:
    with pytest.raises(ValueError, match="no votes"):
        await house.store.create(a_request(votes=(a_vote(),)), given=WISH, owed=(), at=NOON)


async def test_what_is_due_is_told_by_the_hour(house: House) -> None:
    for name, due_at in {
        "late": NOON + timedelta(minutes=1),
        "early": NOON - timedelta(minutes=1),
        "now": NOON,
        "never": None,
        "future": NOON + timedelta(hours=1),
    }.items():
        await house.create(a_request(request_id=name, order_id=name, due_at=due_at))
    assert await house.store.due(now=NOON, limit=9) == ("early", "now")
    assert await house.store.due(now=LATER, limit=2) == ("early", "now")
    assert await house.store.due(now=NOON - DAY, limit=9) == ()


async def test_a_claim_without_a_receipt_is_found(house: House) -> None:
    claimed = await house.lead(S.EXECUTING)
    await house.create(a_request(request_id="R2", order_id="CS2"))
    assert await house.store.claimed() == (claimed,)
    await house.change(claimed, moved(claimed, S.CANCELLED))
    assert await house.store.claimed() == ()


async def test_open_requests_come_oldest_first(house: House) -> None:
    for name in "ABCD":
        await house.create(a_request(request_id=name, order_id=name))
    second = await house.get("B")
    await house.change(second, moved(second, S.DENIED))
    assert [each.request_id for each in await house.store.open_requests(limit=9)] == list("ACD")
    assert [each.request_id for each in await house.store.open_requests(limit=2)] == list("AC")


async def test_a_person_finds_what_they_asked_and_what_they_voted_on(house: House) -> None:
    for name, user in {"A": "U0BOB", "B": "U0ALICE", "C": "U0ALICE", "D": "U0BOB2"}.items():
        await house.create(a_request(request_id=name, order_id=name, requested_by=user))
    for name in "BC":
        request = await house.get(name)
        await house.change(request, moved(request, S.PENDING, votes=(a_vote("U0BOB"),)))
    taken_back = await house.get("C")
    await house.change(taken_back, moved(taken_back, S.PENDING, votes=()))

    async def names(*users: str, limit: int = 9) -> str:
        found = await house.store.requests_of(frozenset(users), limit=limit)
        return "".join(each.request_id for each in found)

    assert await names("U0BOB", "U0BOB2") == "DBA"
    assert await names("U0BOB", "U0BOB2", limit=2) == "DB"
    assert await names("U0ALICE") == "CB"
    assert await names("U0EVE") == await names() == ""
    [voted] = await house.store.requests_of(frozenset({"U0BOB"}), limit=1)
    assert voted.votes == (a_vote("U0BOB"),)


async def test_history_tells_the_newest_records_oldest_first(house: House) -> None:
    other = replace(VOTED, subject="order:huawei-main/P217")
    foreign = replace(VOTED, subject="order:huawei-two/CS2611171200ABCDE")
    for number, entry in enumerate([VOTED, other, foreign, VOTED]):
        await house.audit.append(entry, at=NOON + timedelta(seconds=number))
    subjects = (SUBJECT, other.subject, SUBJECT)
    records = await house.store.history(subjects, limit=9)
    assert [record.at.second for record in records] == [0, 1, 3]
    assert records[1].prev == records[0].hash
    assert [each.seq for each in await house.store.history(subjects, limit=2)] == [3, 5]
    assert await house.store.history((), limit=9) == ()


async def test_several_requests_keep_their_own_votes(house: House) -> None:
    for name in "AB":
        request = await house.create(a_request(request_id=name, order_id=name))
        votes = tuple(a_vote(f"U0{name}{number}") for number in (2, 1, 3))
        await house.change(request, moved(request, S.PENDING, votes=votes))
    found = await house.store.open_requests(limit=9)
    assert [[vote.user_id for vote in each.votes] for each in found] == [
        ["U0A2", "U0A1", "U0A3"],
        ["U0B2", "U0B1", "U0B3"],
    ]


async def test_cancels_of_a_span_are_found_by_when_they_ended(house: House) -> None:
    ends = {"late": LATER, "edge": NOON, "early": NOON - MILLISECOND, "failed": LATER}
    for name, ended_at in ends.items():
        request = await house.lead(S.EXECUTING, name)
        status = S.FAILED if name == "failed" else S.CANCELLED
        await house.change(request, moved(request, status, ended_at=ended_at))
    await house.create(a_request(request_id="open"))

    async def names(*accounts: str) -> list[str]:
        found = await house.store.cancelled_since(NOON, accounts)
        return [each.request_id for each in found]

    assert await names("huawei-main", "alibaba-main") == ["late", "edge"]
    assert await names("alibaba-main") == await names() == []
