"""Drawing Homes anew: only what changed, as Slack allows, and never given up for nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.inputs import InputKind
from bot.errors import StorageError
from bot.sandbox.workspace import Workspace, start_workspace
from bot.services.homes import OPENED
from bot.services.inputs import Inputs
from handlers.cards import Cards
from handlers.desk import Desk
from handlers.home import FRESH, REST, HomeTab
from handlers.tasks import Acks, Tasks
from tests.builders import a_person
from tests.fakes import FakeConversationStore
from tests.flat import Flat
from tests.request_office import ALICE, BOB, ORDER_ID
from tests.unit.sandbox.workspace_kit import client_of

OLIVIA = "U0OWNER"
unused: Any = None


class Tab:
    """A HomeTab on the embedded workspace; Alice and Bob have opened theirs."""

    def __init__(self, slack: Workspace) -> None:
        self.slack = slack
        self.flat = Flat()
        self.office = self.flat.office
        self.restart()

    def restart(self) -> None:
        office, conversations = self.office, FakeConversationStore()
        desk = Desk(
            access=office.access,
            lookups=unused,
            lists=unused,
            inputs=Inputs(conversations, office.store.audit, office.clock),
            drafts=conversations,
            request_store=office.store,
            requests=office.requests,
            decisions=office.decisions,
            digests=unused,
            reminders=unused,
            exports=unused,
            files=unused,
            cards=Cards(conversations, office.store, office.clock),
            tasks=Tasks(Acks()),
            clock=office.clock,
            metrics=unused,
        )
        self.tab = HomeTab(desk, self.flat.homes, client_of(self.slack))

    async def step(self) -> list[str]:
        """Whose Home Slack was asked to change."""
        before = len(self.slack.calls)
        await self.tab.step()
        return [call.args["user_id"] for call in self.slack.calls[before:]]

    async def later(self, span: timedelta) -> list[str]:
        self.office.clock.move(span)
        return await self.step()


@pytest.fixture
async def tab() -> AsyncIterator[Tab]:
    async with start_workspace() as slack:
        tab = Tab(slack)
        for who in (ALICE, BOB):
            await tab.flat.homes.opened(who)
        yield tab


async def test_a_home_is_drawn_once_and_not_again_while_nothing_changes(tab: Tab) -> None:
    assert sorted(await tab.step()) == [ALICE, BOB]
    assert await tab.step() == []
    assert await tab.later(timedelta(minutes=10)) == []


async def test_after_a_restart_only_what_changed_meanwhile_is_drawn(tab: Tab) -> None:
    await tab.step()
    tab.flat.reopen()
    tab.restart()
    assert await tab.step() == []


async def test_a_request_is_drawn_for_those_whose_home_it_changes(tab: Tab) -> None:
    tab.office.directory.add(OLIVIA)
    await tab.flat.homes.opened(OLIVIA)
    await tab.office.reader.read("huawei-main", ORDER_ID)
    await tab.step()
    request_id = await tab.office.asked(ALICE)
    assert sorted(await tab.step()) == [ALICE, BOB]
    await tab.office.press(InputKind.WITHDRAW, ALICE, request_id)
    assert sorted(await tab.step()) == [ALICE, BOB]
    assert await tab.step() == []


async def test_a_later_good_answer_alone_draws_nothing(tab: Tab) -> None:
    await tab.flat.answered()
    await tab.step()
    tab.office.clock.move(timedelta(seconds=30))
    await tab.flat.answered()
    assert await tab.step() == []
    await tab.office.snapshots.failed("huawei-main", at=tab.office.clock.now(), error="boom")
    assert sorted(await tab.step()) == [ALICE, BOB]


async def test_buttons_are_made_anew_before_they_expire(tab: Tab) -> None:
    await tab.step()
    assert sorted(await tab.later(FRESH)) == [ALICE, BOB]


async def test_whoever_lost_the_right_to_view_reads_one_sentence(tab: Tab) -> None:
    await tab.step()
    del tab.office.directory.people[BOB]
    assert await tab.later(timedelta(minutes=4)) == [], "Slack does not say who it is"
    tab.office.directory.add(BOB)
    await tab.later(timedelta(minutes=4))
    tab.office.directory.people[BOB] = a_person(user_id=BOB, guest=True)
    assert await tab.later(timedelta(minutes=4)) == [BOB]
    home = tab.slack.home(BOB)
    assert home is not None
    assert len(home.blocks) == 1
    assert await tab.later(timedelta(minutes=4)) == []


async def test_what_is_not_kept_current_does_not_stand_there_for_a_viewer_no_more(
    tab: Tab,
) -> None:
    """Slack shows what was drawn last while the tab opens."""
    await tab.flat.holds(ORDER_ID)
    await tab.step()
    tab.office.clock.move(OPENED - timedelta(minutes=1))
    await tab.flat.homes.opened(ALICE)
    assert BOB in await tab.later(timedelta(minutes=2))
    emptied = tab.slack.home(BOB)
    assert emptied is not None
    assert len(emptied.blocks) == 1
    assert BOB not in await tab.later(FRESH), "once is enough"
    await tab.flat.homes.opened(BOB)
    assert await tab.later(timedelta(minutes=4)) == [BOB]
    assert len(emptied.blocks) > 1


async def test_a_throttled_home_waits_as_long_as_slack_says(tab: Tab) -> None:
    tab.slack.fault("rate_limited", "views.publish", seconds=120)
    assert len(await tab.step()) == 1, "the others are not even tried"
    assert await tab.later(timedelta(seconds=119)) == []
    assert sorted(await tab.later(timedelta(seconds=1))) == [ALICE, BOB]


async def test_a_home_that_could_not_be_sent_is_sent_later(tab: Tab) -> None:
    tab.slack.fault("drop_before", "views.publish")
    await tab.step()
    assert await tab.step() == []
    assert sorted(await tab.later(timedelta(seconds=REST))) == [ALICE, BOB]


async def test_a_home_that_slack_never_takes_is_tried_once_for_each_content(tab: Tab) -> None:
    tab.slack.fault("error", "views.publish", error="not_enabled", times=0)
    assert len(await tab.step()) == 2
    assert await tab.later(timedelta(minutes=4)) == []
    await tab.office.asked(ALICE)
    assert len(await tab.step()) == 2


async def test_a_home_that_slack_refuses_for_what_it_is_holds_up_no_other(tab: Tab) -> None:
    tab.slack.fault("error", "views.publish", error="invalid_blocks")
    refused, *_others = await tab.step()
    assert tab.slack.home(refused) is None
    assert sum(tab.slack.home(who) is not None for who in (ALICE, BOB)) == 1
    assert await tab.later(timedelta(seconds=REST)) == [refused]


async def test_what_could_not_be_stored_is_drawn_in_the_next_step(tab: Tab) -> None:
    tab.flat.store.full = True
    with pytest.raises(StorageError):
        await tab.step()
    tab.flat.store.full = False
    assert sorted(await tab.step()) == [ALICE, BOB]
