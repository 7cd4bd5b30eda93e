"""The job that begins and composes digests: once, late, by what Slack and the clouds still say."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.domain.accounts import Provider
from bot.domain.audit import AuditKind
from bot.domain.digests import GRACE, DigestRun, RunState
from bot.domain.orders import OrderQuery
from bot.domain.outbox import Lane, Owed, OwedKind
from bot.domain.people import Channel
from bot.domain.policy import Rule
from tests.builders import a_detailed_order, a_person, an_account, an_entry
from tests.digest_office import ALICE, BOB, DAY, FINANCE, MORNING, DigestOffice, a_cloud
from tests.fake_cloud import FakeAdapter, answer_at_once, waiting_for
from tests.request_office import a_policy, people_named

HUAWEI, ALIBABA = "huawei-main", "alibaba-main"
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def an_office(**parts: Any) -> DigestOffice:
    """alibaba-main is for Alice's eyes only."""
    rule = Rule(accounts=frozenset({ALIBABA}), viewers=people_named(ALICE))
    cloud = a_cloud()
    cloud.put(a_detailed_order(created_at=MORNING - DAY))
    other = FakeAdapter(an_account(name=ALIBABA, provider=Provider.ALIBABA))
    return DigestOffice(cloud, other, policy=a_policy(rule), **parts)


def the_run(office: DigestOffice) -> DigestRun:
    (run,) = office.runs()
    return run


def owed_digests(office: DigestOffice) -> list[Owed]:
    owed = [row.owed for row in office.rows.rows.values()]
    return [each for each in owed if each.kind is OwedKind.DIGEST]


async def begun(
    office: DigestOffice, waits: str = "list_orders"
) -> tuple[asyncio.Task[None], asyncio.Event]:
    """A step that waits for one operation of huawei-main, and what lets that cloud answer."""
    asked, answer = asyncio.Event(), asyncio.Event()

    async def script(operation: str, _about: OrderQuery | str) -> None:
        if operation == waits:
            asked.set()
            await answer.wait()

    office.clouds[0].script = script
    await office.plan()
    step = asyncio.create_task(office.job.step())
    await asked.wait()
    return step, answer


async def test_what_is_due_is_composed_and_owed_in_one_step() -> None:
    office = an_office()
    await office.plan()
    await office.job.step()
    run = the_run(office)
    assert (run.key, run.owner, run.state) == ("2026-11-23", ALICE, RunState.COMPOSED)
    assert owed_digests(office) == [
        Owed(
            dedup=f"digest:{run.run_id}",
            lane=Lane.DIGESTS,
            kind=OwedKind.DIGEST,
            run_id=run.run_id,
        )
    ]
    entry = office.audit.entries[-1]
    assert (entry.kind, entry.actor) == (AuditKind.DIGEST_COMPOSED, "countersign")
    assert (entry.facts["lines"], entry.facts["no_answer"]) == (1, "")
    assert office.wake.is_set()


async def test_before_its_time_nothing_happens() -> None:
    office = an_office(now=MORNING - MINUTE)
    await office.plan()
    await office.job.step()
    assert not office.runs()
    assert not office.clouds[0].calls


@pytest.mark.parametrize("late", [timedelta(0), 3 * HOUR, GRACE])
async def test_pitfall_48_a_restart_or_a_late_turn_sends_each_day_once(late: timedelta) -> None:
    office = an_office(now=MORNING + late)
    await office.plan()
    for _turn in range(3):
        await office.job.step()
        office.restart()
        await asyncio.gather(office.job.step(), office.another_job().step())
    assert [run.key for run in office.runs()] == ["2026-11-23"]
    assert len(owed_digests(office)) == 1


async def test_pitfall_48_what_a_killed_process_had_begun_is_composed_once() -> None:
    office = an_office()
    await office.plan()
    await office.job.begin()
    assert the_run(office).state is RunState.BEGUN
    office.restart()
    office.clock.move(HOUR)
    await asyncio.gather(*(office.another_job().step() for _copy in range(3)))
    assert the_run(office).state is RunState.COMPOSED
    assert len(owed_digests(office)) == 1


async def test_pitfall_48_a_day_is_not_made_up_for_when_the_next_is_near() -> None:
    office = an_office(now=MORNING + GRACE + MINUTE)
    await office.plan()
    await office.job.step()
    assert not office.runs()


