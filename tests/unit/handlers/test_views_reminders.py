"""Who is asked by name on a card, and the message that reminds of it: harmless, and no group."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.approvals import Outcome, RequestStatus
from bot.domain.outbox import CopyRole
from bot.sandbox.workspace import Workspace, start_workspace
from bot.sandbox.workspace.blocks import message_problems
from handlers.ids import ActionId
from handlers.messenger import SlackMessenger
from handlers.views.reminders import reminder_card
from handlers.views.requests import read_ref, request_card
from handlers.views.surface import Rendered
from tests.builders import NOON
from tests.request_builders import a_request, a_requirement, a_vote, moved
from tests.surfaces import an_order_saying, assert_inert, buttons_of, read, texts_in

S = RequestStatus
APPROVALS = CopyRole.APPROVALS
PEOPLE = ("U0BOB", "U0CAROL")
REQUEST = a_request(request_id="R-ABCD2345", expires_at=NOON + timedelta(hours=19, minutes=10))
TEXT = "This still waits for your decision, until Thu 19 Nov 07:10; silence cancels nothing."
MENTION = re.compile(r"<@[A-Z0-9]{2,20}>")


def checked(rendered: Rendered) -> Rendered:
    payload = {"text": rendered.text, "blocks": rendered.as_dicts()}
    assert message_problems(payload) == []
    assert_inert(MENTION.sub("", rendered.text))
    return rendered


def test_those_who_are_asked_stand_in_the_pushed_text_and_on_one_line() -> None:
    card = checked(request_card(REQUEST, APPROVALS, mentioned=PEOPLE))
    assert card.text.endswith("For <@U0BOB>, <@U0CAROL>")
    lines = read(card).split("\n")
    assert [line for line in lines if "U0BOB" in line] == ["For <@U0BOB>, <@U0CAROL>"]
    assert "quiet" not in card.text + read(card)


def test_a_card_in_the_night_says_why_it_asks() -> None:
    card = checked(request_card(REQUEST, APPROVALS, mentioned=PEOPLE, urgent=True))
    said = "For <@U0BOB>, <@U0CAROL>: asked in your quiet hours, for it lapses at "
    assert card.text.endswith(said + "Thu 19 Nov 2026 07:10 UTC")
    assert f"{said}<!date^{int(REQUEST.expires_at.timestamp())}^" in read(card)


@pytest.mark.parametrize("status", sorted(set(S) - {S.PENDING}))
def test_nobody_is_asked_to_decide_what_is_decided(status: RequestStatus) -> None:
    request = moved(REQUEST, status)
    asked = request_card(request, APPROVALS, mentioned=PEOPLE, urgent=True)
    assert checked(asked) == request_card(request, APPROVALS)


def test_a_card_says_that_an_approval_no_longer_counts() -> None:
    request = replace(REQUEST, votes=(a_vote(),), outcome=Outcome.VOTES)
    assert "An approval no longer counts; another one is needed." in read(
        checked(request_card(request, APPROVALS))
    )
    two = replace(request, requirement=a_requirement(quorum=2))
    assert "no longer counts" not in read(request_card(two, APPROVALS))


def test_a_reminder_tells_what_waits_and_has_its_buttons() -> None:
    card = checked(reminder_card(REQUEST, TEXT))
    title = "Cancel 12,480.00 CNY · Elastic Cloud Server x 4 · huawei-main?"
    assert card.text == f"{title} {TEXT}"
    for said in (title, TEXT, "“bought twice”", "Asked for by <@U0ALICE>"):
        assert said in read(card)
    shown, later = buttons_of(card)
    assert (shown["action_id"], shown["text"]["text"]) == (ActionId.SHOW_REQUEST, "Show")
    assert (later["action_id"], later["text"]["text"]) == ("remind_me", "Remind me at 08:30")
    assert {read_ref(each["value"])[0] for each in (shown, later)} == {"R-ABCD2345"}


@given(st.one_of(st.text(st.characters(codec=None)), st.just("<!channel> <!subteam^S0X>" * 400)))
def test_no_text_from_outside_mentions_anybody(text: str) -> None:
    request = replace(REQUEST, order=an_order_saying(text), order_id=text, reason=text)
    cards = (
        reminder_card(request, text),
        request_card(request, APPROVALS, mentioned=(*PEOPLE, text), urgent=True),
    )
    for card in cards:
        payload = {"text": card.text, "blocks": card.as_dicts()}
        assert message_problems(payload) == []
        assert "<!subteam" not in card.text
        assert "<!channel" not in card.text


@pytest.fixture
async def slack() -> AsyncIterator[Workspace]:
    async with start_workspace() as workspace:
        yield workspace


@pytest.fixture
async def messenger(slack: Workspace) -> AsyncIterator[SlackMessenger]:
    async with aiohttp.ClientSession() as session:
        yield SlackMessenger(
            AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session)
        )


async def test_a_redrawn_card_says_the_same_as_the_one_that_was_posted(
    slack: Workspace, messenger: SlackMessenger
) -> None:
    copy = await messenger.post_card(
        REQUEST, APPROVALS, "C0APPROVALS", again=False, mentioned=PEOPLE, urgent=True
    )
    assert (copy.mentioned, copy.urgent, copy.unsure) == (PEOPLE, True, False)
    [posted] = slack.messages("C0APPROVALS", "U0BOB")
    before = (posted.text, list(texts_in(posted.blocks)))
    await messenger.update_card(REQUEST, copy)
    [redrawn] = slack.messages("C0APPROVALS", "U0BOB")
    assert (redrawn.text, list(texts_in(redrawn.blocks))) == before
    assert "<@U0CAROL>" in redrawn.text


async def test_a_reminder_goes_to_the_persons_direct_messages(
    slack: Workspace, messenger: SlackMessenger
) -> None:
    await messenger.remind(REQUEST, "U0BOB", TEXT)
    [message] = slack.messages("D0BOB", "U0BOB")
    assert message.text.endswith(TEXT)
    assert message.metadata is not None
    dedup = message.metadata["event_payload"]["dedup"]
    assert dedup.startswith("reminder:R-ABCD2345:U0BOB:")
