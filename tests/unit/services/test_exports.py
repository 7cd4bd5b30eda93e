"""An export: what it holds, who may have it, what is on the record, and that nothing is left."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import os
import resource
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from bot.domain.audit import AuditKind
from bot.domain.filters import OrderFilter
from bot.domain.orders import PaymentStatus
from bot.errors import NotAllowed, StorageError, UserError
from bot.ports import SnapshotStore
from bot.services.access import Viewer
from bot.services.export_files import ExportFormat
from bot.services.exports import Exports, OrderExport
from storage.database import Storage
from storage.snapshots import SqliteSnapshotStore
from tests.builders import NOON, a_filter, an_order
from tests.fake_cloud import failing, unavailable, waiting_for
from tests.unit.services.house import (
    EVERYTHING,
    House,
    alibaba,
    an_alibaba_order,
    an_order_of,
    huawei,
)

CSV, JSONL = ExportFormat.CSV, ExportFormat.JSONL
DAY = timedelta(days=1)


def exports_of(house: House, snapshots: SnapshotStore | None = None, **options: Any) -> Exports:
    return Exports(
        refresher=house.refresher,
        snapshots=snapshots or house.snapshots,
        audit=house.audit,
        clock=house.clock,
        **options,
    )


@dataclass
class Taken:
    """What was in the file while it was there."""

    export: OrderExport
    content: bytes

    @property
    def rows(self) -> list[dict[str, str]]:
        text = self.content.decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text, newline="")))

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.content.splitlines()]


async def taken(
    house: House,
    wanted: OrderFilter = EVERYTHING,
    form: ExportFormat = CSV,
    *,
    viewer: Viewer | None = None,
    **options: Any,
) -> Taken:
    exports = exports_of(house, **options)
    async with exports.export(viewer or house.viewer(), wanted, form) as export:
        got = Taken(export, export.file.read())
    await exports.aclose()
    assert export.file.closed
    return got


async def test_the_clouds_are_asked_and_their_orders_are_in_the_file() -> None:
    got = await taken(House(huawei(), alibaba()))
    assert [(row["account"], row["order_id"], row["as_of"]) for row in got.rows] == [
        ("alibaba-main", "500491030350914", "2026-11-18T12:00:00Z"),
        ("huawei-main", "CS2611171200ABCDE", "2026-11-18T12:00:00Z"),
    ]
    export = got.export
    assert (export.name, export.count, export.total) == ("orders-20261118-1200.csv", 2, 2)
    assert [state.problem for state in export.states] == [None, None]


async def test_the_filters_are_those_of_a_list() -> None:
    paid = an_order_of(2, payment_status=PaymentStatus.PAID)
    house = House(huawei(an_order_of(1), paid, an_order_of(40)))
    wanted = a_filter(payment_status=PaymentStatus.PAID, since=NOON - 30 * DAY)
    assert [row["order_id"] for row in (await taken(house, wanted)).rows] == ["D2"]


async def test_only_the_accounts_that_are_wanted_are_asked_and_named() -> None:
    house = House(huawei(an_order_of(1)), alibaba(an_alibaba_order("1")))
    wanted = replace(EVERYTHING, accounts=frozenset({"huawei-main"}))
    got = await taken(house, wanted)
    assert {row["account"] for row in got.rows} == {"huawei-main"}
    assert [state.account.name for state in got.export.states] == ["huawei-main"]
    assert house.clouds[1].calls == []


async def test_once_the_bot_is_leaving_no_cloud_is_asked_and_nothing_is_invented() -> None:
    house = House(huawei(an_order_of(1)))
    await taken(house)
    asked, exports = len(house.clouds[0].calls), exports_of(house)
    await exports.aclose()
    async with exports.export(house.viewer(), EVERYTHING, CSV) as export:
        got = Taken(export, export.file.read())
    assert [row["order_id"] for row in got.rows] == ["D1"]
    assert len(house.clouds[0].calls) == asked


async def test_json_lines_say_first_what_they_are_of() -> None:
    house = House(huawei(an_order_of(2)), alibaba())
    house.clouds[1].script = failing(unavailable())
    wanted = replace(EVERYTHING, payment_status=PaymentStatus.UNPAID)
    meta, *rows = (await taken(house, wanted, JSONL)).objects
    assert meta["meta"] == {
        "since": "2025-11-18T12:00:00Z",
        "until": "2026-11-18T12:00:00Z",
        "filters": {"payment_status": "unpaid"},
        "accounts": ["huawei-main", "alibaba-main"],
        "as_of": {"huawei-main": "2026-11-18T12:00:00Z", "alibaba-main": None},
        "missing": ["alibaba-main"],
        "not_read_before": {"alibaba-main": "2026-11-18T12:00:00Z"},
        "orders": 1,
        "total": 1,
        "status_unknown": 0,
    }
    assert [row["order_id"] for row in rows] == ["D2"]


async def test_pitfall_37_a_cloud_that_does_not_answer_is_named_and_shown_as_last_seen() -> None:
    house = House(huawei(an_order_of(1)), alibaba(an_alibaba_order("1")))
    before = await taken(house)
    house.clock.move(timedelta(hours=1))
    house.clouds[1].script = waiting_for(asyncio.Event())
    got = await taken(house, patience=0.2)
    assert [row["as_of"] for row in before.rows] == ["2026-11-18T12:00:00Z"] * 2
    assert {row["account"]: row["as_of"] for row in got.rows} == {
        "huawei-main": "2026-11-18T13:00:00Z",
        "alibaba-main": "2026-11-18T12:00:00Z",
    }
    named = [state.account.name for state in got.export.states if state.problem]
    assert named == ["alibaba-main"]
    assert house.audit.entries[-1].facts["failed"] == "alibaba-main"


async def test_nobody_exports_an_account_that_they_may_not_view() -> None:
    house = House(huawei(), alibaba())
    got = await taken(house, viewer=house.viewer("huawei-main"))
    assert {row["account"] for row in got.rows} == {"huawei-main"}
    assert house.clouds[1].calls == []
    only_alibaba = a_filter(accounts=frozenset({"alibaba-main"}))
    with pytest.raises(NotAllowed):
        await taken(house, only_alibaba, viewer=house.viewer("huawei-main"))


async def test_an_export_is_on_the_record_before_anybody_has_it() -> None:
    house = House(huawei())
    wanted = a_filter(product="secret words")
    async with exports_of(house).export(house.viewer(), wanted, JSONL) as export:
        [entry] = house.audit.entries
        content = export.file.read()
    assert (entry.kind, entry.actor) == (AuditKind.ORDERS_EXPORTED, "U0ALICE")
    assert entry.facts == {
        "accounts": "huawei-main",
        "since": "2025-11-18T12:00:00+00:00",
        "until": "2026-11-18T12:00:00+00:00",
        "payment_status": None,
        "order_type": None,
        "over": None,
        "format": "jsonl",
        "count": 0,
        "sha256": hashlib.sha256(content).hexdigest(),
        "failed": "",
    }
    assert entry.texts == {"product": "secret words"}
    assert "secret words" not in house.told()


async def test_what_cannot_be_recorded_is_not_handed_out() -> None:
    house = House(huawei())
    house.audit.full = True
    with pytest.raises(StorageError):
        await taken(house)


async def test_a_file_that_did_not_arrive_is_on_the_record_by_its_hash() -> None:
    house = House(huawei())
    exports = exports_of(house)
    async with exports.export(house.viewer(), EVERYTHING, CSV) as export:
        await exports.not_sent(house.viewer(), export, reason="missing_scope")
    entry = house.audit.entries[-1]
    assert entry.kind is AuditKind.LOOKUP_FAILED
    assert (entry.facts["error"], entry.facts["sha256"]) == ("missing_scope", export.sha256)


async def test_the_file_has_no_name_and_nobody_else_can_read_it() -> None:
    house = House(huawei())
    async with exports_of(house).export(house.viewer(), EVERYTHING, CSV) as export:
        status = os.fstat(export.file.fileno())
        assert stat.S_IMODE(status.st_mode) == 0o600
        assert status.st_nlink == 0
    assert export.file.closed


@pytest.mark.parametrize("error", [RuntimeError("sending broke"), asyncio.CancelledError()])
async def test_the_file_is_gone_whatever_happens_to_it(error: BaseException) -> None:
    house, files = House(huawei()), list[BinaryIO]()

    async def break_off() -> None:
        async with exports_of(house).export(house.viewer(), EVERYTHING, CSV) as export:
            files.append(export.file)
            raise error

    with pytest.raises(type(error)):
        await break_off()
    assert files[0].closed


async def test_an_export_that_is_cut_off_while_it_collects_is_on_the_record() -> None:
    house = House(huawei())
    house.cloud.script = waiting_for(asyncio.Event())
    exports = exports_of(house)
    task = asyncio.create_task(_enter(exports, house))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await exports.aclose()
    [entry] = house.audit.entries
    assert (entry.kind, entry.facts["error"]) == (AuditKind.LOOKUP_FAILED, "CancelledError")


async def _enter(exports: Exports, house: House) -> None:
    async with exports.export(house.viewer(), EVERYTHING, CSV):
        raise AssertionError("nothing was answered")


async def test_a_machine_without_room_says_so_in_one_sentence() -> None:
    house = House(huawei(*(an_order_of(age, product_name="x" * 900) for age in range(1, 9))))
    with largest_file(2000), pytest.raises(UserError, match=r"no room .* for example since:7d"):
        await taken(house)
    assert house.audit.entries[-1].kind is AuditKind.LOOKUP_FAILED


async def test_more_orders_than_a_file_holds_are_counted() -> None:
    house = House(huawei(*(an_order_of(age) for age in range(1, 7))))
    got = await taken(house, form=JSONL, most=4)
    meta, *rows = got.objects
    assert [row["order_id"] for row in rows] == ["D1", "D2", "D3", "D4"]
    assert (meta["meta"]["orders"], meta["meta"]["total"]) == (4, 6)
    assert (got.export.count, got.export.total) == (4, 6)


async def test_only_a_few_files_are_made_at_once() -> None:
    house = House(huawei())
    exports, open_files, most = exports_of(house), 0, 0

    async def take() -> None:
        nonlocal open_files, most
        async with exports.export(house.viewer(), EVERYTHING, CSV):
            open_files += 1
            most = max(most, open_files)
            await asyncio.sleep(0.01)
            open_files -= 1

    await asyncio.gather(*(take() for _each in range(8)))
    assert most == 3


@pytest.mark.slow
async def test_many_orders_hold_up_nothing_else(tmp_path: Path) -> None:
    count = 6000
    async with a_database(tmp_path) as snapshots:
        for start in range(0, count, 2000):
            rows = [an_order(order_id=f"CS{n:06}") for n in range(start, start + 2000)]
            await snapshots.save(rows, seen_at=NOON)
        house = House(huawei())
        house.cloud.script = failing(unavailable())
        began, slowest = asyncio.get_running_loop().time(), asyncio.create_task(_slowest_turn())
        exports = exports_of(house, snapshots)
        async with exports.export(house.viewer(), EVERYTHING, CSV) as export:
            slowest.cancel()
            whole = asyncio.get_running_loop().time() - began
            assert (export.count, export.total) == (count, count)
            ids = [line.split(b",")[2] for line in export.file.read().splitlines()[1:]]
        assert ids == [b"CS%06d" % n for n in range(count)]
        assert await slowest < whole / 3


async def _slowest_turn() -> float:
    """Seconds that the loop was busy at most, until cancelled."""
    loop, slowest = asyncio.get_running_loop(), 0.0
    try:
        while True:
            began = loop.time()
            await asyncio.sleep(0)
            slowest = max(slowest, loop.time() - began)
            await asyncio.sleep(0.001)
    except asyncio.CancelledError:
        return slowest


@asynccontextmanager
async def a_database(folder: Path) -> AsyncIterator[SqliteSnapshotStore]:
    storage = await Storage.open(folder / "countersign.db", now=NOON)
    try:
        yield SqliteSnapshotStore(storage)
    finally:
        await storage.aclose()


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file of this process grows beyond *size* bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
