"""A set-up in which nothing is wrong, and what a report says of it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

from bot.app import running
from bot.doctor.report import as_json, as_text
from bot.sandbox.clouds.book import Fault
from bot.settings import load_settings
from storage.database import Storage
from tests.doctor_house import House


async def test_nothing_is_found_and_it_is_said_what_was_looked_at(house: House) -> None:
    report = await house.finds()
    assert report.ok
    text = as_text(report)
    assert text.startswith("Nothing found.\n\nChecked:\n")
    told = json.loads(as_json(report))
    assert told.keys() == {"ok", "findings", "checked", "not_checked"}
    assert told["ok"] is True
    assert told["findings"] == []
    for what in ("scopes", "C0APPROVALS", "alibaba-main: key", "SQLite", "clock", "one app"):
        assert any(what in each for each in told["checked"]), what
    assert [each for each in told["not_checked"] if "cancel" in each]


async def test_what_is_wrong_is_told_all_at_once(house: House) -> None:
    house.slack["approvals_channel"] = "C0OLD"
    house.policy["approvers"] = ["U0GONE", "U0BOB"]
    house.account(access_key_id="LTAI-nobody")
    house.environ["SLACK_APP_TOKEN"] = "xapp-1-wrong"
    report = await house.examined()
    assert [each.code for each in report.findings] == [
        "app_token_refused",
        "channel_archived",
        "person_deactivated",
        "cloud_key_unknown",
    ]
    house.check_words(report)
    assert as_text(report).startswith("4 findings.\n\napp_token_refused  SLACK_APP_TOKEN\n")


async def test_nothing_is_posted_cancelled_or_connected(house: House) -> None:
    slack, book = house.town.slack, house.town.clouds.book
    slack.calls.clear()
    book.calls.clear()
    messages, files = len(slack.state.messages), sorted(house.folder.iterdir())
    await house.finds()
    assert {call.method for call in slack.calls} == {
        "apps.connections.open",
        "apps.manifest.export",
        "auth.test",
        "bots.info",
        "conversations.info",
        "users.info",
    }
    assert {call.operation for call in book.calls} <= {
        "list_orders",
        "get_order",
        "list_products",
        "other",
    }
    assert len(slack.state.messages) == messages
    assert slack.sockets.connections == 0
    assert [path for path in house.folder.iterdir() if path not in files] == [house.config]


async def test_a_bot_that_runs_is_no_finding(house: House) -> None:
    house.settings()
    settings = load_settings(house.config, database=None, environ=house.environ, need_slack=True)
    async with running(settings, house.clock) as bot:
        host, port = bot.ops
        house.ops["listen"] = f"{host}:{port}"
        report = await house.finds()
    assert any("ops.listen" in each and "running" in each for each in report.not_checked)


async def test_a_database_of_its_own_version_is_no_finding(house: House) -> None:
    storage = await Storage.open(house.database, now=house.clock.now())
    await storage.aclose()
    before = house.database.read_bytes()
    report = await house.finds()
    assert f"database {house.database}" in report.checked
    assert house.database.read_bytes() == before


async def test_slack_that_asks_to_wait_is_waited_for(house: House) -> None:
    house.town.slack.fault("rate_limited", "auth.test", seconds=1)
    await house.finds()


async def test_slack_that_is_slow_to_say_who_people_are_is_no_finding(house: House) -> None:
    house.town.slack.fault("error", "users.info", error="internal_error", times=0)
    report = await house.finds()
    assert "people (internal_error)" in report.not_checked
    assert any("policy.approvers" in each for each in report.not_checked)


async def test_a_clock_that_is_a_little_off_is_no_finding(house: House) -> None:
    house.clock.ahead = timedelta(seconds=40)
    await house.finds()


async def test_whatever_does_not_answer_is_told_in_time(house: House) -> None:
    slack, book = house.town.slack, house.town.clouds.book
    slack.fault("slow", "conversations.info", seconds=30)
    book.faults.append(Fault("slow", operation="list_orders", seconds=30))
    async with asyncio.timeout(15):
        report = await house.examined(patience_s=0.5)
    assert report.ok
    assert "C0APPROVALS (no end within 0.5 s)" in report.not_checked
    assert "alibaba-main (no end within 0.5 s)" in report.not_checked


async def test_a_slack_that_does_not_answer_at_all_is_told_in_time(house: House) -> None:
    house.town.slack.fault("slow", "auth.test", seconds=30)
    report = await house.examined(patience_s=0.5)
    assert "everything in Slack (no end within 0.5 s)" in report.not_checked
    assert "alibaba-main: key, orders and products" in report.checked
