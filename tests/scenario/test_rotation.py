"""Every key is changed while people work, as docs/rotation.md describes, and nothing is lost.

For the signing secret see test_front.py: while two are configured both are accepted.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.approvals import RequestStatus
from bot.providers.credentials import Credentials
from bot.settings import AlibabaAccount, HuaweiAccount, Secret, UnicloudAccount
from bot.settings.secret import read_secret
from storage.audit import SqliteAuditLog
from storage.backup import back_up
from storage.database import Storage
from storage.verify import verify_file
from tests.builders import NOON, an_entry
from tests.cancelling import DM, agreed, asked, click, reached, unpaid_order
from tests.stage import ALICE, BOB, Mode, Stage, staged
from tests.unit.test_cli import as_before, countersign

__all__ = ["as_before"]  # around each test here, too

S = RequestStatus
POLICY = 'viewers = ["members"]\nrequesters = ["members"]\nhold = "0s"'
TWICE = 2
RUNBOOK = Path(__file__).parents[2] / "docs" / "rotation.md"


@pytest.fixture
async def stage(mode: Mode, tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path, mode, policy=POLICY) as stage:
        yield stage


async def test_a_new_bot_token_finds_every_request_and_sends_what_was_owed(stage: Stage) -> None:
    """The old one is refused from the moment on at which there is a new one."""
    kept, ended = unpaid_order(stage), unpaid_order(stage, "huawei-main")
    waiting, withdrawn = await asked(stage, kept), await asked(stage, ended)
    stage.slack.state.bot_token = f"xoxb-sandbox-{secrets.token_hex(12)}"  # one bot holds it
    stage.expected |= {("chat.update", "invalid_auth"), ("chat.postMessage", "invalid_auth")}
    await click(stage, ALICE, "withdraw", withdrawn, where=DM)
    await reached(stage, ended, S.WITHDRAWN)
    await stage.stop()
    await stage.start()
    stage.later(seconds=61)
    await agreed(stage, ended)
    await click(stage, BOB, "approve", waiting)
    await reached(stage, kept, S.CANCELLED)
    await agreed(stage, kept)


@pytest.mark.parametrize("mode", ["socket"], indirect=True)
async def test_a_new_app_token_opens_the_socket(stage: Stage) -> None:
    order = unpaid_order(stage)
    request = await asked(stage, order)
    stage.slack.state.app_token = "xapp-1-A0COUNTER-rotated"
    await stage.stop()
    await stage.start()
    await click(stage, BOB, "approve", request)
    await reached(stage, order, S.CANCELLED)


async def test_a_clouds_key_behind_a_file_changes_without_a_restart(stage: Stage) -> None:
    order = stage.an_order("alibaba-main")
    await stage.type(ALICE, f"show {order.order_id} alibaba-main", until=order.order_id)
    accounts, secret = stage.clouds.book.accounts, "the-secret-after-rotation"
    accounts["alibaba-main"] = replace(accounts["alibaba-main"], access_key_secret=secret)
    fresh = stage.folder / "alibaba-main.secret.new"
    fresh.write_text(secret)
    fresh.rename(stage.folder / "alibaba-main.secret")
    stage.later(seconds=7)
    await stage.type(ALICE, f"show {order.order_id} alibaba-main", until=order.order_id)
    calls = [call for call in stage.clouds.book.calls if call.account == "alibaba-main"]
    assert len(calls) >= TWICE
    assert {call.outcome for call in calls} == {"ok"}


def test_id_and_secret_behind_a_link_change_at_once(tmp_path: Path) -> None:
    for number in ("1", "2"):
        (tmp_path / f"keys.{number}").mkdir()
        for name in ("id", "secret"):
            (tmp_path / f"keys.{number}" / name).write_text(f"rotated-{name}-{number}")
    (tmp_path / "keys").symlink_to("keys.1")
    read = [
        read_secret(f"file:keys/{name}", folder=tmp_path, environ={}) for name in ("id", "secret")
    ]
    credentials = Credentials(read[0], {"access_key_secret": read[1]})
    assert credentials.access_key_id == "rotated-id-1"
    (tmp_path / "keys.new").symlink_to("keys.2")
    (tmp_path / "keys.new").rename(tmp_path / "keys")
    found = credentials.access_key_id, credentials.get("access_key_secret")
    assert found == ("rotated-id-2", "rotated-secret-2")


def test_a_new_audit_key_vouches_from_its_first_record_on(tmp_path: Path) -> None:
    """And the old one for what was sealed before."""
    path, sealed = tmp_path / "countersign.db", tmp_path / "sealed.db"
    asyncio.run(_recorded(path, b"the key before"))
    back_up(path, sealed)
    asyncio.run(_recorded(path, b"the key after"))
    assert verify_file(sealed, key=b"the key before").ok
    assert verify_file(path, key=b"the key after").ok
    assert verify_file(path).records == verify_file(sealed).records + 2
    with closing(sqlite3.connect(path)) as db:
        db.execute("drop trigger audit_tag_no_delete")
        db.execute("delete from audit_tag where seq = (select max(seq) from audit_tag)")
        db.commit()
    assert not verify_file(path, key=b"the key after").ok


async def _recorded(path: Path, key: bytes) -> None:
    storage = await Storage.open(path, now=NOON, audit_key=key)
    for _time in range(2):
        await SqliteAuditLog(storage).append(an_entry(), at=NOON)
    await storage.aclose()


def test_the_runbook_names_every_secret_of_the_configuration() -> None:
    text = RUNBOOK.read_text(encoding="utf-8")
    fields = {
        name.removeprefix("cancel_")
        for account in (AlibabaAccount, HuaweiAccount, UnicloudAccount)
        for name, field in account.model_fields.items()
        if Secret.__name__ in str(field.annotation)
    }
    assert {"access_key_secret", "secret_access_key", "iam_password"} <= fields
    slack = {"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "[audit]"}
    assert [name for name in fields | slack if name not in text] == []


def test_the_commands_of_the_runbook_exist(tmp_path: Path) -> None:
    lines = re.findall(r"^countersign ([a-z ]+)", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    assert lines
    for line in lines:
        done = countersign(tmp_path, *line.split(), "--help")
        assert (done.returncode, done.stderr) == (0, "")
