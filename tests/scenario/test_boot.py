"""What stops the bot at the start: one sentence with the fix."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.errors import (
    AddressTaken,
    ConfigurationError,
    CountersignError,
    SlackUnreachable,
    StorageError,
)
from tests.builders import an_entry
from tests.loopback import DROP, Reply, loopback
from tests.stage import ALICE, Mode, Stage, staged
from tests.stored_record import append


@pytest.fixture(scope="module")
def mode() -> Mode:
    return "socket"


@pytest.fixture(scope="module")
async def stopped(mode: Mode, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("boot"), mode) as stage:
        await stage.stop()
        yield stage
        stage.slack.faults.ordered.clear()


async def refusal(
    stage: Stage, kind: type[CountersignError] = ConfigurationError, **environ: str
) -> str:
    """The sentence; a refused configuration ends with 2, all else with 1."""
    try:
        await stage.start(**environ)
    except kind as error:
        sentence = str(error)
        assert "\n" not in sentence
        return sentence
    await stage.stop()
    raise AssertionError("the bot started")


@pytest.mark.parametrize("code", ["invalid_auth", "account_inactive", "token_revoked"])
async def test_a_bot_token_that_slack_refuses(stopped: Stage, code: str) -> None:
    stopped.slack.fault("error", "auth.test", error=code)
    sentence = await refusal(stopped)
    assert f"SLACK_BOT_TOKEN ({code})" in sentence
    assert "Bot User OAuth Token" in sentence
    assert stopped.slack.bot_token not in sentence


@pytest.mark.parametrize("code", ["missing_scope", "not_allowed_token_type", "invalid_auth"])
async def test_an_app_token_without_the_right_to_connect(stopped: Stage, code: str) -> None:
    stopped.slack.fault("error", "apps.connections.open", error=code)
    sentence = await refusal(stopped)
    assert f"SLACK_APP_TOKEN ({code})" in sentence
    assert "connections:write" in sentence


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
@pytest.mark.parametrize("code", ["team_added_to_org", "internal_error", "ratelimited"])
async def test_a_word_of_slack_that_passes_refuses_no_token(
    stopped: Stage, method: str, code: str
) -> None:
    stopped.slack.fault("error", method, error=code)
    sentence = await refusal(stopped, SlackUnreachable)
    assert sentence.startswith(f"Slack cannot answer for now ({code}).")


async def test_tokens_that_were_swapped(stopped: Stage) -> None:
    bot, app = stopped.slack.bot_token, stopped.slack.app_token
    sentence = await refusal(stopped, SLACK_BOT_TOKEN=app, SLACK_APP_TOKEN=bot)
    assert "swap SLACK_BOT_TOKEN and SLACK_APP_TOKEN" in sentence


@pytest.mark.parametrize(
    "reply",
    [
        DROP,
        Reply(b"<html>Welcome to the airport</html>", headers={"Content-Type": "text/html"}),
        Reply(b"not allowed", status=403, headers={"Content-Type": "text/plain"}),
        Reply(b'{"ok": tru', headers={"Content-Type": "application/json"}),
        Reply({"ok": True}),
        Reply(b"", status=502),
    ],
    ids=["dropped", "html", "text", "broken", "nobody", "empty"],
)
async def test_something_that_is_not_slack_answers(stopped: Stage, reply: Reply) -> None:
    async with loopback(lambda _asked: reply) as server:
        sentence = await refusal(stopped, SlackUnreachable, SLACK_API_URL=f"{server.url}/api/")
    assert "Slack cannot be reached" in sentence
    assert "slack.proxy" in sentence


async def test_slack_is_not_there_at_all(stopped: Stage) -> None:
    async with loopback(lambda _asked: DROP) as server:
        url = server.url
    sentence = await refusal(stopped, SlackUnreachable, SLACK_API_URL=f"{url}/api/")
    assert f"Slack cannot be reached at {url}/api/" in sentence


async def test_an_address_that_is_taken(stopped: Stage) -> None:
    async with loopback(lambda _asked: DROP) as server:
        stopped.listen = server.url.removeprefix("http://")
        try:
            sentence = await refusal(stopped, AddressTaken)
        finally:
            stopped.listen = "127.0.0.1:0"
    assert "ops.listen 127.0.0.1:" in sentence
    assert "cannot be taken" in sentence


async def test_an_address_that_this_machine_never_has_is_refused(stopped: Stage) -> None:
    stopped.listen = "no-such-host.invalid:80"
    try:
        sentence = await refusal(stopped, ConfigurationError)
    finally:
        stopped.listen = "127.0.0.1:0"
    assert "ops.listen no-such-host.invalid:80 cannot be taken" in sentence


async def test_slacks_socket_is_opened_by_a_bot_that_has_its_addresses(stopped: Stage) -> None:
    """Slack would give inputs to a bot that then ends."""
    async with loopback(lambda _asked: DROP) as server:
        stopped.listen = server.url.removeprefix("http://")
        before = len(stopped.slack.calls)
        try:
            await refusal(stopped, AddressTaken)
        finally:
            stopped.listen = "127.0.0.1:0"
    methods = [call.method for call in stopped.slack.calls[before:]]
    assert methods.count("apps.connections.open") == 1  # the check of the token


async def test_bolt_does_not_warn_of_a_token_in_the_environment(
    stopped: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    os.environ["SLACK_BOT_TOKEN"] = stopped.slack.bot_token
    await stopped.start()
    await stopped.stop()
    assert [each for each in caplog.records if each.name.startswith("slack_bolt")] == []
    assert os.environ["SLACK_BOT_TOKEN"] == stopped.slack.bot_token


async def test_a_bot_that_could_not_start_leaves_the_database_free(stopped: Stage) -> None:
    stopped.slack.fault("error", "auth.test", error="invalid_auth")
    await refusal(stopped)
    await stopped.start()
    await stopped.type(ALICE, "help", until="What can be typed")
    await stopped.stop()


async def test_a_bot_without_the_key_of_a_tagged_record_does_not_start(tmp_path: Path) -> None:
    async with staged(tmp_path, "socket") as stage:
        await stage.stop()
        await append(stage.database, an_entry())
        assert "key under [audit] has to stay" in await refusal(stage)


async def test_slack_that_throttles_the_start_is_waited_for(stopped: Stage) -> None:
    stopped.slack.fault("rate_limited", "auth.test", seconds=1)
    await stopped.start()
    assert (await stopped.ready())[0] == 200
    await stopped.stop()


async def test_an_app_id_that_slack_does_not_tell_keeps_nobody_out(stopped: Stage) -> None:
    stopped.slack.fault("error", "bots.info", error="missing_scope")
    await stopped.start()
    await stopped.type(ALICE, "help", until="What can be typed")
    await stopped.stop()


async def test_a_second_bot_on_the_same_database_is_refused(tmp_path: Path) -> None:
    async with staged(tmp_path, "socket") as first:
        second = Stage(tmp_path, "socket", first.clock, first.clouds, first.slack)
        with pytest.raises(StorageError) as refused:
            await second.start()
        assert "\n" not in str(refused.value)
        await first.type(ALICE, "help", until="What can be typed")
