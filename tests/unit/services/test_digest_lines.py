"""What people note about a digest's lines: the channel remembers, and no right comes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.accounts import Provider
from bot.domain.audit import AuditKind
from bot.domain.digests import NoteKind
from bot.domain.policy import Rule
from bot.errors import NotAllowed, UsageError
from tests.builders import a_detailed_order, an_account
from tests.digest_office import ALICE, BOB, CAROL, DAY, FINANCE, MORNING, DigestOffice, a_cloud
from tests.fake_cloud import FakeAdapter
from tests.request_office import a_policy, people_named

ALIBABA = "alibaba-main"
MINUTE = timedelta(minutes=1)


def an_office() -> DigestOffice:
    """Everybody may view huawei-main, alibaba-main only Alice and Carol."""
    rule = Rule(accounts=frozenset({ALIBABA}), viewers=people_named(ALICE, CAROL))
    cloud = a_cloud()
    cloud.put(a_detailed_order(created_at=MORNING - DAY))
    other = FakeAdapter(an_account(name=ALIBABA, provider=Provider.ALIBABA))
    return DigestOffice(cloud, other, policy=a_policy(rule))


async def a_ref(office: DigestOffice) -> str:
    """A button on the only line of this morning's digest."""
    await office.plan()
    await office.digest()
    return f"{office.runs()[-1].run_id}.0"


async def test_a_button_finds_its_line_as_long_as_the_digest_is_stored() -> None:
    office = an_office()
    ref = await a_ref(office)
    office.clock.move(30 * DAY)
    run, line = await office.digests.line(await office.viewer(BOB), ref)
    assert (f"{run.run_id}.0", line.order_id) == (ref, "CS2611171200ABCDE")


@pytest.mark.parametrize(
    "ref",
    ["", "D-1", "D-1.0", "{run}", "{run}.", "{run}.1", "{run}.-1", "{run}." + 5000 * "9"],
)
async def test_a_button_of_no_line_is_refused(ref: str) -> None:
    office = an_office()
    run_id = (await a_ref(office)).partition(".")[0]
    with pytest.raises(UsageError, match="/order unpaid"):
        await office.digests.line(await office.viewer(), ref.format(run=run_id))


async def test_pitfall_20_a_line_of_an_account_that_one_may_not_view_is_not_theirs_to_note() -> (
    None
):
    office = an_office()
    order = a_detailed_order(account=ALIBABA, provider=Provider.ALIBABA)
    office.clouds[1].put(replace(order, created_at=MORNING - DAY))
    office.clouds[0].orders.clear()
    ref, bob = await a_ref(office), await office.viewer(BOB)
    for act in (
        office.digests.line(bob, ref),
        office.digests.claim(bob, ref),
        office.digests.snooze(bob, ref, until=MORNING + DAY, reason="later"),
    ):
        with pytest.raises(NotAllowed) as caught:
            await act
        assert caught.value.rule == "viewers"
    assert not office.store.noted


async def test_a_claim_is_remembered_tomorrow_and_on_record() -> None:
    office = an_office()
    ref = await a_ref(office)
    line = await office.digests.claim(await office.viewer(BOB), ref)
    assert line.claimed_by == BOB
    entry = office.audit.entries[-1]
    assert (entry.kind, entry.actor) == (AuditKind.ORDER_CLAIMED, BOB)
    assert entry.subject == "order:huawei-main/CS2611171200ABCDE"
    assert (await office.tomorrow()).lines[0].claimed_by == BOB
    await office.digests.claim(await office.viewer(CAROL), ref)
    assert (await office.tomorrow()).lines[0].claimed_by == CAROL


async def test_a_snooze_is_remembered_until_it_ends() -> None:
    office = an_office()
    ref, until = await a_ref(office), MORNING + 2 * DAY
    bob = await office.viewer(BOB)
    line = await office.digests.snooze(bob, ref, until=until, reason=" paid on Friday ")
    assert (line.snoozed_by, line.snoozed_until) == (BOB, until)
    assert line.snooze_reason == "paid on Friday"
    entry = office.audit.entries[-1]
    assert (entry.kind, entry.actor) == (AuditKind.ORDER_SNOOZED, BOB)
    assert entry.facts["until"] == "2026-11-25T07:30:00+00:00"
    assert entry.texts == {"reason": "paid on Friday"}
    assert (await office.tomorrow()).lines[0].snoozed_by == BOB
    assert (await office.tomorrow()).lines[0].snoozed_by == ""


async def test_the_day_on_which_a_snooze_ends_is_no_day_without_news() -> None:
    office = an_office()
    ref = await a_ref(office)
    until = MORNING + 2 * DAY
    await office.digests.snooze(await office.viewer(BOB), ref, until=until, reason="budget")
    assert (await office.tomorrow()).unchanged
    back = await office.tomorrow()
    assert (back.unchanged, back.lines[0].back) == (False, True)
    assert (await office.tomorrow()).unchanged


@pytest.mark.parametrize(
    ("until", "reason"),
    [
        (MORNING + DAY, ""),
        (MORNING + DAY, " \n"),
        (MORNING, "why"),
        (MORNING - DAY, "why"),
        (MORNING + 90 * DAY + MINUTE, "why"),
    ],
)
async def test_a_snooze_has_a_reason_and_an_end(until: datetime, reason: str) -> None:
    office = an_office()
    ref = await a_ref(office)
    with pytest.raises(UsageError):
        await office.digests.snooze(await office.viewer(), ref, until=until, reason=reason)
    assert not office.store.noted


async def test_ninety_days_are_the_longest_snooze() -> None:
    office = an_office()
    ref, until = await a_ref(office), MORNING + 90 * DAY
    await office.digests.snooze(await office.viewer(), ref, until=until, reason="contract")
    (note,) = await office.store.notes(FINANCE, at=MORNING)
    assert (note.kind, note.until) == (NoteKind.SNOOZED, until)
