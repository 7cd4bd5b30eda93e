"""Tokens, settings that contradict each other, files that others may touch, addresses, locks."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from bot.doctor.findings import Code
from bot.wiring.alone import hold_app
from tests.doctor_house import House


async def test_tokens_that_were_swapped(house: House) -> None:
    bot, app = house.environ["SLACK_BOT_TOKEN"], house.environ["SLACK_APP_TOKEN"]
    house.environ |= {"SLACK_BOT_TOKEN": app, "SLACK_APP_TOKEN": bot}
    report = await house.finds(
        (Code.TOKEN_KIND, "SLACK_BOT_TOKEN"), (Code.TOKEN_KIND, "SLACK_APP_TOKEN")
    )
    assert "Swap SLACK_BOT_TOKEN and SLACK_APP_TOKEN" in report.findings[0].fix
    assert any(each.startswith("everything in Slack") for each in report.not_checked)


async def test_a_token_that_is_none_of_slacks_kinds(house: House) -> None:
    house.environ["SLACK_APP_TOKEN"] = "ghp_of-somewhere-else"
    await house.finds((Code.TOKEN_KIND, "SLACK_APP_TOKEN"))


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
async def test_a_token_that_is_not_set(house: House, name: str) -> None:
    del house.environ[name]
    report = await house.finds((Code.TOKEN_MISSING, name))
    assert report.findings[0].problem == f"{name} is not set."
    prefix = {"SLACK_BOT_TOKEN": "xoxb-", "SLACK_APP_TOKEN": "xapp-"}[name]
    assert report.findings[0].fix.startswith(f"Copy the token that begins with {prefix}")


@pytest.mark.parametrize("secrets", ["", " , ", "one,two,three", "one,"])
async def test_http_mode_without_a_signing_secret(house: House, secrets: str) -> None:
    house.slack["mode"] = "http"
    house.slack["listen"] = "127.0.0.1:0"
    house.environ |= {"SLACK_SIGNING_SECRET": secrets, "SLACK_CONFIG_TOKEN": ""}
    await house.finds((Code.SIGNING_SECRET, "SLACK_SIGNING_SECRET"))


async def test_http_mode_says_that_the_secret_itself_is_not_checked(house: House) -> None:
    house.slack["mode"] = "http"
    house.slack["listen"] = "127.0.0.1:0"
    del house.environ["SLACK_APP_TOKEN"]
    house.environ |= {"SLACK_SIGNING_SECRET": "any", "SLACK_CONFIG_TOKEN": ""}
    report = await house.finds()
    assert any(each.startswith("the signing secret (only") for each in report.not_checked)


async def test_no_channel_for_approvals(house: House) -> None:
    del house.slack["approvals_channel"]
    await house.finds((Code.CHANNEL_MISSING, "slack.approvals_channel"))


async def test_a_head_for_slack_without_a_channel(house: House) -> None:
    del house.slack["approvals_channel"]
    house.more = ["[audit]", 'heads = ["slack"]']
    await house.finds(
        (Code.CHANNEL_MISSING, "slack.approvals_channel"),
        (Code.HEADS_WITHOUT_CHANNEL, "audit.heads"),
    )


async def test_a_hold_as_long_as_the_request(house: House) -> None:
    house.policy |= {"hold": "24h", "expires": "24h"}
    house.more = ["[[policy.rules]]", 'order_types = ["renewal"]', 'hold = "2d"']
    await house.finds(
        (Code.HOLD_TOO_LONG, "policy.hold"), (Code.HOLD_TOO_LONG, "policy.rules 1, hold")
    )


async def test_an_escalation_after_the_end(house: House) -> None:
    house.policy |= {"escalate_after": "2d", "escalate_to": ["U0OWNER"]}
    await house.finds((Code.ESCALATION_TOO_LATE, "policy.escalate_after"))


async def test_quiet_hours_the_wrong_way_round(house: House) -> None:
    house.policy["quiet"] = "08:00-02:00"
    await house.finds((Code.QUIET_TOO_LONG, "policy.quiet"))


async def test_usual_quiet_hours(house: House) -> None:
    house.policy["quiet"] = "20:00-09:00"
    await house.finds()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("quorum = 1", 'accounts = ["alibaba-main"]'),
        ('providers = ["alibaba"]', 'providers = ["alibaba"]\norder_types = ["renewal"]'),
        ('over = ["100 CNY"]', 'over = ["500 CNY", "70 USD"]'),
        ("quorum = 1", 'providers = ["huawei"]'),
    ],
)
async def test_a_rule_behind_a_wider_one(house: House, first: str, second: str) -> None:
    house.more = ["[[policy.rules]]", first, "[[policy.rules]]", second]
    await house.finds((Code.RULE_UNREACHABLE, "policy.rules 2"))


async def test_a_rule_for_a_provider_without_an_account(house: House) -> None:
    house.more = ["[[policy.rules]]", 'providers = ["huawei"]']
    await house.finds((Code.RULE_UNREACHABLE, "policy.rules 1"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('accounts = ["alibaba-main"]', "quorum = 1"),
        ('over = ["500 CNY"]', 'over = ["100 CNY"]'),
        ('over = ["100 CNY", "70 USD"]', 'over = ["500 CNY"]'),
        ("quorum = 1", 'viewers = ["U0BOB"]'),
        ('order_types = ["new"]', 'order_types = ["renewal"]'),
    ],
)
async def test_a_rule_that_still_decides_something(house: House, first: str, second: str) -> None:
    house.more = ["[[policy.rules]]", first, "[[policy.rules]]", second]
    await house.finds()


async def test_a_configuration_that_others_may_write(house: House) -> None:
    house.settings()
    house.config.chmod(0o664)
    await house.finds((Code.CONFIGURATION_OPEN, str(house.config)))


async def test_secrets_that_others_may_read(house: House) -> None:
    key = house.folder / "audit.key"
    key.write_text("a key for the record")
    key.chmod(0o640)
    secret = house.folder / "alibaba-main.secret"
    secret.chmod(0o644)
    house.more = ["[audit]", 'key = "file:audit.key"']
    await house.finds((Code.SECRET_OPEN, str(key)), (Code.SECRET_OPEN, str(secret)))


async def test_an_address_that_is_taken(house: House) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        house.ops["listen"] = f"127.0.0.1:{other.getsockname()[1]}"
        await house.finds((Code.ADDRESS_TAKEN, "ops.listen"))


async def test_two_listeners_on_one_address(house: House) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    house.slack |= {"mode": "http", "listen": address}
    house.ops["listen"] = address
    house.environ |= {"SLACK_SIGNING_SECRET": "any", "SLACK_CONFIG_TOKEN": ""}
    await house.finds((Code.ADDRESS_TAKEN, "slack.listen"))


@pytest.mark.parametrize("address", ["192.0.2.1:9464", "no-such-host.invalid:9464"])
async def test_an_address_of_another_machine(house: House, address: str) -> None:
    house.ops["listen"] = address
    await house.finds((Code.ADDRESS_REFUSED, "ops.listen"))


async def test_another_copy_that_serves_the_same_app(house: House) -> None:
    with hold_app(house.environ["SLACK_BOT_TOKEN"]):
        await house.finds((Code.APP_IN_USE, "SLACK_BOT_TOKEN"))


@pytest.mark.parametrize("place", ["no-such-folder/heads.log", "a-folder", "countersign.toml/x"])
async def test_a_file_for_heads_that_cannot_be_written(house: House, place: str) -> None:
    (house.folder / "a-folder").mkdir()
    house.more = ["[audit]", f'heads = ["slack", "file:{place}"]']
    await house.finds((Code.HEADS_NOT_WRITABLE, str(house.folder / place)))


async def test_a_file_for_heads_that_is_not_there_yet(house: House) -> None:
    house.more = ["[audit]", 'heads = ["file:heads.log"]']
    await house.finds()
    assert not (house.folder / "heads.log").exists()
