"""A digest may wait for hours before Slack takes it: who may read what is asked again right before
each post. Where that is not sure nothing is posted, and the owner hears of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.audit import AuditEntry, AuditKind
from bot.domain.digest_contents import AccountShown
from bot.domain.digests import GRACE, DigestPlan, DigestRun, RunState
from bot.domain.people import Channel
from bot.errors import MessageDelayed
from bot.services.digest_delivery import AGAIN, PACE, SOON
from tests.builders import NOON, a_person, an_entry
from tests.digest_builders import CHANNEL, a_digest, a_digest_line, a_plan, a_run
from tests.digest_channel import MAIN, RUN, UNCLEAR, DigestChannel
from tests.fake_digests import FakeDigestStore
from tests.request_office import ALICE, BOB, DAVE, a_policy, people_named

HOUR = timedelta(hours=1)
TWO_ACCOUNTS = a_run(
    a_digest(
        a_digest_line(),
        accounts=(AccountShown("huawei-main", NOON), AccountShown("alibaba-main", NOON)),
    )
)


def became(channel: DigestChannel, what: str) -> None:
    """Something changes after the digest was composed."""
    if what in ("external", "archived"):
        changed = Channel(channel_id=CHANNEL, **{what: True})
        channel.channels.known[CHANNEL] = changed
    elif what == "no_channel":
        channel.channels.refusal = what
    elif what == "deactivated":
        channel.directory.people[ALICE] = a_person(user_id=ALICE, deleted=True)
    else:
        channel.policy = a_policy(viewers=people_named(BOB))
        channel.restart()


ENDED = {
    "external": "shared with another company",
    "archived": "archived or gone",
    "no_channel": "archived or gone",
    "deactivated": "you may not view its accounts any more",
    "no viewer": "you may not view its accounts any more",
}


async def plan_of(channel: DigestChannel) -> DigestPlan:
    plan = await channel.digests.plan(CHANNEL)
    assert plan is not None
    return plan


def told(channel: DigestChannel) -> tuple[str, str]:
    """The only notice: to whom, and what."""
    [notice] = channel.slack.notices
    return notice


@pytest.mark.parametrize(("what", "why"), ENDED.items())
async def test_what_may_not_be_shown_any_more_is_not_posted_and_its_owner_is_told(
    what: str, why: str
) -> None:
    channel = DigestChannel()
    await channel.owe()
    became(channel, what)
    await channel.steps()
    assert channel.slack.digests == []
    assert (await channel.run()).state is RunState.DROPPED
    assert not (await plan_of(channel)).on
    reader, text = told(channel)
    assert (reader, why in text) == (ALICE, True)
    assert (len(channel.left_out()), channel.given_up()) == (1, [])
    assert channel.is_settled()


async def test_an_account_that_its_owner_may_not_view_any_more_keeps_a_digest_back() -> None:
    channel = DigestChannel()
    await channel.owe(TWO_ACCOUNTS)
    await channel.steps()
    assert channel.slack.digests == []
    assert (await channel.run()).state is RunState.DROPPED
    assert (await plan_of(channel)).on, "the next one leaves that account out"
    reader, text = told(channel)
    assert (reader, "may not view all of its accounts" in text) == (ALICE, True)
    assert (channel.left_out(), channel.given_up()) == (["viewers"], [])
    assert channel.is_settled()


async def test_the_rights_are_those_of_whoever_owns_the_digest_by_now() -> None:
    channel = DigestChannel()
    await channel.owe()
    await channel.digests.put_plan(a_plan(owner=DAVE), entry=an_entry(), at=NOON)
    channel.directory.people[ALICE] = a_person(user_id=ALICE, deleted=True)
    await channel.steps()
    assert channel.slack.digests[0] == MAIN
    assert channel.slack.notices == []


async def test_each_attempt_at_the_message_asks_anew() -> None:
    channel = DigestChannel()
    await channel.owe()
    channel.slack.failures = [MessageDelayed("slow down", retry_after_s=5)]
    await channel.outbox.step()
    became(channel, "external")
    channel.clock.move(timedelta(seconds=5))
    await channel.steps()
    assert channel.slack.digests == []
    assert told(channel)[0] == ALICE


async def test_one_without_a_plan_is_nothing_of_a_plan_that_came_later() -> None:
    channel = DigestChannel()
    await channel.owe(replace(RUN, key="now:own:1", owner=BOB))
    plan = a_plan(owner=DAVE)
    await channel.digests.put_plan(plan, entry=an_entry(), at=NOON)
    channel.directory.people[BOB] = a_person(user_id=BOB, deleted=True)
    await channel.steps()
    assert channel.slack.digests == []
    assert await plan_of(channel) == plan
    assert told(channel)[0] == BOB


@pytest.mark.parametrize("what", ["external", "deactivated", "other account"])
async def test_one_without_a_plan_is_kept_back_too_and_whoever_asked_is_told(what: str) -> None:
    channel = DigestChannel()
    run = TWO_ACCOUNTS if what == "other account" else RUN
    await channel.owe(replace(run, key="now:own:1"))
    if what != "other account":
        became(channel, what)
    await channel.steps()
    assert channel.slack.digests == []
    assert (await channel.run()).state is RunState.DROPPED
    reader, text = told(channel)
    assert (reader, "was not posted" in text) == (ALICE, True)


@pytest.mark.parametrize("silent", ["channel", "owner"])
async def test_while_slack_does_not_say_who_may_read_it_a_digest_waits(silent: str) -> None:
    channel = DigestChannel()
    await channel.owe()
    people = channel.directory.people
    if silent == "channel":
        channel.channels.refusal = "channel"
    else:
        channel.directory.people = {}
    await channel.steps(3)
    assert channel.slack.calls == 0
    channel.channels.refusal, channel.directory.people = "", people
    channel.clock.move(SOON)
    await channel.steps()
    assert channel.slack.digests[0] == MAIN
    assert channel.slack.notices == []


async def test_where_slack_does_not_say_for_half_a_day_the_owner_hears_that_it_was_not_posted() -> (
    None
):
    channel = DigestChannel()
    await channel.owe()
    channel.channels.refusal = "channel"
    await channel.outbox.step()
    channel.clock.move(GRACE + SOON)
    await channel.steps()
    assert channel.slack.digests == []
    assert channel.given_up() == ["late"]
    reader, text = told(channel)
    assert (reader, "too late" in text) == (ALICE, True)
    assert (await plan_of(channel)).on


@pytest.mark.parametrize("what", ENDED)
async def test_a_thread_that_waited_is_not_gone_on_with_where_it_may_not_be_shown(
    what: str,
) -> None:
    channel = DigestChannel()
    await channel.owe()
    await channel.outbox.step()
    channel.slack.failures = [MessageDelayed("slow down", retry_after_s=3600)]
    channel.clock.move(PACE)
    await channel.outbox.step()
    became(channel, what)
    channel.clock.move(HOUR)
    await channel.steps()
    assert channel.slack.digests == [MAIN]
    assert (await channel.run()).state is RunState.POSTED
    assert not (await plan_of(channel)).on
    assert told(channel)[0] == ALICE
    assert channel.is_settled()


async def test_a_thread_that_is_half_a_day_late_is_left_out() -> None:
    channel = DigestChannel()
    await channel.owe()
    await channel.outbox.step()
    channel.clock.move(GRACE + PACE)
    await channel.steps()
    assert channel.slack.digests == [MAIN]
    assert (await channel.run()).state is RunState.POSTED
    assert channel.given_up() == ["late"]


async def test_a_thread_in_one_go_asks_slack_about_its_channel_once() -> None:
    channel = DigestChannel()
    channel.slack.thread = 5
    await channel.owe()
    await channel.steps(3)
    channel.channels.refusal = "channel"
    await channel.steps(3)
    assert len(channel.slack.digests) == 6


async def test_a_post_that_may_have_arrived_before_a_restart_says_so_also_after_a_wait() -> None:
    """The process that was killed had posted it, and Slack does not say about the channel now."""
    channel = DigestChannel()
    await channel.owe()
    channel.slack.failures = [UNCLEAR]
    await channel.outbox.step()
    channel.restart()
    await channel.recover()
    channel.channels.refusal = "channel"
    channel.clock.move(AGAIN)
    await channel.steps(2)
    channel.channels.refusal = ""
    channel.clock.move(SOON)
    await channel.steps(1)
    assert channel.slack.digests == [MAIN, (RUN.run_id, None, True)]


async def test_a_plan_that_changes_while_it_is_ended_is_looked_at_again() -> None:
    class Changing(FakeDigestStore):
        """Somebody else changes the plan in the moment in which it ends."""

        async def put_plan(
            self, plan: DigestPlan, *, over: DigestPlan | None = None, **parts: Any
        ) -> bool:
            if over is not None and over.owner == ALICE:
                entry, at = AuditEntry(kind=AuditKind.DIGEST_SET, actor=BOB), parts["at"]
                await super().put_plan(replace(over, owner=BOB), entry=entry, at=at)
            return await super().put_plan(plan, over=over, **parts)

    channel = DigestChannel()
    channel.digests = Changing(channel.rows, channel.store.audit)
    channel.restart()
    await channel.owe()
    channel.directory.people[ALICE] = a_person(user_id=ALICE, deleted=True)
    await channel.outbox.step()
    assert channel.slack.calls == 0
    channel.clock.move(SOON)
    await channel.steps(1)
    assert channel.slack.digests == [MAIN]
    assert (await plan_of(channel)).owner == BOB


async def test_a_run_is_not_posted_by_the_rights_of_another_workspace() -> None:
    channel = DigestChannel()
    run: DigestRun = replace(RUN, owner=BOB, key="now:own:2")
    await channel.owe(run)
    channel.directory.people[BOB] = a_person(user_id=BOB, team_id="T0OTHER")
    await channel.steps()
    assert channel.slack.digests == []
