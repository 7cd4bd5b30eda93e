"""Slack's variables: judged by their prefix, named in the refusal, never repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ConfigurationError
from bot.settings import Settings, drop_unused_slack_variables, load_settings
from tests.unit.settings.configuration import ENVIRON, MINIMAL, Folder

HTTP = MINIMAL + '[slack]\nmode = "http"\n'


def load(tmp_path: Path, text: str, environ: dict[str, str]) -> Settings:
    folder = Folder(tmp_path)
    folder.write(text)
    return load_settings(folder.config, database=None, environ=environ, need_slack=True)


def without(*names: str) -> dict[str, str]:
    return {name: value for name, value in ENVIRON.items() if name not in names}


def test_socket_mode_takes_both_tokens_and_no_signing_secret(tmp_path: Path) -> None:
    slack = load(tmp_path, MINIMAL, without("SLACK_SIGNING_SECRET")).slack
    assert slack.bot_token is not None
    assert slack.bot_token.value() == "xoxb-1-bot"
    assert slack.app_token is not None
    assert slack.app_token.value() == "xapp-1-app"
    assert slack.signing_secrets == ()


def test_http_mode_takes_the_bot_token_and_up_to_two_signing_secrets(tmp_path: Path) -> None:
    environ = without("SLACK_APP_TOKEN") | {"SLACK_SIGNING_SECRET": "secret-old, secret-new"}
    slack = load(tmp_path, HTTP, environ).slack
    assert slack.app_token is None
    assert [secret.value() for secret in slack.signing_secrets] == ["secret-old", "secret-new"]


@pytest.mark.parametrize(
    ("text", "environ", "refusal"),
    [
        (MINIMAL, without("SLACK_BOT_TOKEN"), "SLACK_BOT_TOKEN is not set; copy the token that"),
        (MINIMAL, without("SLACK_APP_TOKEN"), "SLACK_APP_TOKEN is not set; copy the token that"),
        (HTTP, without("SLACK_SIGNING_SECRET"), "SLACK_SIGNING_SECRET is not set; copy"),
        (HTTP, ENVIRON | {"SLACK_SIGNING_SECRET": " , "}, "SLACK_SIGNING_SECRET is not set; copy"),
        (HTTP, ENVIRON | {"SLACK_SIGNING_SECRET": "a,b,c"}, "SLACK_SIGNING_SECRET must hold one"),
        (HTTP, ENVIRON | {"SLACK_SIGNING_SECRET": "a,"}, "SLACK_SIGNING_SECRET must hold one"),
        (
            MINIMAL,
            ENVIRON | {"SLACK_BOT_TOKEN": "xapp-1-secretpart"},
            "SLACK_BOT_TOKEN holds a token of the other kind; swap",
        ),
        (
            MINIMAL,
            ENVIRON | {"SLACK_APP_TOKEN": "xoxb-1-secretpart"},
            "SLACK_APP_TOKEN holds a token of the other kind; swap",
        ),
        (
            MINIMAL,
            ENVIRON | {"SLACK_BOT_TOKEN": "xoxp-1-secretpart"},
            "SLACK_BOT_TOKEN does not begin with xoxb-; copy",
        ),
        (MINIMAL, ENVIRON | {"SLACK_BOT_TOKEN": "xoxb-"}, "SLACK_BOT_TOKEN"),
        (MINIMAL, ENVIRON | {"SLACK_API_URL": "http://slack.example/api/"}, "SLACK_API_URL must"),
        (MINIMAL, ENVIRON | {"SLACK_API_URL": "https://slack.example/"}, "SLACK_API_URL must end"),
    ],
)
def test_a_wrong_variable_is_refused_by_name_with_the_fix(
    tmp_path: Path, text: str, environ: dict[str, str], refusal: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(tmp_path, text, environ)
    assert str(refused.value).startswith(refusal)
    assert "secretpart" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/api/", "http://127.0.0.1:8080/api", "http://[::1]:8080/api/"]
)
def test_the_web_api_may_be_on_this_machine(tmp_path: Path, url: str) -> None:
    api_url = load(tmp_path, MINIMAL, ENVIRON | {"SLACK_API_URL": url}).slack.api_url
    assert api_url == url.rstrip("/") + "/"


def test_what_bolt_would_read_by_itself_is_dropped_and_nothing_else() -> None:
    environ = {
        "SLACK_CLIENT_ID": "1",
        "SLACK_CLIENT_SECRET": "2",
        "SLACK_VERIFICATION_TOKEN": "3",
        "SLACK_BOT_TOKEN": "4",
    }
    drop_unused_slack_variables(environ)
    assert environ == {"SLACK_BOT_TOKEN": "4"}
