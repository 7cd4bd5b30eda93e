"""People around one stage, and what they press as it arrives: signed, at the bot's own listener."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import aiohttp

from bot.sandbox.clouds import world
from bot.sandbox.clouds.book import CloudOrder
from bot.sandbox.workspace import delivery_http, payloads
from bot.sandbox.workspace.delivery import Delivery
from bot.sandbox.workspace.people import Person, im_channel
from bot.sandbox.workspace.state import Message
from tests.cancelling import APPROVALS, form_of, open_cancel_form
from tests.stage import ALICE, BOB, CHEN, GUEST, STRANGER, Stage, acked, eventually

OWNER = "U0OWNER"
ERIK = Person(user_id="U0ERIK", name="erik", real_name="Erik Engineer")  # a member, no approver
APPROVERS = (BOB, CHEN, OWNER)
ASKERS = (ALICE, CHEN)  # the second is an approver too
EVERYBODY = (ALICE, BOB, CHEN, OWNER, ERIK.user_id, GUEST)
QUORUMS = {"alibaba-main": 1, "huawei-main": 2}
POLICY = """viewers = ["members"]
requesters = ["members"]
hold = "30s"
expires = "200s"
rules = [{accounts = ["huawei-main"], quorum = 2}]"""


Act = tuple[float, Callable[[], Awaitable[None]]]  # after so many seconds


@dataclass(slots=True)
class Asked:
    """A request, and where its cards stand."""

    order: CloudOrder
    request_id: str
    asker: str
    first_call: int  # of the calls at the clouds, that are about it
    approvals: Message
    own: Message


@dataclass(slots=True)
class Press:
    """One input. *copies* are sent, all of them the same: what Slack delivers again."""

    who: str
    kind: str
    request_id: str
    payload: dict[str, Any]
    copies: int = 1


class People:
    """*forms* are the windows in which the askers ask, filled in, by order id."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._state = stage.slack.state
        self._forms: dict[str, tuple[str, dict[str, Any]]] = {}
        self._denial: dict[str, Any] = {}
        self._state.people[ERIK.user_id] = ERIK
        direct = im_channel(ERIK)
        self._state.channels[direct.channel_id] = direct
        self._state.channel(APPROVALS).members += [ERIK.user_id, GUEST, STRANGER]

    async def prepare(self, orders: int) -> list[CloudOrder]:
        """Somebody orders something; whoever may ask for its end opens the form once."""
        book, placed, views = self._stage.clouds.book, [], []
        for number in range(orders):
            order = world.place(book, tuple(QUORUMS)[number % len(QUORUMS)])
            asker = ASKERS[number // len(QUORUMS) % len(ASKERS)]
            self._state.stack(asker).clear()
            await open_cancel_form(self._stage, order, asker)
            view = self._stage.slack.views(asker)[-1]
            self._stage.slack.fill(asker, {"reason": "not needed"})
            self._forms[order.order_id] = (asker, view.as_json())
            views.append(view)
            placed.append(order)
        for asker in ASKERS:
            self._state.stacks[asker] = [view for view in views if view.user_id == asker]
        return placed

    def wish(self, order: CloudOrder) -> Press:
        """The form, sent once more."""
        asker, form = self._forms[order.order_id]
        top = self._state.stack(asker)[-1]
        payload = payloads.view_submission(self._state, self._state.person(asker), top)
        return Press(asker, "request", "", payload | {"view": form})

    async def ask(self, order: CloudOrder) -> Asked:
        """Both cards are there."""
        seen, first_call = len(self._state.messages), len(self._stage.clouds.book.calls)
        wish = self.wish(order)
        await self.send(wish)

        def cards() -> list[Message]:
            new = self._state.messages[seen:]
            return [each for each in new if each.ephemeral_to is None and _request_of(each)]

        found = await eventually(lambda: len(cards()) >= 2 and cards(), f"{order.order_id}: cards")
        own, approvals = sorted(found, key=lambda card: card.channel_id == APPROVALS)
        if not self._denial:
            await self._learn_to_deny(approvals)
        return Asked(order, _request_of(own), wish.who, first_call, approvals, own)

    def click(self, who: str, action: str, asked: Asked) -> Press:
        """On the card in the channel; the asker's own one stands in the direct messages. Whatever
        the card shows by now, such a button was there before, or is by somebody's own hand. What
        else the card says is left out of the payload: the bot does not read it."""
        shown = replace(asked.own if who == asked.asker else asked.approvals, blocks=[])
        made = {
            "type": "button",
            "block_id": f"request:{asked.request_id}",
            "action_id": action,
            "value": f"{asked.request_id}.1",
            "action_ts": self._state.next_ts(),
        }
        person, channel = self._state.person(who), self._state.channel(shown.channel_id)
        payload = payloads.message_action(self._state, person, channel, shown, made)
        return Press(who, action, asked.request_id, payload)

    def deny(self, who: str, asked: Asked) -> Press:
        top = self._state.stack(asked.asker)[-1]
        payload = payloads.view_submission(self._state, self._state.person(who), top)
        view = self._denial | {"private_metadata": f"{asked.request_id}.1"}
        return Press(who, "deny", asked.request_id, payload | {"view": view})

    async def deliver(self, press: Press) -> Delivery:
        return await self._stage.slack.courier.deliver("interactive", press.payload, press.who)

    async def send(self, press: Press) -> None:
        acked(await self.deliver(press))

    async def forge(self, press: Press, session: aiohttp.ClientSession, *, too_old: bool) -> None:
        """The same without Slack's secret, or with a signature that is too old. Refused unread."""
        made = Delivery(
            delivery_id="", kind="interactive", user_id=press.who, payload=press.payload
        )
        content_type, body = delivery_http._body(made)
        now = int(self._state.now().timestamp())
        secret, at = (self._state.signing_secret, now - 301) if too_old else ("guessed", now)
        headers = delivery_http.signature(secret, at, body) | {"Content-Type": content_type}
        url = self._stage.slack.http.request_url or ""
        async with session.post(url, data=body, headers=headers) as response:
            assert response.status == 401, f"a forged {press.kind} got {response.status}"

    def forget(self, kept: set[int]) -> None:
        """All that is over, but for the messages with these ids: what was looked at takes time to
        look through again."""
        state = self._state
        state.messages[:] = [each for each in state.messages if id(each) in kept]
        for done in (state.calls, state.triggers, state.response_urls):
            done.clear()
        self._stage.slack.courier.deliveries.clear()
        self._stage.clouds.book.calls.clear()

    async def _learn_to_deny(self, shown: Message) -> None:
        """The form as the bot draws it, opened once."""
        await self._stage.press(BOB, "deny", where=APPROVALS, ts=shown.ts)
        await form_of(self._stage, BOB, "deny_form")
        self._stage.slack.fill(BOB, {"reason": "we need it"})
        self._denial = self._stage.slack.views(BOB)[-1].as_json()
        await self._stage.slack.close_view(BOB)


async def at_once(acts: Sequence[Act]) -> None:
    """None before every one of them is ready; then each after its delay."""
    barrier = asyncio.Barrier(len(acts))

    async def act(delay: float, what: Callable[[], Awaitable[None]]) -> None:
        await barrier.wait()
        await asyncio.sleep(delay)
        await what()

    await asyncio.gather(*(act(*each) for each in acts))


def _request_of(card: Message) -> str:
    """The id on a card's buttons, "" where the message is no card of a request."""
    for block in card.blocks:
        for element in block.get("elements", []):
            if element.get("action_id") in ("approve", "withdraw"):
                return str(element["value"]).rpartition(".")[0]
    return ""
