"""A disk that is full, read-only or damaged: refused in one sentence, readiness red, and the bot
goes on once there is space again. A full disk is a limit on how long the files of this process may
grow, which its write-ahead log has reached."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.approvals import Outcome, RequestStatus
from bot.sandbox.clouds.book import Fault
from storage.verify import verify_file
from tests.cancelling import (
    APPROVALS,
    POLICY,
    agreed,
    approved,
    asked,
    cancels,
    click,
    ends,
    form_of,
    open_cancel_form,
    reached,
    records,
    unjudged,
    unpaid_order,
)
from tests.preloaded import ROOT, Preloaded, preloaded
from tests.served import serving
from tests.stage import ALICE, BOB, CHEN, Stage, acked, eventually, staged

S = RequestStatus
HOLD = 31.0
NOTHING_CHANGED = "could not be recorded, so nothing has changed"
DAMAGED = "is damaged or is no database; restore a backup."


@pytest.fixture(scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("disk")
    async with staged(folder, "http", policy=POLICY, approvers=(BOB, CHEN)) as stage:
        yield stage
        assert verify_file(stage.database).ok
        with closing(sqlite3.connect(stage.database)) as db:
            assert db.execute("pragma integrity_check").fetchone() == ("ok",)


@pytest.fixture(scope="module")
async def forks() -> AsyncIterator[Preloaded]:
    async with preloaded() as forks:
        yield forks


@contextmanager
def full_disk(stage: Stage) -> Iterator[None]:
    """The log of the database grows no further, and it always grows by what is written next."""
    log = stage.database.with_name(f"{stage.database.name}-wal")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.stat().st_size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_click_on_a_full_disk_is_refused_and_counts_when_there_is_space(
    stage: Stage,
) -> None:
    order = unpaid_order(stage)
    request = await asked(stage, order)
    with full_disk(stage):
        before = stage.seen(BOB, APPROVALS)
        clicked = await click(stage, BOB, "approve", request)
        assert clicked.status == 200, "Slack is not told to try again: nothing is stored"
        await stage.private(BOB, NOTHING_CHANGED, besides=before, where=APPROVALS)
        status, answer = await stage.ready()
        assert status == 503
        assert answer["checks"]["database"] == {
            "ok": False,
            "reason": "the database cannot be written",
        }
        assert (await stage.ops("/healthz"))[0] == 200, "a restart would not help"
    assert records(stage, order) == (request,)
    assert unjudged(stage) == 0
    assert (await stage.ready())[0] == 200
    await click(stage, BOB, "approve", request)
    await reached(stage, order, S.APPROVED)
    stage.later(seconds=HOLD)
    await reached(stage, order, S.CANCELLED)
    await agreed(stage, order)
    assert len(cancels(stage, order)) == 1


async def test_forms_on_a_full_disk_stay_open_and_say_so(stage: Stage) -> None:
    order = unpaid_order(stage)
    await open_cancel_form(stage, order)
    with full_disk(stage):
        acked(await stage.slack.submit(ALICE, {"reason": "not needed"}))
        assert NOTHING_CHANGED in stage.slack.views(ALICE)[-1].errors["reason"]
    assert records(stage, order) == ()
    acked(await stage.slack.submit(ALICE, {"reason": "not needed"}))
    await stage.window(ALICE, "Asked. The approvers see it now")
    await stage.slack.close_view(ALICE)
    await reached(stage, order, S.PENDING)
    request = await agreed(stage, order)
    await click(stage, BOB, "deny", request)
    await form_of(stage, BOB, "deny_form")
    with full_disk(stage):
        acked(await stage.slack.submit(BOB, {"reason": "we need it"}))
        assert NOTHING_CHANGED in stage.slack.views(BOB)[-1].errors["reason"]
    assert records(stage, order) == (request,)
    acked(await stage.slack.submit(BOB, {"reason": "we need it"}))
    await reached(stage, order, S.DENIED)
    await agreed(stage, order)


async def test_no_cloud_is_asked_for_what_cannot_be_recorded(stage: Stage) -> None:
    order = unpaid_order(stage)
    request = await approved(stage, order)
    await agreed(stage, order)
    with full_disk(stage):
        stage.later(seconds=HOLD)
        read = stage.cloud_calls()
        await eventually(lambda: stage.cloud_calls() > read, "the read before the claim")
        assert (await stage.ready())[0] == 503
        assert cancels(stage, order) == []
        assert records(stage, order)[-1].status is S.APPROVED
    await reached(stage, order, S.CANCELLED)
    await agreed(stage, order)
    assert len(cancels(stage, order)) == 1
    assert ends(stage, request) == ["request:cancelled"]


async def test_a_receipt_that_cannot_be_recorded_is_an_unknown_outcome(stage: Stage) -> None:
    order = unpaid_order(stage, "huawei-main")
    await approved(stage, order)
    await agreed(stage, order)
    stage.clouds.book.faults.append(Fault("slow", order.account, "cancel_order", 0.3))
    stage.later(seconds=HOLD)
    await eventually(lambda: cancels(stage, order), "the call")
    read = stage.cloud_calls()
    with full_disk(stage):
        await eventually(lambda: cancels(stage, order)[0].effect, "its effect")
        await eventually(lambda: stage.cloud_calls() > read, "the read after it")
        assert (await stage.ready())[0] == 503
    assert records(stage, order)[-1].status is S.EXECUTING
    stage.later(minutes=5)
    request = await reached(stage, order, S.UNKNOWN)
    assert request.outcome == Outcome.NO_RECEIPT
    stage.later(seconds=3)
    request = await reached(stage, order, S.CANCELLED)
    await agreed(stage, order)
    assert len(cancels(stage, order)) == 1


def rubbish(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 64)


def cut_short(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def one_page_lost(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        ((page,),) = db.execute("select rootpage from sqlite_master where name = 'audit'")
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(range(256)) * 16)


@pytest.mark.slow
@pytest.mark.parametrize("damage", [rubbish, cut_short, one_page_lost])
async def test_a_damaged_database_is_refused_and_left_as_it_is(
    stage: Stage, forks: Preloaded, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    database = tmp_path / "countersign.db"
    with closing(sqlite3.connect(stage.database)) as db:
        db.execute("vacuum into ?", (str(database),))
    damage(database)
    before = database.read_bytes()
    await stage.stop()
    async with serving(replace(stage, folder=tmp_path), forks=forks) as served:
        assert await served.ended() == 1
    await stage.start()
    (sentence,) = served.stderr.splitlines()
    assert sentence == f"{database.resolve()} {DAMAGED}"
    assert database.read_bytes() == before


@pytest.mark.slow
async def test_a_read_only_disk_is_refused(stage: Stage, forks: Preloaded, tmp_path: Path) -> None:
    """As far as every Linux has one, whoever runs the tests: nobody makes files in /sys."""
    await stage.stop()
    where = "/sys/countersign.db"
    alone = replace(stage, folder=tmp_path)
    async with serving(alone, forks=forks, COUNTERSIGN_DATABASE=where) as served:
        assert await served.ended() == 1
    await stage.start()
    (sentence,) = served.stderr.splitlines()
    assert sentence.startswith(f"The database {where} cannot be written (")
    assert sentence.endswith("; check that the folder exists and is yours.")


@pytest.mark.slow
async def test_a_start_on_a_full_disk_is_refused(stage: Stage, tmp_path: Path) -> None:
    alone = replace(stage, folder=tmp_path)
    alone.write_config()
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", 'ulimit -f 16; exec "$@"', "sh", sys.executable, "-m", "bot", "serve"),
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | alone.environ() | {"TMPDIR": str(tmp_path)},
        stderr=asyncio.subprocess.PIPE,
    )
    _out, said = await process.communicate()
    assert process.returncode == 1
    (sentence,) = said.decode().splitlines()
    database = (tmp_path / "countersign.db").resolve()
    assert sentence == f"{database} cannot be read or written; check the disk."
