"""Who may switch a channel's digest, what they may ask for, and what is noted about its lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest

from bot.domain.accounts import Provider
from bot.domain.audit import AuditKind
from bot.domain.digests import EVERY_DAY, DigestPlan
from bot.domain.people import Channel
from bot.domain.policy import Rule
from bot.errors import NotAllowed, UsageError, UserError
from bot.services.digests import DigestChanges
from tests.builders import a_detailed_order, a_person, an_account
from tests.digest_office import (
    ALICE,
    BOB,
    CAROL,
    DAY,
    FINANCE,
    MORNING,
    DigestOffice,
    a_cloud,
)
from tests.fake_cloud import FakeAdapter
from tests.request_office import a_policy, people_named

HUAWEI, ALIBABA = "huawei-main", "alibaba-main"
NOTHING = DigestChanges()
MINUTE = timedelta(minutes=1)
MONDAYS = frozenset({0})


def an_office(**parts: Any) -> DigestOffice:
    """Everybody may view huawei-main, alibaba-main only Alice and Carol."""
    rule = Rule(accounts=frozenset({ALIBABA}), viewers=people_named(ALICE, CAROL))
    cloud = a_cloud()
    cloud.put(a_detailed_order(created_at=MORNING - DAY))
    other = FakeAdapter(an_account(name=ALIBABA, provider=Provider.ALIBABA))
    return DigestOffice(cloud, other, policy=a_policy(rule), **parts)


async def changed(office: DigestOffice, user_id: str = ALICE, **changes: Any) -> DigestPlan:
    viewer = await office.viewer(user_id)
    return (await office.digests.change(viewer, FINANCE, DigestChanges(**changes))).plan


async def refused(office: DigestOffice, user_id: str = ALICE, **changes: Any) -> UserError:
    """Why switching it on is refused; nothing has changed."""
    before = office.store.by_channel.get(FINANCE)
    with pytest.raises(UserError) as caught:
        await office.switch_on(user_id, **changes)
    assert office.store.by_channel.get(FINANCE) == before
    return caught.value


async def test_a_digest_begins_at_nine_each_day_in_the_zone_of_whoever_switched_it_on() -> None:
    office = an_office()
    office.directory.people[ALICE] = a_person(user_id=ALICE, time_zone="Asia/Shanghai")
    told = await office.digests.switch_on(await office.viewer(), FINANCE, NOTHING)
    assert told.plan == DigestPlan(
        channel=FINANCE,
        owner=ALICE,
        at=time(9),
        weekdays=EVERY_DAY,
        zone="Asia/Shanghai",
        since=MORNING,
    )
    assert told.next_at == MORNING.replace(hour=1, minute=0) + DAY
    assert told.accounts == (HUAWEI, ALIBABA)
    assert office.wake.is_set()


async def test_a_zone_that_slack_made_up_is_none() -> None:
    office = an_office()
    office.directory.people[ALICE] = a_person(user_id=ALICE, time_zone="Home")
    told = await office.digests.switch_on(await office.viewer(), FINANCE, NOTHING)
    assert told.plan.zone == "UTC"


async def test_switching_is_on_record() -> None:
    office = an_office()
    await office.switch_on(weekdays=MONDAYS, filters={"product": "ecs"})
    await office.digests.switch_off(await office.viewer(), FINANCE)
    on, off = office.audit.entries
    assert (on.kind, on.actor, on.subject) == (AuditKind.DIGEST_SET, ALICE, f"digest:{FINANCE}")
    assert on.facts == {
        "owner": ALICE,
        "at": "08:30",
        "weekdays": "0",
        "zone": "Europe/Berlin",
        "accounts": f"{ALIBABA},{HUAWEI}",
    }
    assert on.texts == {"filter_product": "ecs"}
    assert (off.kind, off.actor) == (AuditKind.DIGEST_ENDED, ALICE)
    assert off.facts == {"owner": ALICE, "why": "asked"}


async def test_who_may_view_one_account_shows_that_one() -> None:
    office = an_office()
    told = await office.digests.switch_on(await office.viewer(BOB), FINANCE, NOTHING)
    assert told.accounts == (HUAWEI,)


async def test_an_account_that_the_asker_may_not_view_is_refused() -> None:
    office = an_office()
    error = await refused(office, BOB, filters={"account": ALIBABA})
    assert isinstance(error, NotAllowed)
    assert error.rule == "viewers"
    assert isinstance(await refused(office, BOB, filters={"provider": "alibaba"}), UsageError)


@pytest.mark.parametrize(
    ("parts", "rule"), [({"external": True}, "external"), ({"archived": True}, "archived")]
)
async def test_a_channel_that_outsiders_read_has_no_digest(
    parts: dict[str, bool], rule: str
) -> None:
    office = an_office()
    office.channels.known[FINANCE] = Channel(channel_id=FINANCE, **parts)
    viewer = await office.viewer()
    error = await refused(office)
    assert isinstance(error, NotAllowed)
    assert error.rule == rule
    with pytest.raises(NotAllowed):
        await office.digests.post_now(viewer, FINANCE)
    await office.plan()
    with pytest.raises(NotAllowed):
        await office.digests.change(viewer, FINANCE, NOTHING)
    assert not (await office.digests.switch_off(viewer, FINANCE)).on


async def test_a_channel_that_slack_does_not_tell_of_has_none_either() -> None:
    office = an_office()
    office.channels.refusal = "channel"
    assert isinstance(await refused(office), NotAllowed)


async def test_the_answer_tells_whether_everybody_reads_the_channel() -> None:
    office = an_office()
    office.channels.known[FINANCE] = Channel(channel_id=FINANCE, public=True)
    told = await office.digests.switch_on(await office.viewer(), FINANCE, NOTHING)
    assert told.channel.public


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"zone": "Mars/Olympus"}, "Europe/Berlin"),
        ({"zone": ""}, "Europe/Berlin"),
        ({"weekdays": frozenset()}, "mon-fri"),
        ({"weekdays": frozenset({7})}, "mon-fri"),
        ({"filters": {"since": "7d"}}, "since:"),
        ({"filters": {"status": "unpaid"}}, "status:"),
        ({"filters": {"provider": "aws"}}, "huawei"),
        ({"filters": {"over": "much"}}, "over:5000"),
        ({"filters": {"type": "gift"}}, "renewal"),
        ({"filters": {"account": "nobody's"}}, "nobody's"),
    ],
)
async def test_what_cannot_be_is_refused_with_the_fix(changes: dict[str, Any], says: str) -> None:
    assert says in str(await refused(an_office(), **changes))


async def test_a_zone_is_kept_by_its_own_name_and_a_time_by_the_minute() -> None:
    plan = await an_office().switch_on(zone="asia/shanghai", at=time(7, 15, 30))
    assert (plan.zone, plan.at) == ("Asia/Shanghai", time(7, 15))


async def test_a_change_keeps_the_rest_and_the_owner() -> None:
    office = an_office()
    before = await office.switch_on(filters={"over": "500"})
    office.clock.move(DAY)
    after = await changed(office, CAROL, at=time(18))
    assert after == replace(before, at=time(18), since=MORNING + DAY)


@pytest.mark.parametrize(
    "changes",
    [{"filters": {"over": "500"}}, {"at": time(8, 30)}, {"zone": "europe/berlin"}, {}],
)
async def test_what_leaves_the_time_alone_loses_no_digest(changes: dict[str, Any]) -> None:
    """Switched on yesterday; this morning's is due, but not begun yet."""
    office = an_office()
    await office.switch_on()
    office.clock.move(DAY + MINUTE)
    await changed(office, **changes)
    await office.job.begin()
    assert [run.key for run in office.runs()] == ["2026-11-24"]


