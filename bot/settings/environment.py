"""What comes from the environment: Slack's tokens, and names that must not reach Bolt."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Literal

from bot.errors import ConfigurationError
from bot.i18n import _
from bot.settings.secret import Secret
from bot.settings.values import check_base_url

SLACK_API = "https://slack.com/api/"
_MAX_SIGNING_SECRETS = 2
# With these in the environment Bolt turns into an OAuth app, or checks a retired token.
_UNUSED = ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_VERIFICATION_TOKEN")
# slack_sdk sends everything through these, loopback too, and knows no NO_PROXY: slack.proxy it is.
_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")


def drop_unused_slack_variables(environ: MutableMapping[str, str]) -> None:
    """Remove what Bolt and slack_sdk would read by themselves; call it before Bolt is built."""
    for name in (*_UNUSED, *_PROXIES):
        environ.pop(name, None)


def read_bot_token(environ: Mapping[str, str]) -> Secret:
    return _token(
        environ, "SLACK_BOT_TOKEN", "xoxb-", _("OAuth & Permissions, Bot User OAuth Token")
    )


def read_app_token(environ: Mapping[str, str]) -> Secret:
    """The app-level token, needed in Socket Mode only."""
    place = _("Basic Information, App-Level Tokens, with the scope connections:write")
    return _token(environ, "SLACK_APP_TOKEN", "xapp-", place)


def read_signing_secrets(environ: Mapping[str, str]) -> tuple[Secret, ...]:
    """One, or two while rotating; needed in HTTP mode only."""
    name = "SLACK_SIGNING_SECRET"
    texts = [text.strip() for text in environ.get(name, "").split(",")]
    secrets = tuple(Secret(f"env:{name}", text) for text in texts if text)
    if not secrets:
        raise ConfigurationError(
            _(
                "{name} is not set; copy the Signing Secret from Basic Information "
                "of your app at api.slack.com",
                name=name,
            )
        )
    if len(texts) > _MAX_SIGNING_SECRETS or len(secrets) < len(texts):
        raise ConfigurationError(
            _("{name} must hold one secret, or two with a comma between them", name=name)
        )
    return secrets


def read_api_url(environ: Mapping[str, str]) -> str:
    """The base of Slack's Web API, always ending in `/api/`."""
    given = environ.get("SLACK_API_URL", "").strip()
    if not given:
        return SLACK_API
    fix = _("leave it unset for Slack itself")
    try:
        url = check_base_url(given)
    except ValueError as error:
        sentence = _("SLACK_API_URL {reason}; {fix}", reason=error, fix=fix)
        raise ConfigurationError(sentence) from error
    if not url.endswith("/api"):
        raise ConfigurationError(_("SLACK_API_URL must end in /api/; {fix}", fix=fix))
    return f"{url}/"


def _token(
    environ: Mapping[str, str],
    name: Literal["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"],
    prefix: str,
    place: str,
) -> Secret:
    text = environ.get(name, "").strip()
    fix = _("copy the token that begins with {prefix} from {place}", prefix=prefix, place=place)
    if not text:
        raise ConfigurationError(_("{name} is not set; {fix}", name=name, fix=fix))
    if text.startswith(prefix) and len(text) > len(prefix):
        return Secret(f"env:{name}", text)
    if text.startswith(("xoxb-", "xapp-")):
        raise ConfigurationError(
            _(
                "{name} holds a token of the other kind; swap SLACK_BOT_TOKEN and SLACK_APP_TOKEN, "
                "or {fix}",
                name=name,
                fix=fix,
            )
        )
    raise ConfigurationError(
        _("{name} does not begin with {prefix}; {fix}", name=name, prefix=prefix, fix=fix)
    )
