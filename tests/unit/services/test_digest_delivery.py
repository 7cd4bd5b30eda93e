"""A digest and its thread arrive once where that can be known; a channel that takes nothing any
more ends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.audit import AuditKind
from bot.domain.digests import GRACE, DigestRun, RunState
from bot.domain.outbox import Lane, Owed, OwedKind
from bot.errors import MessageDelayed, MessageRefused, StorageError
from bot.services.digest_delivery import AGAIN, CHANNEL_LOST, PACE
from bot.services.outbox import BROKEN
from tests.digest_builders import CHANNEL
from tests.digest_channel import MAIN, RUN, UNCLEAR, DigestChannel
from tests.fake_digests import FakeDigestStore
from tests.request_office import ALICE, BOB
from tests.request_office import CHANNEL as APPROVALS


async def test_a_digest_is_posted_with_its_thread_one_message_at_a_time() -> None:
    channel = DigestChannel()
    await channel.owe()
    await channel.outbox.step()
    assert channel.slack.digests == [MAIN]
    await channel.steps()
    assert channel.slack.digests == [MAIN, (RUN.run_id, 0, False), (RUN.run_id, 1, False)]
    run = await channel.run()
    assert (run.state, run.parts, bool(run.ts)) == (RunState.POSTED, 2, True)
    assert channel.is_settled()


async def test_pitfall_41_approvals_go_before_a_digest_and_nothing_is_dropped_or_sent_twice() -> (
    None
):
    channel = DigestChannel()
    await channel.owe()
    await channel.outbox.step()
    channel.clock.move(PACE)
    channel.slack.failures = [MessageDelayed("slow down", retry_after_s=30)]
    await channel.outbox.step()
    await channel.asked()
    channel.clock.move(timedelta(seconds=29))
    await channel.outbox.step()
    assert (channel.slack.digests, channel.slack.posts) == ([MAIN], [])
    channel.clock.move(timedelta(seconds=1))
    channel.slack.failures = [None, None, MessageDelayed("slow down", retry_after_s=30)]
    await channel.outbox.step()
    assert [post.to for post in channel.slack.posts] == [APPROVALS, ALICE]
    assert channel.slack.digests == [MAIN]
    channel.clock.move(timedelta(seconds=30))
    await channel.steps()
    assert channel.slack.digests == [MAIN, (RUN.run_id, 0, False), (RUN.run_id, 1, False)]
    assert len(channel.slack.posts) == 2
    assert channel.is_settled()


async def test_pitfall_41_a_digest_that_was_first_in_line_still_lets_a_decision_pass() -> None:
    """Each message of a thread takes its place in the lane anew."""
    channel = DigestChannel()
    channel.slack.thread = 5
    await channel.owe()
    await channel.steps(2)
    assert len(channel.slack.digests) == 2
    await channel.asked()
    await channel.outbox.step()
    assert len(channel.slack.posts) == 2
    assert len(channel.slack.digests) == 3


async def test_pitfall_48_a_restart_goes_on_where_it_was() -> None:
    channel = DigestChannel()
    await channel.owe()
    await channel.steps(2)
    channel.restart()
    await channel.recover()
    await channel.steps()
    run = RUN.run_id
    assert channel.slack.digests == [MAIN, (run, 0, False), (run, 1, True)]
    assert (await channel.run()).parts == 2


async def test_a_post_whose_outcome_is_unclear_is_made_once_more_saying_so() -> None:
    channel = DigestChannel()
    await channel.owe()
    channel.slack.failures = [UNCLEAR]
    await channel.steps()
    assert channel.slack.digests == [MAIN]
    channel.clock.move(AGAIN)
    await channel.steps()
    run = RUN.run_id
    assert channel.slack.digests == [MAIN, (run, None, True), (run, 0, False), (run, 1, False)]
    assert (await channel.run()).unsure
    assert channel.given_up() == []


async def test_a_post_that_is_unclear_twice_is_given_up_on_the_record() -> None:
    channel = DigestChannel()
    await channel.owe()
    channel.slack.failures = [UNCLEAR, UNCLEAR]
    await channel.outbox.step()
    channel.clock.move(AGAIN)
    await channel.steps()
    assert channel.slack.digests == [MAIN, (RUN.run_id, None, True)]
    assert channel.given_up() == ["timeout"]
    assert channel.is_settled()


@pytest.mark.parametrize("before", [0, 1], ids=["the digest", "a part"])
async def test_a_post_that_cannot_be_noted_is_made_once_more_saying_so(before: int) -> None:
    class Full(FakeDigestStore):
        failing = False

        async def keep_posted(self, run: DigestRun) -> None:
            if self.failing:
                self.failing = False
                raise StorageError("the disk is full")
            await super().keep_posted(run)

    channel = DigestChannel()
    channel.digests = full = Full(channel.rows, channel.store.audit)
    channel.restart()
    await channel.owe()
    await channel.steps(before)
    full.failing = True
    await channel.steps()
    channel.clock.move(BROKEN)
    await channel.steps()
    once = [MAIN, (RUN.run_id, 0, False), (RUN.run_id, 1, False)]
    again = (*once[before][:2], True)
    assert channel.slack.digests == [*once[: before + 1], again, *once[before + 1 :]]
    assert channel.is_settled()


async def test_a_part_that_may_have_arrived_twice_is_passed_over() -> None:
    channel = DigestChannel()
    await channel.owe()
    channel.slack.failures = [None, UNCLEAR, UNCLEAR]
    await channel.steps(2)
    channel.clock.move(AGAIN)
    await channel.steps()
    run = RUN.run_id
    assert channel.slack.digests == [MAIN, (run, 0, False), (run, 0, True), (run, 1, False)]
    assert channel.given_up() == ["timeout"]
    assert channel.is_settled()


async def test_a_thread_that_is_refused_does_not_repeat_the_digest() -> None:
    channel = DigestChannel()
    await channel.owe()
    channel.slack.failures = [None, MessageRefused("no", code="is_archived")]
    await channel.steps()
    assert channel.slack.digests == [MAIN]
    assert (await channel.run()).state is RunState.POSTED
    assert channel.given_up() == ["is_archived"]
    assert channel.is_settled()


@pytest.mark.parametrize("code", sorted(CHANNEL_LOST))
async def test_a_channel_that_takes_nothing_ends_its_digest_and_the_owner_is_told(
    code: str,
) -> None:
    channel = DigestChannel()
    await channel.owe()
    channel.slack.failures = [MessageRefused("no", code=code)]
    await channel.steps()
    plan = await channel.digests.plan(CHANNEL)
    assert plan is not None
    assert not plan.on
    [(told, text)] = channel.slack.notices
    assert told == ALICE
    assert CHANNEL in text
    assert "/order digest on" in text
    ended = [each for each in channel.store.audit.entries if each.kind is AuditKind.DIGEST_ENDED]
    assert len(ended) == 1
    assert channel.given_up() == [code]
    assert (await channel.run()).state is RunState.DROPPED
    assert channel.is_settled()


async def test_a_message_that_slack_refuses_for_what_it_is_leaves_the_digest_on() -> None:
    channel = DigestChannel()
    await channel.owe()
    channel.slack.failures = [MessageRefused("no", code="invalid_blocks")]
    await channel.steps()
    plan = await channel.digests.plan(CHANNEL)
    assert plan is not None
    assert plan.on
    [(told, text)] = channel.slack.notices
    assert (told, "invalid_blocks" in text) == (ALICE, True)


async def test_whoever_asked_for_one_without_a_plan_is_told_that_it_was_refused() -> None:
    channel = DigestChannel()
    await channel.owe(replace(RUN, key="now:own:1", owner=BOB))
    channel.slack.gone = {CHANNEL}
    await channel.steps()
    [(told, text)] = channel.slack.notices
    assert (told, "channel_not_found" in text) == (BOB, True)


async def test_what_was_switched_off_meanwhile_is_not_posted() -> None:
    channel = DigestChannel()
    await channel.owe(on=False)
    await channel.steps()
    assert channel.slack.digests == []
    assert (await channel.run()).state is RunState.DROPPED
    assert (channel.left_out(), channel.given_up()) == (["switched off"], [])
    assert channel.is_settled()


async def test_a_digest_that_is_half_a_day_late_is_left_out() -> None:
    channel = DigestChannel()
    await channel.owe()
    channel.clock.move(GRACE + timedelta(seconds=1))
    await channel.steps()
    assert channel.slack.digests == []
    assert channel.given_up() == ["late"]
    assert channel.is_settled()


async def test_a_message_about_no_digest_is_settled_without_a_post() -> None:
    office = DigestChannel()
    owed = Owed(dedup="digest:D-0", lane=Lane.DIGESTS, kind=OwedKind.DIGEST, run_id="D-0")
    await office.rows.owe([owed], at=office.clock.now())
    await office.outbox.step()
    assert await office.rows.oldest(now=office.clock.now()) == timedelta(0)
    assert office.slack.digests == []