async def test_what_was_begun_too_long_ago_is_dropped() -> None:
    office = an_office()
    await office.plan()
    await office.job.begin()
    office.clock.move(GRACE + MINUTE)
    await office.job.step()
    assert the_run(office).state is RunState.DROPPED
    assert not owed_digests(office)
    ((reader, text),) = office.notices
    assert (reader, "was not posted: " in text, "too late" in text) == (ALICE, True, True)
    assert office.store.by_channel[FINANCE].on


async def test_one_that_nobody_waits_for_any_more_is_dropped_without_a_word() -> None:
    office = an_office()
    await office.plan()
    await office.job.begin()
    await office.digests.switch_off(await office.viewer(), FINANCE)
    office.clock.move(GRACE + MINUTE)
    await office.job.step()
    assert the_run(office).state is RunState.DROPPED
    assert not office.notices


async def test_pitfall_49_when_nothing_changed_the_digest_says_so() -> None:
    office = an_office()
    await office.plan()
    assert not (await office.digest()).unchanged
    digest = await office.tomorrow()
    assert digest.unchanged
    assert not [line for line in digest.lines if line.new]
    office.clouds[0].change("CS2611171200ABCDE", deadline=office.clock.now() + 30 * HOUR)
    office.clouds[0].capabilities = replace(office.clouds[0].capabilities, lists_deadline=True)
    assert not (await office.tomorrow()).unchanged  # it lapses within a day now


async def test_a_turn_that_overlaps_another_composes_nothing_twice() -> None:
    office = an_office()
    first, answer = await begun(office)
    await office.job.step()
    answer.set()
    await first
    assert len(owed_digests(office)) == 1
    composed = [each for each in office.audit.entries if each.kind is AuditKind.DIGEST_COMPOSED]
    assert len(composed) == 1


async def test_one_that_is_switched_off_while_it_is_composed_is_not_posted() -> None:
    office = an_office()
    step, answer = await begun(office)
    await office.digests.switch_off(await office.viewer(), FINANCE)
    answer.set()
    await step
    assert the_run(office).state is RunState.DROPPED
    assert not owed_digests(office)


async def test_one_that_is_switched_off_before_it_is_composed_is_not_either() -> None:
    office = an_office()
    await office.plan()
    await office.job.begin()
    await office.digests.switch_off(await office.viewer(), FINANCE)
    await office.job.step()
    assert the_run(office).state is RunState.DROPPED
    assert not office.clouds[0].calls


async def test_an_account_that_the_owner_may_not_view_any_more_is_dropped_and_named() -> None:
    office = an_office()
    await office.plan()
    await office.digest()
    members = a_policy(Rule(accounts=frozenset({ALIBABA}), viewers=people_named(BOB)))
    office.policy = members
    office.restart()
    digest = await office.tomorrow()
    assert [each.name for each in digest.accounts] == [HUAWEI]
    assert digest.left_out == (ALIBABA,)


@pytest.mark.parametrize(
    ("filters", "parts"),
    [({}, {"deleted": True}), ({}, {"team_id": "T0OTHER"}), ({"account": ALIBABA}, {})],
    ids=["deactivated", "of another workspace", "no viewer of its account"],
)
async def test_a_digest_ends_when_its_owner_may_view_nothing_of_it(
    filters: dict[str, str], parts: dict[str, Any]
) -> None:
    office = an_office()
    await office.plan(owner=BOB, filters=filters)
    office.directory.people[BOB] = a_person(**({"user_id": BOB} | parts))
    await office.job.step()
    assert not office.store.by_channel[FINANCE].on
    assert the_run(office).state is RunState.DROPPED
    entry = office.audit.entries[-1]
    assert (entry.kind, entry.actor) == (AuditKind.DIGEST_ENDED, "countersign")
    assert entry.facts == {"owner": BOB, "why": "owner"}
    ((reader, text),) = office.notices
    assert reader == BOB
    assert "you may not view its accounts any more" in text
    assert not owed_digests(office)


async def test_a_provider_of_no_account_ends_it_too() -> None:
    office = an_office()
    await office.plan(filters={"provider": "unicloud"})
    await office.job.step()
    assert not office.store.by_channel[FINANCE].on


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"archived": True}, "archived or gone"),
        ({"external": True}, "shared with another company"),
    ],
)
async def test_a_digest_ends_with_its_channel(parts: dict[str, bool], why: str) -> None:
    office = an_office()
    await office.plan()
    office.channels.known[FINANCE] = Channel(channel_id=FINANCE, **parts)
    await office.job.step()
    assert not office.store.by_channel[FINANCE].on
    ((reader, text),) = office.notices
    assert reader == ALICE
    assert why in text
    assert not office.clouds[0].calls


