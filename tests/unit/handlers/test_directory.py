"""Who people are, as Slack says now: kept for minutes, dropped at once when Slack reports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import NotAllowed
from handlers.directory import SlackDirectory, person_of
from tests.loopback import DROP, Asked, Reply, loopback

TEAM = "T0SANDBOX"
CHEN: dict[str, Any] = {"id": "U0CHEN", "team_id": TEAM, "tz": "Asia/Shanghai", "locale": "zh-CN"}


class SetClock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 20, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


class FakeSlack:
    """What `users.info` and `usergroups.users.list` answer, one after another."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.clock = SetClock()
        self.asked = 0
        self.was_asked = asyncio.Event()

    def answer(self, _asked: Asked) -> Reply:
        self.asked += 1
        self.was_asked.set()
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@asynccontextmanager
async def directory(slack: FakeSlack) -> AsyncIterator[SlackDirectory]:
    async with loopback(slack.answer) as server:
        client = AsyncWebClient(token="xoxb-1", base_url=f"{server.url}/api/", retry_handlers=[])
        yield SlackDirectory(client, TEAM, slack.clock)


def user(**changes: Any) -> Reply:
    return Reply({"ok": True, "user": CHEN | changes})


async def test_a_person_is_asked_for_once_in_three_minutes() -> None:
    slack = FakeSlack(user())
    async with directory(slack) as people:
        first = await people.person("U0CHEN")
        await people.person("U0CHEN")
        assert slack.asked == 1
        slack.clock.at += timedelta(minutes=3)
        await people.person("U0CHEN")
        assert slack.asked == 2
    assert first.full_member_of(TEAM)
    assert (first.language, first.time_zone) == ("zh", "Asia/Shanghai")


async def test_what_slack_reported_is_asked_for_again_at_once() -> None:
    slack = FakeSlack(user(), user(deleted=True))
    async with directory(slack) as people:
        await people.person("U0CHEN")
        people.forget_person("U0CHEN")
        assert (await people.person("U0CHEN")).deleted


async def test_an_answer_from_before_the_report_is_not_kept() -> None:
    """Somebody is deactivated while Slack is being asked about them."""
    slack = FakeSlack(Reply({"ok": True, "user": CHEN}, delay_s=0.1), user(deleted=True))
    async with directory(slack) as people:
        asking = asyncio.create_task(people.person("U0CHEN"))
        await asyncio.wait_for(slack.was_asked.wait(), 5)
        people.forget_person("U0CHEN")
        await asking
        assert (await people.person("U0CHEN")).deleted


@pytest.mark.parametrize(
    "reply",
    [
        DROP,
        Reply({"ok": False, "error": "user_not_found"}),
        Reply({"ok": True}),
        Reply({"ok": True, "user": None}),
        Reply({"ok": True, "user": "U0CHEN"}),
        Reply(b"busy", headers={"Content-Type": "text/plain"}),
        Reply(b"<html>", status=502, headers={"Content-Type": "text/html"}),
        Reply(b'{"ok": tr'),
    ],
    ids=["dropped", "unknown", "nobody", "null", "text", "plain", "gateway", "broken"],
)
async def test_whoever_slack_does_not_describe_is_refused(reply: Reply) -> None:
    async with directory(FakeSlack(reply)) as people:
        with pytest.raises(NotAllowed) as refused:
            await people.person("U0CHEN")
        assert refused.value.rule == "identity"


@pytest.mark.parametrize(
    "reply",
    [DROP, Reply({"ok": False, "error": "no_such_subteam"}), Reply({"ok": True})],
    ids=["dropped", "disabled", "nothing"],
)
async def test_a_group_that_cannot_be_read_has_no_members(reply: Reply) -> None:
    async with directory(FakeSlack(reply)) as people:
        with pytest.raises(NotAllowed) as refused:
            await people.group_members("S0FINANCE")
        assert refused.value.rule == "identity"


@pytest.mark.parametrize(
    "flags",
    [
        {"deleted": True},
        {"is_bot": True},
        {"is_restricted": True},
        {"is_ultra_restricted": True},
        {"is_stranger": True},
        {"team_id": "T0ELSEWHERE"},
        {"team_id": None},
    ],
)
def test_each_flag_that_is_set_makes_no_full_member(flags: dict[str, Any]) -> None:
    assert person_of("U0CHEN", CHEN).full_member_of(TEAM)
    assert not person_of("U0CHEN", CHEN | flags).full_member_of(TEAM)


def test_slackbot_is_a_bot_though_slack_says_otherwise() -> None:
    assert person_of("USLACKBOT", CHEN | {"is_bot": False}).bot


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"name": "lin", "real_name": "Lin Wei", "profile": {"display_name": "Linny"}}, "Linny"),
        ({"name": "lin", "real_name": "Lin Wei", "profile": {"display_name": ""}}, "Lin Wei"),
        ({"name": "lin"}, "lin"),
        ({"profile": None}, ""),
    ],
)
def test_people_are_called_what_they_chose_to_be_called(told: dict[str, Any], name: str) -> None:
    assert person_of("U0LIN", told).name == name
