"""Steps that tests of cancellations share, and what the record says, read from the file."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from typing import Any

from sqlite_utils import Database

from bot.demo.transcript import card_lines
from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.domain.outbox import CopyRole
from bot.sandbox.clouds.book import Call, CloudOrder
from bot.sandbox.workspace import payloads
from bot.sandbox.workspace.acting import find_elements
from bot.sandbox.workspace.delivery import Delivery
from bot.sandbox.workspace.state import Message, OpenView
from handlers.views.requests import request_card
from storage.request_rows import select_requests
from tests.stage import ALICE, BOB, GENERAL, Stage, acked, eventually, said

APPROVALS, DM = "C0APPROVALS", "D0ALICE"
POLICY = 'viewers = ["members"]\nrequesters = ["members"]\nhold = "30s"'
MINUTE = 61.0  # seconds after which Slack's rate limits count from nothing
PLACES = {CopyRole.APPROVALS: (APPROVALS, BOB), CopyRole.REQUESTER: (DM, ALICE)}


def unpaid_order(stage: Stage, account: str = "alibaba-main") -> CloudOrder:
    """An unpaid order that nobody asked about yet; there are more tests than the clouds have
    unpaid orders, so that paid ones become unpaid again."""
    known = {request.order_id for request in records(stage)}
    fresh = [
        order
        for order in stage.clouds.book.orders[account].values()
        if order.payment_status in ("unpaid", "paid") and order.order_id not in known
    ]
    order = min(fresh, key=lambda each: each.payment_status != "unpaid")
    order.payment_status = "unpaid"
    return order


async def form_of(stage: Stage, who: str, callback_id: str) -> OpenView:
    def find() -> OpenView | None:
        views = stage.slack.views(who)
        return views[-1] if views and views[-1].sent["callback_id"] == callback_id else None

    shown: OpenView = await stage.appears(find, callback_id)
    return shown


async def open_cancel_form(stage: Stage, order: CloudOrder, who: str = ALICE) -> None:
    acked(await stage.slack.command(who, GENERAL, f"cancel {order.order_id} {order.account}"))
    await form_of(stage, who, "cancel_form")


async def asked(stage: Stage, order: CloudOrder, reason: str = "not needed") -> ApprovalRequest:
    """Alice asks; her card and that of the approvers are there. A minute passes before, where the
    clock of the test is the bot's only one."""
    if not stage.real_time:
        stage.later(seconds=MINUTE)
    await open_cancel_form(stage, order)
    acked(await stage.slack.submit(ALICE, {"reason": reason}))
    await stage.window(ALICE, "Asked. The approvers see it now")
    await stage.slack.close_view(ALICE)
    await reached(stage, order, RequestStatus.PENDING)
    return await agreed(stage, order)


async def approved(stage: Stage, order: CloudOrder, who: str = BOB) -> ApprovalRequest:
    """Asked and approved; the hold runs."""
    request = await asked(stage, order)
    await click(stage, who, "approve", request)
    return await reached(stage, order, RequestStatus.APPROVED)


async def click(
    stage: Stage, who: str, action: str, request: ApprovalRequest, where: str = APPROVALS
) -> Any:
    shown = cards(stage, request, where, who)[-1]
    return await stage.press(who, action, where=where, ts=shown.ts)


def aimed(
    stage: Stage, who: str, action: str, shown: Message, *, over: str = ""
) -> Callable[[], Awaitable[Delivery]]:
    """A click on a button that is there now, sent when called, whatever the card shows by then.
    *over* is the button that is really there, where a forger puts another word into the payload."""
    state = stage.slack.state
    place = find_elements(shown.blocks, over or action, None)[0]
    made = payloads.action(state, *place, {}) | {"action_id": action}
    payload = payloads.message_action(
        state, state.person(who), state.channel(shown.channel_id), shown, made
    )

    async def send() -> Delivery:
        return acked(await stage.slack.courier.deliver("interactive", payload, who))

    return send


