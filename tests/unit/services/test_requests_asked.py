"""What people ask about requests: why, inbox, history."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.accounts import Account, Provider
from bot.domain.approvals import RequestStatus
from bot.domain.inputs import InputKind
from bot.domain.policy import Principals
from bot.errors import NotAllowed
from tests.builders import a_detailed_order
from tests.request_office import (
    ALICE,
    BOB,
    CAROL,
    DAVE,
    ORDER_ID,
    Office,
    a_policy,
    people_named,
)

S = RequestStatus
K = InputKind


async def test_why_names_who_may_decide_and_what_stops_the_others() -> None:
    office = Office()
    office.directory.people[CAROL] = replace(office.directory.people[CAROL], deleted=True)
    request_id = await office.asked()
    await office.press(K.APPROVE, BOB, request_id)
    del office.directory.people[DAVE]
    why = await office.requests.why(await office.viewer(BOB), request_id)
    assert [(line.user_id, line.may, line.rule) for line in why.lines] == [
        (BOB, True, ""),
        (ALICE, False, "requester"),
        (CAROL, False, "identity"),
    ]
    assert (why.approvals, why.needed, why.members) == (1, 1, False)
    assert all(line.text for line in why.lines if not line.may)


async def test_why_explains_the_asker_and_whom_slack_does_not_name() -> None:
    office = Office(a_policy(approvers=people_named(BOB, CAROL, "U0GONE")))
    request_id = await office.asked()
    why = await office.requests.why(await office.viewer(DAVE), request_id)
    rules = {line.user_id: line.rule for line in why.lines}
    assert rules == {
        BOB: "",
        CAROL: "",
        ALICE: "requester",
        DAVE: "approvers",
        "U0GONE": "unreadable",
    }


async def test_why_of_a_rule_for_all_members_says_so() -> None:
    office = Office(a_policy(approvers=Principals(members=True)))
    why = await office.requests.why(await office.viewer(DAVE), await office.asked())
    assert why.members
    assert [(line.user_id, line.may) for line in why.lines] == [(DAVE, True), (ALICE, False)]


async def test_a_request_of_an_account_that_one_may_not_view_is_not_there() -> None:
    office = Office()
    request_id = await office.asked()
    viewer = replace(
        await office.viewer(BOB), accounts=(Account("other", Provider.HUAWEI, "china"),)
    )
    for asked in (request_id, "R-NOTHING"):
        with pytest.raises(NotAllowed, match="no such request"):
            await office.requests.why(viewer, asked)
    inbox = await office.requests.inbox(viewer)
    assert (inbox.waiting, inbox.mine, inbox.done) == ((), (), ())
    with pytest.raises(NotAllowed):
        await office.requests.history(viewer, "huawei-main", ORDER_ID)


async def test_the_inbox_tells_what_waits_what_is_mine_and_what_is_done() -> None:
    orders = [a_detailed_order(order_id=f"CS261117120000{n}AB") for n in range(3)]
    office = Office(orders=orders)
    ids = [await office.asked(order_id=order.order_id) for order in orders]
    await office.press(K.WITHDRAW, ALICE, ids[0])
    await office.press(K.APPROVE, BOB, ids[1])
    await office.executor.step()

    async def inbox(user_id: str) -> list[list[str]]:
        view = await office.requests.inbox(await office.viewer(user_id))
        return [[each.request_id for each in part] for part in (view.waiting, view.mine, view.done)]

    assert await inbox(ALICE) == [[], ids[1:], [ids[0]]]
    assert await inbox(BOB) == [[ids[2]], [], []]
    await office.press(K.DENY, CAROL, ids[2], reason="no")
    assert await inbox(CAROL) == [[], [], [ids[2]]]


async def test_the_history_of_an_order_holds_its_requests_and_records() -> None:
    office = Office()
    first = await office.asked()
    await office.press(K.WITHDRAW, ALICE, first)
    second = await office.asked()
    history = await office.requests.history(await office.viewer(BOB), "Huawei-Main", ORDER_ID)
    assert [request.request_id for request in history.requests] == [second, first]
    assert len(history.records) == 6  # three inputs stored, two requests made, one withdrawn
    assert history.account == "huawei-main"
