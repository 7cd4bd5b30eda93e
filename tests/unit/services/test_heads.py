"""The record's head goes out once a day, and a file gets what it missed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from structlog.testing import capture_logs

from bot.services.heads import Heads
from tests.fake_digests import FakeHeadStore
from tests.fakes import FixedClock


class House:
    def __init__(self, *files: Path, channel: str = "C0APPROVALS") -> None:
        self.clock = FixedClock()
        self.store = FakeHeadStore()
        self.channel, self.files = channel, files
        self.restart()

    def restart(self) -> None:
        self.heads = Heads(
            store=self.store, clock=self.clock, channel=self.channel, files=self.files
        )

    async def days(self, count: int) -> None:
        for _day in range(count):
            await self.heads.step()
            self.clock.move(timedelta(days=1))


async def test_one_head_a_day_however_often_it_is_looked_at(tmp_path: Path) -> None:
    house = House(file := tmp_path / "heads.log")
    for _time in range(5):
        await house.heads.step()
        house.restart()
    lines = file.read_text().splitlines()
    ((day, head),) = await house.store.published(limit=9)
    assert lines == [f"{day.isoformat()} {head.seq}:{head.hash}"]


async def test_a_file_that_was_out_of_reach_gets_what_it_lacks(tmp_path: Path) -> None:
    away = tmp_path / "mnt" / "heads.log"
    house = House(near := tmp_path / "heads.log", away)
    with capture_logs() as logs:
        await house.days(3)
    assert {line["event"] for line in logs} == {"head_not_written"}
    away.parent.mkdir()
    await house.days(2)
    assert len(near.read_text().splitlines()) == 5
    assert away.read_text() == near.read_text()


async def test_a_line_that_a_crash_cut_short_is_written_again_whole(tmp_path: Path) -> None:
    house = House(file := tmp_path / "heads.log")
    await house.days(2)
    whole = file.read_text()
    file.write_text(whole[:-20])
    house.restart()
    await house.days(1)
    lines = file.read_text().splitlines()
    assert [line for line in lines if line in whole.splitlines()] == whole.splitlines()
    assert len(lines) == 4


async def test_without_places_the_database_still_keeps_each_days_head() -> None:
    house = House(channel="")
    await house.days(3)
    assert len(await house.store.published(limit=9)) == 3


async def test_a_clock_that_was_far_ahead_once_does_not_end_the_file(tmp_path: Path) -> None:
    house = House(file := tmp_path / "heads.log")
    house.clock.move(timedelta(days=9000))
    await house.days(1)
    house.clock.move(-timedelta(days=9001))
    house.restart()
    await house.days(3)
    house.restart()
    await house.days(1)
    heads = [line.split()[1] for line in file.read_text().splitlines()]
    assert len(heads) == len(set(heads)) == 5
    assert heads == sorted(heads, key=lambda head: int(head.partition(":")[0]))


async def test_the_same_day_is_looked_at_once_where_every_file_was_written(tmp_path: Path) -> None:
    away = tmp_path / "mnt" / "heads.log"
    house = House(away)
    with capture_logs() as logs:
        await house.heads.step()
        away.parent.mkdir()
        await house.heads.step()
        away.unlink()
        await house.heads.step()
    assert len(logs) == 1
    assert not away.exists(), "nothing more is owed to it today"


async def test_a_file_with_the_heads_of_another_record_gets_this_ones_too(tmp_path: Path) -> None:
    file = tmp_path / "heads.log"
    theirs = f"2026-11-01 900:{'ab' * 32}\n"
    file.write_text(theirs)
    house = House(file)
    with capture_logs() as logs:
        await house.days(2)
    assert [line["event"] for line in logs] == ["heads_of_another_record"]
    published = sorted(await house.store.published(limit=9))
    ours = [f"{day.isoformat()} {head.seq}:{head.hash}\n" for day, head in published]
    assert file.read_text() == theirs + "".join(ours)

    with file.open("a") as stream:  # a second bot writes into the same file
        stream.write(theirs)
    await house.days(1)
    lines = file.read_text().splitlines()
    assert len(lines) == len({*lines}) + 1 == 5