async def test_a_digest_ends_with_a_channel_that_slack_does_not_know_any_more() -> None:
    office = an_office()
    await office.plan()
    office.channels.refusal = "no_channel"
    await office.job.step()
    assert not office.store.by_channel[FINANCE].on
    assert len(office.notices) == 1


async def test_filters_that_cannot_be_read_any_more_end_it() -> None:
    office = an_office()
    await office.plan(filters={"older": "soon"})
    await office.job.step()
    assert not office.store.by_channel[FINANCE].on
    assert "filters cannot be read" in office.notices[0][1]


async def test_while_slack_does_not_answer_the_digest_waits_and_stays_on() -> None:
    office = an_office()
    await office.plan()
    people, office.directory.people = office.directory.people, {}
    await office.job.step()
    office.directory.people, office.channels.refusal = people, "channel"
    await office.job.step()  # it rests for a minute
    office.clock.move(MINUTE)
    await office.job.step()
    assert the_run(office).state is RunState.BEGUN
    office.channels.refusal = ""
    await office.job.step()
    assert the_run(office).state is RunState.BEGUN
    office.clock.move(MINUTE)
    await office.job.step()
    assert the_run(office).state is RunState.COMPOSED
    assert office.store.by_channel[FINANCE].on


async def test_a_clock_that_is_set_back_holds_up_nothing_that_rests() -> None:
    office = an_office()
    await office.plan()
    office.channels.refusal = "channel"
    await office.job.step()
    office.channels.refusal = ""
    office.clock.move(-HOUR)
    await office.job.step()
    assert the_run(office).state is RunState.COMPOSED


@pytest.mark.parametrize("waits", ["list_orders", "get_order"])
async def test_a_bot_that_closes_leaves_the_digest_to_the_next_process(waits: str) -> None:
    office = an_office()
    step, _answer = await begun(office, waits)
    with capture_logs() as logged:
        await office.composer.aclose()
        await step
    assert [each["event"] for each in logged] == ["digest_not_composed"]
    assert the_run(office).state is RunState.BEGUN
    office.clouds[0].script = answer_at_once
    office.restart()
    await office.job.step()
    assert the_run(office).state is RunState.COMPOSED


async def test_a_full_disk_delays_a_digest_and_loses_none() -> None:
    office = an_office()
    await office.plan()
    await office.job.begin()
    office.snapshots.full = True
    with capture_logs() as logged:
        await office.job.step()
    assert "digest_not_composed" in [each["event"] for each in logged]
    assert the_run(office).state is RunState.BEGUN
    office.snapshots.full = False
    office.clock.move(MINUTE)
    await office.job.step()
    assert the_run(office).state is RunState.COMPOSED


async def test_a_plan_that_cannot_be_read_does_not_hold_up_the_others() -> None:
    office = an_office()
    await office.plan(channel="C0BROKEN", zone="Mars/Olympus")
    await office.plan()
    with capture_logs() as logged:
        await office.job.step()
    assert [each["event"] for each in logged] == ["digest_plan_unreadable"]
    assert [run.channel for run in office.runs()] == [FINANCE]


async def test_one_slow_channel_does_not_hold_up_another() -> None:
    office = an_office()
    await office.plan(channel="C0OTHER", filters={"account": ALIBABA})
    await office.plan(filters={"account": HUAWEI})
    answer = asyncio.Event()
    office.clouds[0].script = waiting_for(answer)
    step = asyncio.create_task(office.job.step())
    await office.wake.wait()
    states = {run.channel: run.state for run in office.runs()}
    assert states == {"C0OTHER": RunState.COMPOSED, FINANCE: RunState.BEGUN}
    answer.set()
    await step
    office.clouds[0].script = answer_at_once


async def test_one_that_was_asked_for_by_somebody_who_left_is_dropped() -> None:
    office = an_office()
    await office.digests.post_now(await office.viewer(BOB), FINANCE)
    office.directory.people[BOB] = a_person(user_id=BOB, deleted=True)
    await office.job.step()
    assert the_run(office).state is RunState.DROPPED
    assert not office.notices


async def test_one_that_was_asked_for_with_a_plan_ends_with_that_plan() -> None:
    office = an_office()
    plan = await office.plan(since=MORNING + MINUTE, filters={"account": HUAWEI})
    await office.digests.post_now(await office.viewer(), FINANCE)
    await office.store.put_plan(replace(plan, on=False), entry=an_entry(), at=MORNING)
    await office.job.step()
    assert the_run(office).state is RunState.DROPPED
