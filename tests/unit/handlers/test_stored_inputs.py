"""What is told of an input that is stored, when its judging fails, is cut short or done elsewhere:
it counts all the same, so that nobody may read that it does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from bot.demo.transcript import card_lines
from bot.domain.approvals import RequestStatus
from bot.domain.inputs import InputKind
from bot.domain.people import Person
from bot.sandbox.workspace import Workspace, start_workspace
from handlers.cancel import CancelForm
from handlers.cards import Cards
from handlers.desk import Desk
from handlers.drafts import Drafts
from handlers.ids import ActionId, CardKind
from handlers.requests import RequestButtons
from handlers.tasks import Acks, Tasks
from tests.fakes import FakeConversationStore
from tests.request_office import ALICE, BOB, HOLD, ORDER_ID, Office
from tests.unit.sandbox.workspace_kit import SetClock, client_of, form

S = RequestStatus
K = InputKind
STORED = "stored and will be judged as soon as I can"
REASON = {"reason": {"text": {"type": "plain_text_input", "value": "not needed"}}}


class House(Office):
    """An office with the listeners of its buttons and forms, and the Slack that they answer to."""

    def __init__(self, slack: Workspace) -> None:
        super().__init__()
        self.workspace = slack
        self.client = client_of(slack)
        self.tasks = Tasks(Acks())
        drafts = FakeConversationStore()
        self.desk = cast(
            Desk,
            SimpleNamespace(
                cards=Cards(drafts, self.store, self.clock),
                clock=self.clock,
                decisions=self.decisions,
                drafts=drafts,
                request_store=self.store,
                requests=self.requests,
                tasks=self.tasks,
            ),
        )
        self._drawing: asyncio.Task[None] | None = None
        self.meanwhile: Callable[[], Awaitable[None]] = self.nothing

    async def nothing(self) -> None:
        """What happens between the ack and the judging."""

    async def disk_fills(self) -> None:
        self.store.audit.full = True

    async def ack(self, **answer: Any) -> None:
        if view := answer.get("view"):
            self._drawing = asyncio.create_task(self._draw(view))
        await self.meanwhile()

    async def ends(self, seconds: float) -> int:
        """How much of the work was cut short by then."""
        late = await self.tasks.drain(seconds)
        if self._drawing is not None:
            await self._drawing
        return late

    async def click(self, action: ActionId, user_id: str, request_id: str) -> None:
        body = self._body(user_id, actions=[{"action_id": action, "value": f"{request_id}.1"}])
        listener = RequestButtons(self.desk).listener(action)
        await listener(self.ack, body, self.client)

    async def deny(self, user_id: str, request_id: str) -> None:
        view = {"private_metadata": f"{request_id}.1", "state": {"values": REASON}}
        body = self._body(user_id, view=view)
        await RequestButtons(self.desk).denied(self.ack, body, self.client)  # type: ignore[arg-type]

    async def send_form(self) -> None:
        """Alice sends the cancel form."""
        trigger = self.workspace.state.new_trigger(ALICE)
        opened = await self.client.views_open(trigger_id=trigger, view=form())
        self._window = opened["view"]["id"]
        about: dict[str, object] = {"account": self.cloud.account.name, "order_id": ORDER_ID}
        now = self.clock.now()
        (ref,) = await self.desk.drafts.put(CardKind.CANCEL, [about], user=ALICE, at=now)
        view = {"id": self._window, "private_metadata": ref, "state": {"values": REASON}}
        listener = CancelForm(self.desk, Drafts(self.desk)).submitted
        await listener(self.ack, self._body(ALICE, view=view), self.client)  # type: ignore[arg-type]

    def told(self, user_id: str) -> str:
        """All that the person reads in their direct messages and windows."""
        shown = [each.blocks for each in self.workspace.messages(f"D{user_id[1:]}", user_id)]
        shown += [each.blocks for each in self.workspace.views(user_id)]
        return "\n".join(line for blocks in shown for line in card_lines(blocks))

    async def _draw(self, view: dict[str, Any]) -> None:
        """Slack puts what came with the ack into the window when it gets to it."""
        await asyncio.sleep(0.1)
        await self.client.views_update(view_id=self._window, view=view)

    def _body(self, user_id: str, **parts: Any) -> dict[str, Any]:
        return {"trigger_id": f"pressed-{user_id}", "user": {"id": user_id}, **parts}


@pytest.fixture
async def house() -> AsyncIterator[House]:
    with capture_logs():
        async with start_workspace(now=SetClock()) as slack:
            yield House(slack)


async def slowly(_user_id: str) -> Person:
    """Slack does not say who people are."""
    await asyncio.sleep(60)
    raise AssertionError


@pytest.mark.parametrize(
    ("action", "user_id", "becomes"),
    [
        (ActionId.APPROVE, BOB, S.PENDING),
        (ActionId.WITHDRAW, ALICE, S.WITHDRAWN),
        (ActionId.STOP, ALICE, S.STOPPED),
        (ActionId.TAKE_BACK, BOB, S.PENDING),
    ],
)
async def test_a_click_whose_judging_finds_the_disk_full_is_told_to_be_stored_and_counts_later(
    house: House, action: ActionId, user_id: str, becomes: RequestStatus
) -> None:
    request_id = await (house.approved() if action is ActionId.STOP else house.asked())
    if action is ActionId.TAKE_BACK:
        await house.press(K.APPROVE, BOB, request_id)
    house.meanwhile = house.disk_fills
    await house.click(action, user_id, request_id)
    await house.ends(5)
    assert STORED in house.told(user_id)
    assert "recorded" not in house.told(user_id)
    house.store.audit.full = False
    await house.decisions.recover()
    assert house.status(request_id) is becomes
    assert len(house.request(request_id).votes) == (action in (ActionId.APPROVE, ActionId.STOP))


async def test_a_denial_whose_judging_finds_the_disk_full_is_told_to_be_stored(
    house: House,
) -> None:
    request_id = await house.asked()
    house.meanwhile = house.disk_fills
    await house.deny(BOB, request_id)
    await house.ends(5)
    assert STORED in house.told(BOB)
    house.store.audit.full = False
    await house.decisions.recover()
    assert house.status(request_id) is S.DENIED


async def test_an_approval_whose_judging_the_end_cuts_short_is_not_asked_for_again(
    house: House,
) -> None:
    request_id = await house.asked()
    known = house.directory.person
    house.directory.person = slowly  # type: ignore[assignment, method-assign]
    await house.click(ActionId.APPROVE, BOB, request_id)
    assert await house.ends(0.1) == 1
    assert STORED in house.told(BOB)
    assert "again" not in house.told(BOB)
    house.directory.person = known  # type: ignore[method-assign]
    house.restart()
    await house.recover()
    await house.executor.step()
    await house.later(HOLD)
    assert house.status(request_id) is S.CANCELLED


async def test_a_refusal_that_slack_does_not_take_at_first_is_told_once_more(
    house: House,
) -> None:
    request_id = await house.asked()
    house.workspace.fault("error", "chat.postMessage", error="fatal_error")
    await house.click(ActionId.APPROVE, ALICE, request_id)
    await house.ends(5)
    assert "You asked for this cancellation" in house.told(ALICE)


async def test_a_cancel_form_whose_judging_finds_the_disk_full_is_told_to_be_stored(
    house: House,
) -> None:
    house.meanwhile = house.disk_fills
    await house.send_form()
    await house.ends(5)
    assert STORED in house.told(ALICE)
    house.store.audit.full = False
    await house.decisions.recover()
    assert [each.status for each in house.store.requests.values()] == [S.PENDING]


async def test_a_cancel_form_whose_judging_the_end_cuts_short_is_told_to_be_stored(
    house: House,
) -> None:
    house.directory.person = slowly  # type: ignore[assignment, method-assign]
    await house.send_form()
    assert await house.ends(0.1) == 1
    assert STORED in house.told(ALICE)
    assert "again" not in house.told(ALICE)
    assert await house.store.waiting_inputs(limit=9)


async def test_a_cancel_form_that_the_sweep_took_first_leaves_no_window_waiting(
    house: House,
) -> None:
    house.meanwhile = house.decisions.recover
    await house.send_form()
    await house.ends(5)
    assert house.told(ALICE) == "It is being judged; you get a direct message."
    assert [each.status for each in house.store.requests.values()] == [S.PENDING]
