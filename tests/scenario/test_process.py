"""`countersign serve` as a process of its own: ready, answering, silent about secrets, gone in
time."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.sandbox.clouds.book import Fault
from tests.served import serving
from tests.stage import ALICE, Mode, Stage, staged

pytestmark = pytest.mark.slow

PROXIES = dict.fromkeys(
    ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"), "http://127.0.0.1:9"
)
ABSENT = {"SLACK_CLIENT_ID": "x", "SLACK_CLIENT_SECRET": "y", "SLACK_VERIFICATION_TOKEN": "z"}


@pytest.mark.parametrize(("mode", "options"), [("http", ()), ("socket", ("--debug",))])
async def test_a_served_bot_answers_and_ends_with_0_and_tells_no_secret(
    mode: Mode, options: tuple[str, ...], tmp_path: Path
) -> None:
    async with staged(tmp_path, mode) as stage:
        await stage.stop()
        async with serving(stage, *options, **PROXIES, **ABSENT) as served:
            await served.ready()
            order = stage.an_order("huawei-main")
            card = await stage.type(ALICE, order.order_id, until=order.order_id)
            await stage.press(ALICE, "details", ts=card.ts)
            await stage.window(ALICE, "page 1 of")
            stage.clouds.book.faults.append(Fault("error_500", account="alibaba-main", times=0))
            await stage.type(ALICE, "products alibaba-main", until="alibaba-main")
            stage.slack.fault("drop_before", "response_url")
            await stage.slack.command(ALICE, "C0GENERAL", "help")
            await stage.direct(ALICE, "What can be typed")
            metrics = (await served.ops("/metrics"))[1]
            assert 'countersign_commands_total{verb="show"} 1.0' in metrics
            assert await served.stop() == 0
        for line in served.stderr.splitlines():
            json.loads(line)
        assert '"serving"' in served.stderr
        assert "Traceback" not in served.stderr
        for secret in secrets(stage):
            assert secret not in served.stderr, secret
        signed = r"/response/|Signature=|[Aa]uthorization[\"': =]+[A-Z]|xox[bp]-|xapp-|ticket=[^*]"
        assert re.search(signed, served.stderr) is None


def secrets(stage: Stage) -> list[str]:
    accounts = [stage.clouds.book.accounts[name] for name in stage.accounts]
    return [
        *(account.access_key_secret for account in accounts),
        stage.slack.bot_token,
        stage.slack.app_token,
        stage.slack.signing_secret,
    ]


async def test_pitfall_12_processes_that_may_not_start_end_with_one_sentence(
    tmp_path: Path,
) -> None:
    """A second one with the same tokens, on the same database or on one of its own: 1. One with a
    token that Slack refuses: 2."""
    (tmp_path / "other").mkdir()
    (tmp_path / "third").mkdir()
    async with (
        staged(tmp_path, "socket") as first,
        serving(first) as second,
        serving(replace(first, folder=tmp_path / "other")) as elsewhere,
        serving(replace(first, folder=tmp_path / "third"), SLACK_BOT_TOKEN="xoxb-old") as refused,
    ):
        assert await second.ended() == 1
        assert await elsewhere.ended() == 1
        assert await refused.ended() == 2
        for copy in (second, elsewhere):
            (in_use,) = copy.stderr.splitlines()
            assert "serves the same Slack app; stop it first" in in_use
        (sentence,) = refused.stderr.splitlines()
        assert "SLACK_BOT_TOKEN (invalid_auth)" in sentence