async def test_another_time_or_zone_never_sends_today_again() -> None:
    office = an_office()
    await office.plan()
    await office.digest()
    office.clock.move(MINUTE)
    for changes in ({"at": time(9)}, {"zone": "Asia/Shanghai"}, {"zone": "America/New_York"}):
        await changed(office, **changes)
        for _hour in range(12):
            office.clock.move(timedelta(hours=1))
            await office.job.begin()
        office.clock.move(-timedelta(hours=12))
    keys = [run.key for run in office.runs()]
    assert keys[0] == "2026-11-23"
    assert len(set(keys)) == len(keys)


async def test_what_is_promised_next_is_no_digest_of_a_day_that_had_its_own() -> None:
    office = an_office()
    await office.plan()
    await office.digest()
    alice = await office.viewer()
    later = DigestChanges(at=time(18), zone="UTC")
    told = await office.digests.change(alice, FINANCE, later)
    tomorrow = MORNING.replace(hour=18, minute=0) + DAY
    assert told.next_at == tomorrow
    assert await office.digests.next_at(told.plan) == tomorrow
    office.clock.move(11 * timedelta(hours=1))
    await office.job.begin()
    assert len(office.runs()) == 1


async def test_a_time_that_is_past_today_begins_tomorrow() -> None:
    office = an_office()
    await office.switch_on(at=time(7))
    await office.job.begin()
    assert not office.runs()


@pytest.mark.parametrize("changes", [{"at": time(8)}, {"filters": {}}])
async def test_who_may_not_view_all_of_it_changes_nothing(changes: dict[str, Any]) -> None:
    office = an_office()
    before, bob = await office.switch_on(), await office.viewer(BOB)
    for act in (
        office.digests.change(bob, FINANCE, DigestChanges(**changes)),
        office.digests.switch_on(bob, FINANCE, DigestChanges(**changes)),
        office.digests.switch_off(bob, FINANCE),
        office.digests.post_now(bob, FINANCE),
    ):
        with pytest.raises(NotAllowed) as caught:
            await act
        assert caught.value.rule == "digest"
    assert office.store.by_channel[FINANCE] == before


