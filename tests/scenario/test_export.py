"""`/order export` in Slack: a file for the one who asked, and a sentence where there is none."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.clouds.book import Fault
from bot.sandbox.workspace.files import File
from tests.stage import ACCOUNTS, ALICE, BOB, GENERAL, Stage, said, staged

pytestmark = pytest.mark.slow

MODES = ("http",)

DIRECT = "D0ALICE"


def rows_of(file: File) -> list[dict[str, str]]:
    assert file.content is not None
    text = file.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def objects_of(file: File) -> list[dict[str, Any]]:
    assert file.content is not None
    return [json.loads(line) for line in file.content.splitlines()]


async def test_a_list_becomes_a_file_in_the_direct_messages_of_who_asked(stage: Stage) -> None:
    answer = await stage.type(ALICE, "export status:unpaid since:90d", until="Sent to your direct")
    file = stage.slack.files[-1]
    assert file.channel_id == DIRECT
    assert file.content is not None
    rows = rows_of(file)
    assert f"{len(rows)} orders" in said(answer)
    listed = await stage.type(ALICE, "list status:unpaid since:90d", until="Unpaid orders:")
    await stage.redrawn(listed, f"Unpaid orders: {len(rows)}")
    assert {row["payment_status"] for row in rows} == {"unpaid"}
    assert {row["account"] for row in rows} == set(ACCOUNTS)
    message = await stage.direct(ALICE, f"{len(rows)} orders")
    assert [each["name"] for each in message.as_json()["files"]] == [file.name]
    assert "placed" in said(message)
    record = await stage.record("orders:exported", actor=ALICE, format="csv")
    assert record["facts"]["count"] == len(rows)
    assert record["facts"]["sha256"] == hashlib.sha256(file.content).hexdigest()


async def test_every_order_of_a_cloud_is_in_the_file_with_its_exact_id(stage: Stage) -> None:
    await stage.type(ALICE, "export account:unicloud-main since:1825d", until="Sent to your direct")
    ids = {row["order_id"] for row in rows_of(stage.slack.files[-1])}
    own = stage.clouds.book.orders["unicloud-main"]
    assert len(ids) > 40
    assert {each.removeprefix("'") for each in ids} <= set(own)
    assert all(each.startswith("'") for each in ids if len(each) > 15)


async def test_the_answer_comes_at_once_and_only_the_asker_sees_anything(stage: Stage) -> None:
    before = stage.slack.files
    stage.later(minutes=1)
    stage.clouds.book.faults.append(Fault("slow", seconds=0.5, times=0))
    await stage.type(BOB, "export", until="Collecting")
    assert stage.slack.files == before
    stage.clouds.book.faults.clear()
    await stage.private(BOB, "Sent to your direct messages")
    assert stage.slack.files[-1].channel_id == "D0BOB"
    assert not [each for each in stage.slack.messages(GENERAL, ALICE) if each.files]


async def test_json_lines_name_a_cloud_that_did_not_answer_and_so_do_both_messages(
    stage: Stage,
) -> None:
    stage.later(minutes=1)
    stage.clouds.book.faults.append(Fault("error_500", account="huawei-main", times=0))
    answer = await stage.type(ALICE, "export format:jsonl", until="Sent to your direct")
    assert "No answer from huawei-main" in said(answer)
    meta, *rows = objects_of(stage.slack.files[-1])
    assert meta["meta"]["missing"] == ["huawei-main"]
    assert meta["meta"]["orders"] == len(rows)
    message = await stage.direct(ALICE, "orders")
    assert "No answer from huawei-main" in said(message)
    record = await stage.record("orders:exported", actor=ALICE, format="jsonl")
    assert record["facts"]["failed"] == "huawei-main"


async def test_it_works_in_the_bots_own_conversation(stage: Stage) -> None:
    before = len(stage.slack.files)
    await stage.type(ALICE, "export since:7d", until="Sent to your direct", where=DIRECT)
    assert [each.channel_id for each in stage.slack.files[before:]] == [DIRECT]


async def test_where_no_order_fits_no_file_is_sent(stage: Stage) -> None:
    before = len(stage.slack.files)
    await stage.type(ALICE, "export over:999999999999 product:nonesuch", until="there is no file")
    assert len(stage.slack.files) == before


async def test_a_wrong_filter_is_answered_with_the_fix_and_recorded(stage: Stage) -> None:
    await stage.type(ALICE, "export unpaid", until="Did you mean /order export status:unpaid ?")
    await stage.record("lookup:refused", actor=ALICE, rule="UsageError")


@pytest.mark.parametrize(
    ("method", "scope"),
    [("conversations.open", "im:write"), ("files.getUploadURLExternal", "files:write")],
)
async def test_a_scope_that_is_missing_is_named_to_the_asker_and_recorded(
    stage: Stage, method: str, scope: str
) -> None:
    stage.expected.add((method, "missing_scope"))
    stage.slack.fault("error", method, error="missing_scope")
    before = len(stage.slack.files)
    answer = await stage.type(ALICE, "export since:7d", until=f"lacks the scope {scope}")
    assert "countersign manifest" in said(answer)
    assert len(stage.slack.files) == before
    await stage.record("lookup:failed", actor=ALICE, error="missing_scope")


async def test_an_upload_that_slack_refuses_is_one_sentence(stage: Stage) -> None:
    stage.expected.add(("upload", "broken"))
    stage.slack.fault("error", "upload", error="broken")
    await stage.type(ALICE, "export since:7d", until="Nothing was sent; ask again in a minute")
    await stage.record("lookup:failed", actor=ALICE, error="http_500")


ONLY_BOB = f"""viewers = ["members"]
approvers = ["{BOB}"]
quorum = 1
[[policy.rules]]
accounts = ["huawei-main"]
viewers = ["{BOB}"]"""


async def test_nobody_exports_an_account_that_they_may_not_view(tmp_path: Path) -> None:
    async with staged(tmp_path, "http", policy=ONLY_BOB) as stage:
        sent = await stage.type(ALICE, "export", until="Sent to your direct messages")
        [file] = stage.slack.files
        others = set(ACCOUNTS) - {"huawei-main"}
        assert {row["account"] for row in rows_of(file)} == others
        assert "huawei-main" not in said(sent) + said(await stage.direct(ALICE, "orders"))
        await stage.type(ALICE, "export account:huawei-main", until="that you may view")
        await stage.type(BOB, "export account:huawei-main", until="Sent to your direct messages")
        assert {row["account"] for row in rows_of(stage.slack.files[-1])} == {"huawei-main"}
        assert len(stage.slack.files) == 2


async def test_who_loses_the_right_while_it_is_made_gets_no_file(tmp_path: Path) -> None:
    async with staged(tmp_path, "http", policy=ONLY_BOB) as stage:
        stage.clouds.book.faults.append(Fault("slow", seconds=0.7, times=0))
        await stage.type(BOB, "export", until="Collecting")
        await stage.slack.change_person(BOB, is_restricted=True)
        await stage.private(BOB, "not view all of these accounts any more")
        assert stage.slack.files == []
        await stage.record("lookup:refused", actor=BOB, rule="viewers")
        await stage.record("lookup:failed", actor=BOB, input="export", error="viewers")


async def test_a_restart_ends_an_export_with_a_word_and_a_record(tmp_path: Path) -> None:
    async with staged(tmp_path, "http") as stage:
        stage.clouds.book.faults.append(Fault("slow", seconds=30, times=0))
        await stage.type(ALICE, "export", until="Collecting")
        await stage.stop()
        await stage.private(ALICE, "I am restarting")
        assert stage.slack.files == []
        [record] = stage.recorded("lookup:failed", actor=ALICE, input="export")
        assert record["facts"]["error"] == "CancelledError"