async def together(*acts: Callable[[], Awaitable[Any]]) -> list[Any]:
    """All of *acts*, none before every one of them is ready."""
    barrier = asyncio.Barrier(len(acts))

    async def act(what: Callable[[], Awaitable[Any]]) -> Any:
        await barrier.wait()
        return await what()

    return await asyncio.gather(*(act(each) for each in acts))


def cards(stage: Stage, request: ApprovalRequest, where: str, who: str) -> list[Message]:
    """The cards of a request in a channel that everybody there sees, oldest first."""
    return [
        message
        for message in stage.slack.messages(where, who)
        if message.ephemeral_to is None
        and request.request_id in str(message.blocks)  # most are others' and need no reading
        and f"· request {request.request_id}" in said(message)
    ]


def records(stage: Stage, order: CloudOrder | None = None) -> tuple[ApprovalRequest, ...]:
    """Requests as they are stored, oldest first."""
    where, values = ("", {}) if order is None else ("where order_id = :id", {"id": order.order_id})
    with closing(sqlite3.connect(f"file:{stage.database}?mode=ro", uri=True)) as db:
        return select_requests(Database(db), f"{where} order by seq", values)


async def reached(stage: Stage, order: CloudOrder, *wanted: RequestStatus) -> ApprovalRequest:
    """The newest request about *order* once it stands like that."""

    def find() -> ApprovalRequest | None:
        found = records(stage, order)
        return found[-1] if found and found[-1].status in wanted else None

    request: ApprovalRequest = await eventually(find, f"{order.order_id}: {wanted}")
    return request


async def agreed(stage: Stage, order: CloudOrder) -> ApprovalRequest:
    """The newest request about *order* once both cards, one in each place, say what it says."""

    def find() -> ApprovalRequest | None:
        request = records(stage, order)[-1]
        shown = {role: cards(stage, request, *place) for role, place in PLACES.items()}
        assert all(len(each) <= 1 for each in shown.values()), "a card was posted twice"
        told = all(
            [said(each) for each in found]
            == [as_recorded(request, role, mentioned=mentioned(stage, request, role))]
            for role, found in shown.items()
        )
        return request if told else None

    request: ApprovalRequest = await eventually(find, f"cards of {order.order_id}")
    return request


def as_recorded(
    request: ApprovalRequest,
    role: CopyRole,
    *,
    unsure: bool = False,
    mentioned: Sequence[str] = (),
) -> str:
    card = request_card(request, role, unsure=unsure, mentioned=mentioned)
    return "\n".join(card_lines(card.as_dicts()))


def mentioned(stage: Stage, request: ApprovalRequest, role: CopyRole) -> tuple[str, ...]:
    """Whom the newest card in this place was posted to ask."""
    with closing(sqlite3.connect(f"file:{stage.database}?mode=ro", uri=True)) as db:
        found = db.execute(
            "select mentioned from card_copy where request_id = ? and role = ? order by ts desc",
            (request.request_id, role.value),
        ).fetchone()
    return tuple(json.loads(found[0])) if found else ()


def cancels(stage: Stage, order: CloudOrder) -> list[Call]:
    """The cancel calls for *order* that reached a cloud."""
    return [
        call
        for call in stage.clouds.book.calls
        if call.operation == "cancel_order" and call.order_id == order.order_id
    ]


def ends(stage: Stage, request: ApprovalRequest) -> list[str]:
    """The steps on record that ended a request: there is never more than one."""
    final = ("withdrawn", "denied", "expired", "outdated", "stopped", "cancelled", "failed")
    return [
        record["kind"]
        for record in stage.records()
        if record["kind"].removeprefix("request:") in final
        and record["facts"].get("request_id") == request.request_id
    ]


def unjudged(stage: Stage) -> int:
    """How many stored inputs wait to be judged."""
    with closing(sqlite3.connect(f"file:{stage.database}?mode=ro", uri=True)) as db:
        count: int = db.execute("select count(*) from input where judged_ms is null").fetchone()[0]
    return count
