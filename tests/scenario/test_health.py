"""/healthz, /readyz and /metrics, and what the bot does while something it needs is gone."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import aiohttp
import pytest
import structlog
import yaml
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.audit import AuditKind
from bot.sandbox.clouds.book import Fault
from tests.stage import ALICE, BOB, WAIT, Stage, eventually, said, staged

ROOT = Path(__file__).parents[2]

MODES = ("socket",)

UNRECORDED = "could not be recorded"


@pytest.fixture
async def socket_stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("health"), "socket") as stage:
        yield stage


async def test_all_is_green_and_each_check_is_named(stage: Stage) -> None:
    status, answer = await stage.ready()
    assert status == 200
    assert answer["ready"] is True
    assert {"socket", "identity", "database"} <= set(answer["checks"])
    assert (await stage.ops("/healthz")) == (200, "ok\n")


async def test_a_dead_cloud_is_reported_and_turns_nothing_red(stage: Stage) -> None:
    order = stage.an_order("huawei-main")
    stage.clouds.book.faults.append(Fault("error_500", account="huawei-main", times=0))
    await stage.type(ALICE, f"{order.order_id} huawei-main", until="huawei-main")
    status, answer = await stage.ready()
    assert status == 200
    assert answer["checks"]["cloud:huawei-main"]["ok"] is False
    assert answer["checks"]["cloud:huawei-main"]["reason"]


async def test_metrics_count_commands_acks_and_calls(stage: Stage) -> None:
    await stage.type(ALICE, "help")
    await stage.type(ALICE, "products unicloud-main", until="Products:")
    status, text = await stage.ops("/metrics")
    assert status == 200
    for line in (
        'countersign_commands_total{verb="help"}',
        "countersign_ack_seconds_count",
        'countersign_cloud_seconds_count{account="unicloud-main",operation="',
        'countersign_ready{check="database"} 1.0',
    ):
        assert line in text, line
    (acks,) = [
        line for line in text.splitlines() if line.startswith("countersign_ack_seconds_count")
    ]
    assert float(acks.split()[-1]) >= 2


async def number(stage: Stage, name: str) -> float:
    text = (await stage.ops("/metrics"))[1]
    return float(next(line for line in text.splitlines() if line.startswith(name)).split()[-1])


async def test_metrics_count_the_record_and_what_is_owed(stage: Stage) -> None:
    listed = 'countersign_records_total{kind="accounts:listed"}'
    await stage.type(ALICE, "accounts", until="huawei-main")
    before = await number(stage, listed)
    await stage.type(ALICE, "accounts", until="huawei-main")
    assert await number(stage, listed) > before
    assert await number(stage, 'countersign_open_requests{status="unknown"}') == 0
    assert await number(stage, 'countersign_outbox_oldest_seconds{lane="decisions"}') == 0
    async with asyncio.timeout(WAIT):
        while not await number(stage, "countersign_loop_late_seconds_count"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_another_connection_on_the_app_token_is_told(stage: Stage) -> None:
    assert await number(stage, "countersign_socket_connections") == 1
    await stage.stop()
    async with aiohttp.ClientSession() as session:
        api = AsyncWebClient(stage.slack.app_token, base_url=stage.slack.api_url, session=session)
        url = (await api.apps_connections_open(app_token=stage.slack.app_token))["url"]
        async with session.ws_connect(url):
            with structlog.testing.capture_logs() as lines:
                await stage.start()
                await eventually(
                    lambda: "other_connections" in [line["event"] for line in lines],
                    "the second connection is noticed",
                )
            assert await number(stage, "countersign_socket_connections") == 2


async def test_every_metric_of_the_alert_rules_exists(stage: Stage) -> None:
    rules = yaml.safe_load((ROOT / "docs" / "alerts.yml").read_text(encoding="utf-8"))
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    text = (await stage.ops("/metrics"))[1]
    families = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    kinds = set(AuditKind)
    for kind in kinds:  # an increase is seen from the first one on
        assert f'countersign_records_total{{kind="{kind}"}}' in text
    for rule in alerts:
        named = re.findall(r"countersign_\w+", rule["expr"])
        assert named
        for name in named:
            assert {name, re.sub(r"_(total|bucket|count|sum)$", "", name)} & families, name
        assert set(re.findall(r'kind="([^"]+)"', rule["expr"])) <= kinds
        assert rule["alert"] in (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")


async def test_pitfall_44_an_open_socket_with_a_revoked_token_is_red_with_the_cause(
    socket_stage: Stage,
) -> None:
    stage = socket_stage
    assert (await stage.ready())[0] == 200
    stage.slack.state.revoked = True
    stage.later(seconds=31)
    status, answer = await stage.ready()
    assert status == 503
    assert answer["checks"]["socket"]["ok"] is True
    assert answer["checks"]["identity"] == {
        "ok": False,
        "reason": "Slack refuses the bot token: token_revoked",
    }
    assert 'countersign_ready{check="identity"} 0.0' in (await stage.ops("/metrics"))[1]
    stage.slack.state.revoked = False
    stage.later(seconds=31)
    assert (await stage.ready())[0] == 200


@pytest.mark.parametrize(
    "event",
    [{"type": "tokens_revoked", "tokens": {"bot": ["U0COUNTERSIGN"]}}, {"type": "app_uninstalled"}],
)
async def test_pitfall_44_what_slack_reports_by_an_event_is_red_at_once(
    stage: Stage, event: dict[str, object]
) -> None:
    assert (await stage.slack.send_event(event)).ok
    status, answer = await stage.ready()
    assert (status, answer["checks"]["identity"]["reason"]) == (
        503,
        f"Slack reported {event['type']}",
    )
    stage.later(seconds=31)
    assert (await stage.ready())[0] == 200, "Slack accepts the token again"


async def test_pitfall_44_an_identity_that_cannot_be_asked_is_red(socket_stage: Stage) -> None:
    stage = socket_stage
    stage.slack.fault("drop_before", "auth.test", times=0)
    stage.later(seconds=31)
    status, answer = await stage.ready()
    assert status == 503
    assert "cannot be reached" in answer["checks"]["identity"]["reason"]
    stage.slack.faults.ordered.clear()


async def test_a_lost_socket_is_red_and_comes_back_by_itself(socket_stage: Stage) -> None:
    stage = socket_stage
    stage.slack.fault("error", "apps.connections.open", error="internal_error")
    (socket,) = list(stage.slack.sockets._sockets)
    await stage.slack.disconnect_sockets()
    await socket.close()
    assert not stage.slack.sockets.is_open()
    status, answer = await stage.ready()
    assert status == 503
    assert answer["checks"]["socket"] == {
        "ok": False,
        "reason": "the socket to Slack is not connected",
    }


@pytest.mark.slow
async def test_what_cannot_be_recorded_is_not_shown_and_readiness_is_red(stage: Stage) -> None:
    order = stage.an_order("huawei-main", index=1)
    card = await stage.type(BOB, f"{order.order_id} huawei-main", until=order.order_id)
    records = len(stage.records())
    with refusing_writes(stage):
        for typed in ("help", "accounts", "list", "unpaid", f"show {order.order_id}"):
            told = await stage.type(BOB, typed, until=UNRECORDED)
            assert order.order_id not in said(told)
        before = stage.seen(BOB)
        for action in ("details", "refresh", "share"):
            await stage.press(BOB, action, ts=card.ts)
            await stage.private(BOB, UNRECORDED, besides=before)
            before = stage.seen(BOB)
        assert stage.slack.views(BOB) == []
        status, answer = await stage.ready()
        assert (status, answer["checks"]["database"]["ok"]) == (503, False)
    assert len(stage.records()) == records
    assert (await stage.ready())[0] == 200
    await stage.type(BOB, f"{order.order_id} huawei-main", until=order.order_id)


async def test_a_form_that_cannot_be_recorded_says_so_in_its_window(stage: Stage) -> None:
    panel = await stage.type(ALICE, "", until="Cloud orders")
    await stage.press(ALICE, "find", ts=panel.ts)
    await stage.window(ALICE)
    with refusing_writes(stage):
        await stage.slack.submit(ALICE, {"account": "huawei-main"})
        await stage.window(ALICE, UNRECORDED)


async def test_a_refusal_that_cannot_be_recorded_is_refused_all_the_same(stage: Stage) -> None:
    with refusing_writes(stage):
        await stage.type("U0GUEST", "accounts", until=UNRECORDED)


@pytest.mark.slow
async def test_readiness_answers_while_the_database_is_locked_by_somebody(
    socket_stage: Stage,
) -> None:
    with closing(sqlite3.connect(socket_stage.database)) as other:
        other.execute("begin immediate")
        status, answer = await socket_stage.ready()
        assert status == 503
        assert answer["checks"]["database"] == {"ok": False, "reason": "no answer in time"}
        other.rollback()


@contextmanager
def refusing_writes(stage: Stage) -> Iterator[None]:
    """The disk takes no more: each insert fails as a full one would, by SQLite's own error."""
    names = ("audit", "card", "seen_input", "draft", "snapshot")
    with closing(sqlite3.connect(stage.database, isolation_level=None)) as db:
        tables = [row[0] for row in db.execute("select name from sqlite_master where type='table'")]
        for name in [*(each for each in names if each in tables), "probe"]:
            event = "update" if name == "probe" else "insert"
            db.execute(
                f"create trigger full_{name} before {event} on {name}"
                " begin select raise(abort, 'the disk is full'); end"
            )
    try:
        yield
    finally:
        with closing(sqlite3.connect(stage.database, isolation_level=None)) as db:
            rows = db.execute("select name from sqlite_master where name like 'full_%'").fetchall()
            for (name,) in rows:
                db.execute(f"drop trigger {name}")
