"""Exactly one digest for each local day, whatever clocks, restarts and second copies do: three
years in thirty time zones, and a slice of them on a real database."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.domain.digests import GRACE, DigestPlan, DigestRun
from bot.ports import DigestStore
from storage.database import Storage
from storage.digests import SqliteDigestStore
from tests.builders import an_entry
from tests.digest_office import DAY, DigestOffice, a_daily_plan
from tests.fake_digests import FakeDigestStore

pytestmark = pytest.mark.slow

ZONES = {
    "Europe/Berlin": time(2, 30),  # skipped in March, twice in October
    "Europe/London": time(1, 30),
    "Europe/Moscow": time(2, 15),  # stopped changing its clocks in 2011
    "Europe/Istanbul": time(3, 30),
    "Europe/Lisbon": time(1, 0),
    "America/New_York": time(1, 30),
    "America/Chicago": time(2, 0),
    "America/Los_Angeles": time(2, 59),
    "America/St_Johns": time(0, 1),
    "America/Santiago": time(0, 0),  # skipped once a year
    "America/Asuncion": time(0, 0),
    "America/Havana": time(0, 30),
    "America/Sao_Paulo": time(0, 0),
    "America/Caracas": time(9, 0),
    "Africa/Casablanca": time(2, 30),  # four changes in years with Ramadan in summer
    "Africa/Cairo": time(0, 0),
    "Africa/Nairobi": time(23, 59),
    "Asia/Beirut": time(0, 0),
    "Asia/Tehran": time(0, 0),
    "Asia/Kolkata": time(23, 59),
    "Asia/Kathmandu": time(12, 0),
    "Asia/Shanghai": time(9, 0),
    "Asia/Tokyo": time(0, 0),
    "Australia/Lord_Howe": time(2, 15),  # half an hour
    "Australia/Adelaide": time(2, 30),
    "Pacific/Chatham": time(3, 0),
    "Pacific/Apia": time(8, 30),  # had no 30 December 2011
    "Pacific/Kiritimati": time(0, 0),
    "Pacific/Honolulu": time(23, 30),
    "UTC": time(0, 0),
}
BEGIN = datetime(2010, 6, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
REPLICAS = 2


class Ledger(FakeDigestStore):
    """Keeps the port's promise, one run per channel and key, without looking through all runs:
    three years are many."""

    def __init__(self) -> None:
        super().__init__()
        self.begun: dict[tuple[str, str], DigestRun] = {}
        self.messages: list[DigestRun] = []

    async def begin(self, run: DigestRun, *, at: datetime) -> bool:  # noqa: ARG002 - the port's
        if (run.channel, run.key) in self.begun:
            return False
        self.begun[run.channel, run.key] = run
        self.messages.append(run)
        return True


class World:
    """Copies of the bot that look at the clock now and then, each on a machine of its own: they
    restart, fail for hours, and their clocks jump by up to an hour."""

    def __init__(self, store: DigestStore, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - repeatable
        self.office = DigestOffice()
        self.store = store
        self.jobs = [self.office.another_job(store) for _copy in range(REPLICAS)]
        self.off = [timedelta(0)] * REPLICAS
        self.restarts = 0

    async def live(self, since: datetime, until: datetime, longest: timedelta) -> None:
        """*longest* is the time between two looks at most, outages included."""
        next_look = [since + self.chance.random() * longest for _copy in self.jobs]
        while (at := min(next_look)) < until:
            copy = next_look.index(at)
            await self.look(copy, at)
            next_look[copy] = at + (0.5 + 0.5 * self.chance.random()) * longest

    async def look(self, copy: int, at: datetime) -> None:
        if self.chance.random() < 0.1:
            self.jobs[copy] = self.office.another_job(self.store)
            self.restarts += 1
        if self.chance.random() < 0.1:
            self.off[copy] = timedelta(minutes=self.chance.choice([0, 0, 5, -5, 30, -30]))
        self.office.clock.move(at + self.off[copy] - self.office.clock.now())
        await self.jobs[copy].begin()


def a_plan_in(zone: str) -> DigestPlan:
    return a_daily_plan(channel=f"C-{zone}", zone=zone, at=ZONES[zone], since=BEGIN)


def days_of(zone: str, since: datetime, until: datetime) -> Iterator[date]:
    """Every date that a calendar on the wall of *zone* shows between two moments: noon by noon, so
    that no date is counted that nobody there lived."""
    wall, moment = ZoneInfo(zone), since
    seen: set[date] = set()
    while moment < until:
        day = moment.astimezone(wall).date()
        if day not in seen:
            seen.add(day)
            yield day
        moment += timedelta(hours=6)


def tally(messages: list[DigestRun], end: datetime) -> tuple[int, int, int, int]:
    """(days, missing, twice, out of place), all zones together. The first and the last days are
    left out: the digest of theirs may lie outside."""
    sent: dict[str, Counter[date]] = {f"C-{zone}": Counter() for zone in ZONES}
    for run in messages:
        sent[run.channel][date.fromisoformat(run.key)] += 1
    days = missing = twice = 0
    astray = sum(not is_in_place(run) for run in messages)
    for zone in ZONES:
        lived = set(days_of(zone, BEGIN + 2 * DAY, end - 2 * DAY))
        counted = {
            day: count
            for day, count in sent[f"C-{zone}"].items()
            if min(lived) <= day <= max(lived)
        }
        days += len(lived)
        missing += len(lived - set(counted))
        twice += sum(count - 1 for count in counted.values())
        astray += len(set(counted) - lived)
    return days, missing, twice, astray


def is_in_place(run: DigestRun) -> bool:
    """By the clock on the wall when it began; a change of the clocks may take or give an hour."""
    zone, hour = run.channel.removeprefix("C-"), timedelta(hours=1)
    wall = run.begun_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    late = wall - datetime.combine(date.fromisoformat(run.key), ZONES[zone])
    return -hour <= late <= GRACE + hour


async def lived(years: int, seed: int) -> tuple[tuple[int, int, int, int], int]:
    """What *tally* says of that many years in all zones, and how often a copy restarted."""
    store, span = Ledger(), years * YEAR
    for zone in ZONES:
        await store.put_plan(a_plan_in(zone), entry=an_entry(), at=BEGIN)
    world = World(store, seed)
    await world.live(BEGIN, BEGIN + span, longest=timedelta(hours=11))
    return tally(store.messages, BEGIN + span), world.restarts


async def test_pitfall_47_a_year_in_thirty_zones_has_one_digest_per_local_day() -> None:
    (days, missing, twice, astray), restarts = await lived(1, seed=47)
    assert len(ZONES) == 30
    assert (days, missing, twice, astray) == (10_847, 0, 0, 0)
    assert restarts > 150


async def test_pitfall_48_copies_and_restarts_on_a_real_database_send_each_day_once(
    tmp_path: Path,
) -> None:
    """From September to November, when most clocks change, looked at by two copies at once."""
    zones = ("Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Pacific/Chatham")
    begin = datetime(2010, 9, 24, tzinfo=UTC)
    end, chance, office = begin + 48 * DAY, random.Random(48), DigestOffice()  # noqa: S311
    storage = await Storage.open(tmp_path / "countersign.db", now=begin)
    store = SqliteDigestStore(storage)
    for zone in zones:
        await store.put_plan(a_plan_in(zone), entry=an_entry(), at=begin)
    jobs, at = [office.another_job(store) for _copy in range(REPLICAS)], begin
    while (at := at + timedelta(hours=chance.uniform(2, 10))) < end:
        if chance.random() < 0.05:  # the whole process, with its open database
            await storage.aclose()
            storage = await Storage.open(tmp_path / "countersign.db", now=at)
            store = SqliteDigestStore(storage)
        if chance.random() < 0.2 or jobs[0]._store is not store:
            jobs = [office.another_job(store) for _copy in range(REPLICAS)]
        office.clock.move(at - office.clock.now())
        await asyncio.gather(*(job.begin() for job in jobs))
    began = await store.waiting(limit=1000)
    await storage.aclose()
    sent = Counter((run.channel, run.key) for run in began)
    wanted = {
        (f"C-{zone}", day.isoformat())
        for zone in zones
        for day in days_of(zone, begin + 2 * DAY, end - 2 * DAY)
    }
    assert (len(wanted), wanted - set(sent), set(sent.values())) == (179, set(), {1})


async def test_a_digest_comes_at_its_time_and_not_before() -> None:
    """Looked at each minute, as the running bot does, the days around a change of the clocks."""
    store, since = Ledger(), datetime(2010, 10, 29, tzinfo=UTC)
    office = DigestOffice(now=since)
    plan = a_daily_plan(zone="Europe/Berlin", at=time(2, 30), since=since)
    await store.put_plan(plan, entry=an_entry(), at=since)
    job = office.another_job(store)
    for _minute in range(4 * 24 * 60):
        await job.begin()
        office.clock.move(timedelta(minutes=1))
    begun = [(run.key, f"{run.begun_at:%d %H:%M}") for run in store.messages]
    assert begun == [
        ("2010-10-29", "29 00:30"),
        ("2010-10-30", "30 00:30"),
        ("2010-10-31", "31 00:30"),  # the first of the two
        ("2010-11-01", "01 01:30"),
    ]