async def test_a_change_shows_nobody_more_than_both_may_view() -> None:
    """Bob may view what Alice's digest shows, and may not widen it to what she may view."""
    office = an_office()
    await office.switch_on(filters={"account": HUAWEI})
    assert (await changed(office, BOB, at=time(7))).at == time(7)
    with pytest.raises(NotAllowed):
        await changed(office, BOB, filters={})


async def test_a_digest_is_taken_over_with_all_that_is_not_asked_otherwise() -> None:
    office = an_office()
    before = await office.switch_on(filters={"over": "500"}, weekdays=MONDAYS)
    told = await office.digests.switch_on(await office.viewer(CAROL), FINANCE, NOTHING)
    assert told.plan == replace(before, owner=CAROL)


async def test_one_that_was_switched_off_begins_anew() -> None:
    office = an_office()
    await office.switch_on(filters={"over": "500"}, at=time(18))
    await office.digests.switch_off(await office.viewer(), FINANCE)
    told = await office.digests.switch_on(await office.viewer(BOB), FINANCE, NOTHING)
    assert (told.plan.owner, told.plan.at, told.plan.filters) == (BOB, time(9), {})


async def test_where_none_is_on_there_is_nothing_to_change() -> None:
    office = an_office()
    alice = await office.viewer()
    for _time in range(2):
        for act in (
            office.digests.change(alice, FINANCE, NOTHING),
            office.digests.switch_off(alice, FINANCE),
        ):
            with pytest.raises(UsageError, match="/order digest on"):
                await act
        await office.plan(on=False)


async def test_the_owner_is_told_when_somebody_else_switches_it_off() -> None:
    office = an_office()
    await office.switch_on()
    await office.digests.switch_off(await office.viewer(CAROL), FINANCE)
    ((reader, text),) = office.notices
    assert reader == ALICE
    assert "switched it off" in text


async def test_whoever_switched_it_on_needs_no_telling() -> None:
    office = an_office()
    await office.switch_on()
    await office.digests.switch_off(await office.viewer(), FINANCE)
    assert not office.notices


async def test_a_digest_whose_owner_may_view_nothing_any_more_is_anybodys_to_end() -> None:
    office = an_office()
    await office.switch_on()
    office.directory.people[ALICE] = a_person(user_id=ALICE, deleted=True)
    assert not (await office.digests.switch_off(await office.viewer(BOB), FINANCE)).on


async def test_while_slack_is_silent_about_the_owner_nobody_else_changes_it() -> None:
    office = an_office()
    await office.switch_on()
    carol = await office.viewer(CAROL)
    del office.directory.people[ALICE]
    with pytest.raises(NotAllowed):
        await office.digests.switch_off(carol, FINANCE)
    assert office.store.by_channel[FINANCE].on


async def test_status_tells_the_plan_but_no_account_that_one_may_not_view() -> None:
    office = an_office()
    alice, bob = await office.viewer(), await office.viewer(BOB)
    assert await office.digests.status(alice, FINANCE) is None
    plan = await office.switch_on()
    assert await office.digests.status(bob, FINANCE) == plan
    hidden = await changed(office, filters={"account": ALIBABA.upper()})
    assert await office.digests.status(bob, FINANCE) is None
    assert await office.digests.status(alice, FINANCE) == hidden


@pytest.mark.parametrize(
    ("filters", "accounts"), [({}, [HUAWEI, ALIBABA]), ({"account": HUAWEI}, [HUAWEI])]
)
async def test_one_that_is_asked_for_now_shows_what_the_plan_shows(
    filters: Mapping[str, str], accounts: list[str]
) -> None:
    office = an_office()
    await office.plan(filters=filters, since=MORNING + MINUTE)
    office.wake.clear()
    run, _where = await office.digests.post_now(await office.viewer(), FINANCE)
    assert office.wake.is_set()
    assert not run.daily
    digest = await office.digest()
    assert [each.name for each in digest.accounts] == accounts
    assert digest.zone == "Europe/Berlin"
    assert office.store.by_id[run.run_id].contents == digest


async def test_without_a_plan_it_shows_what_the_asker_may_view() -> None:
    office = an_office()
    office.directory.people[BOB] = a_person(user_id=BOB, time_zone="Asia/Tokyo")
    await office.plan(on=False)
    await office.digests.post_now(await office.viewer(BOB), FINANCE)
    digest = await office.digest()
    assert [each.name for each in digest.accounts] == [HUAWEI]
    assert (digest.zone, digest.left_out) == ("Asia/Tokyo", ())


async def test_two_may_be_asked_for_in_one_moment() -> None:
    office = an_office()
    alice = await office.viewer()
    first, _where = await office.digests.post_now(alice, FINANCE)
    second, _where = await office.digests.post_now(alice, FINANCE)
    assert len({first.run_id, second.run_id, first.key, second.key}) == 4
    assert len(office.runs()) == 2
