"""A channel's digest from the typed command to the buttons beside its lines."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from bot.sandbox.workspace.people import BOT_USER_ID
from bot.sandbox.workspace.state import Message
from tests.cancelling import form_of
from tests.refusing import refusing
from tests.stage import (
    ALICE,
    BOB,
    FINANCE,
    GENERAL,
    GUEST,
    SHARED,
    STRANGER,
    Mode,
    Stage,
    acked,
    eventually,
    said,
    staged,
)

MODES = ("socket",)


@pytest.fixture(scope="module")
async def stage(mode: Mode, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp(mode), mode) as stage:
        yield stage


def digests(stage: Stage, where: str = GENERAL) -> list[Message]:
    return [
        message
        for message in stage.slack.messages(where, ALICE)
        if message.ephemeral_to is None and "To change it: /order digest" in str(message.blocks)
    ]


async def fresh(stage: Stage) -> Message:
    """A digest that was asked for just now."""
    before = len(digests(stage))
    await stage.type(ALICE, "digest now", until="It is on its way")
    found = await eventually(lambda: digests(stage)[before:], "a digest")
    newest: Message = found[-1]
    return newest


def refs(message: Message, saying: str = "") -> list[str]:
    """`RUN_ID.INDEX` of the lines that say this."""
    return [
        below["elements"][-1]["options"][0]["value"].partition(":")[2]
        for line, below in pairwise(message.blocks)
        if below["type"] == "actions" and saying in line["text"]["text"]
    ]


async def choose(stage: Stage, who: str, message: Message, what: str, ref: str) -> None:
    """Pick from the menu beside one line."""
    index = refs(message).index(ref)
    delivery = await stage.slack.click_message(
        who, GENERAL, "digest_line", ts=message.ts, index=index, choose=f"{what}:{ref}"
    )
    acked(delivery)


async def test_a_digest_is_asked_for_and_says_what_is_unpaid(stage: Stage) -> None:
    await stage.type(ALICE, "digest", until="No digest is on in this channel")
    message = await fresh(stage)
    shown = said(message)
    assert re.match(r"Unpaid (this morning|today): \d+ orders · [\d,.]+ CNY", shown)
    assert "huawei-main: " in shown
    assert len(refs(message)) == 15
    thread = await eventually(
        lambda: stage.slack.replies(GENERAL, message.ts, ALICE), "the rest in the thread"
    )
    assert any(block["type"] == "table" for block in thread[0].blocks)
    assert await stage.record("digest:composed")


async def test_a_daily_digest_comes_once_at_its_time_and_not_again_after_a_restart(
    stage: Stage,
) -> None:
    soon = stage.clock.now() + timedelta(hours=2)
    answer = await stage.type(ALICE, f"digest on {soon:%H:%M} zone:UTC", until="The digest is on.")
    assert "This channel is public" in said(answer)
    assert "It shows: alibaba-main, alibaba-intl, huawei-main, unicloud-main" in said(answer)
    status = await stage.type(BOB, "digest", until="It comes every day")
    assert f"at {soon:%H:%M} (UTC)" in said(status)
    before = len(digests(stage))
    stage.later(hours=2, minutes=1)
    await eventually(lambda: len(digests(stage)) > before, "the daily digest")
    await stage.idle()
    assert len(digests(stage)) == before + 1
    await stage.type(ALICE, "digest off", until="This channel's digest is off")
    assert stage.recorded("digest:ended", actor=ALICE)


async def test_a_claim_is_noted_and_the_next_digest_says_so(stage: Stage) -> None:
    message = await fresh(stage)
    await choose(stage, BOB, message, "mine", refs(message)[-1])
    told = await stage.private(BOB, "is yours, and the next digest says so")
    noted = await stage.record("order:claimed", actor=BOB)
    number = noted["subject"].partition("/")[2]
    assert number in said(told)
    again = await fresh(stage)
    assert "taken by" in said(again)


async def test_a_snooze_asks_for_a_day_and_a_reason_and_takes_the_line_out(stage: Stage) -> None:
    message = await fresh(stage)
    quiet = refs(message, " d (<!date")[-1]  # it does not lapse within two days
    await choose(stage, BOB, message, "snooze", quiet)
    await form_of(stage, BOB, "snooze_form")
    today = stage.clock.now().date()
    values: dict[str, Any] = {"until": today.isoformat(), "reason": "budget comes in December"}
    acked(await stage.slack.submit(BOB, values))
    assert stage.slack.views(BOB)[-1].errors == {"until": "Pick a day after today."}
    late = (today + timedelta(days=200)).isoformat()
    acked(await stage.slack.submit(BOB, {"until": late}))
    assert stage.slack.views(BOB)[-1].errors == {"until": "Pick a day in the next 90 days."}
    acked(await stage.slack.submit(BOB, {"until": (today + timedelta(days=3)).isoformat()}))
    await stage.window(BOB, "is out of this channel's digests until")
    noted = await stage.record("order:snoozed", actor=BOB)
    assert "budget" not in str(noted)
    again = await fresh(stage)
    assert "1 snoozed, and counted here" in said(again)
    await stage.slack.close_view(BOB)


async def test_a_snooze_that_is_stored_is_told_though_its_draft_cannot_go(stage: Stage) -> None:
    message = await fresh(stage)
    await choose(stage, BOB, message, "snooze", refs(message, " d (<!date")[-1])
    await form_of(stage, BOB, "snooze_form")
    until = (stage.clock.now().date() + timedelta(days=3)).isoformat()
    with refusing(stage.database, "delete on draft"):
        acked(await stage.slack.submit(BOB, {"until": until, "reason": "budget comes later"}))
        await stage.window(BOB, "is out of this channel's digests until")
    await stage.slack.close_view(BOB)


async def test_a_snooze_form_that_was_closed_is_half_filled_when_it_opens_again(
    stage: Stage,
) -> None:
    message = await fresh(stage)
    await choose(stage, ALICE, message, "snooze", refs(message)[0])
    await form_of(stage, ALICE, "snooze_form")
    stage.slack.fill(ALICE, {"reason": "we wait for"})
    await stage.slack.close_view(ALICE)
    await eventually(lambda: stage.draft(ALICE).get("reason"), "a draft")
    await choose(stage, ALICE, message, "snooze", refs(message)[0])
    view = await form_of(stage, ALICE, "snooze_form")
    assert "we wait for" in str(view.blocks)
    await stage.slack.close_view(ALICE)


async def test_a_cancellation_is_asked_for_from_a_line_also_days_later(stage: Stage) -> None:
    message = await fresh(stage)
    stage.later(days=3)
    await stage.press(ALICE, "request_cancel", ts=message.ts, index=10)
    view = await stage.window(ALICE, "Nothing is done until a second person has approved it.")
    assert view.sent["callback_id"] == "cancel_form"
    await stage.slack.close_view(ALICE)


@pytest.mark.parametrize("who", [GUEST, STRANGER])
async def test_pitfall_20_who_has_no_right_is_told_in_private_and_recorded(
    stage: Stage, who: str
) -> None:
    message = await fresh(stage)
    if who == STRANGER:
        stage.slack.state.channels[GENERAL].members.append(STRANGER)
    for what in ("mine", "snooze"):
        before = stage.seen(who)
        await choose(stage, who, message, what, refs(message)[0])
        refused = await stage.private(who, "", besides=before)
        assert re.search(
            "You may not view any account|Only members of this workspace", said(refused)
        )
    assert await stage.record("lookup:refused", actor=who)
    assert not stage.recorded("order:claimed", actor=who)


async def test_a_channel_shared_with_outsiders_gets_none(stage: Stage) -> None:
    for text in ("digest on 09:00", "digest now"):
        await stage.type(ALICE, text, until="shared with another company", where=SHARED)
    assert stage.recorded("lookup:refused", rule="external")
    assert digests(stage, SHARED) == []


async def test_a_channel_that_the_bot_left_ends_its_digest_and_the_owner_is_told(
    stage: Stage,
) -> None:
    members = stage.slack.state.channels[FINANCE].members
    members.append(BOT_USER_ID)
    soon = stage.clock.now() + timedelta(hours=1)
    await stage.type(ALICE, f"digest on {soon:%H:%M} UTC", until="digest is on", where=FINANCE)
    members.remove(BOT_USER_ID)
    stage.expected.add(("chat.postMessage", "not_in_channel"))
    stage.later(hours=1, minutes=1)
    told = await stage.direct(ALICE, "The daily digest there is off")
    (block,) = told.blocks
    assert (block["text"]["type"], block["text"]["text"]) == ("mrkdwn", "*<#C0FINANCE>*")
    assert "C0FINANCE" not in str(block["fields"])
    assert await stage.record("digest:ended")
    assert digests(stage, FINANCE) == []
    await stage.type(ALICE, "digest", until="No digest is on in this channel", where=FINANCE)
