"""How the app is set up at Slack, compared with the manifest that this version prints.

Slack tells it through one method, apps.manifest.export, and only for an app configuration token,
which belongs to a person and lives 12 hours. Without one it is said what was not checked.
"""

from __future__ import annotations

from typing import Any, Literal

from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor.findings import Code, Notes
from bot.doctor.slack import UNREADABLE
from bot.doctor.tokens import CONFIG_TOKEN
from bot.i18n import _
from bot.manifest import BOT_EVENTS
from handlers.failures import slack_word

Mode = Literal["socket", "http"]


async def check_settings_page(
    client: AsyncWebClient, config_token: str, app_id: str, mode: Mode, notes: Notes
) -> None:
    what = _("interactivity, events, /order, Home and Socket Mode in the app's settings")
    if not config_token:
        why = _(
            "Slack tells them to an app configuration token only; put one from"
            " api.slack.com/apps into {name} and run this again",
            name=CONFIG_TOKEN,
        )
        notes.skip(what, why)
        return
    if not app_id:
        notes.skip(what, _("Slack does not tell which app the bot token is of"))
        return
    try:
        answer = await client.apps_manifest_export(app_id=app_id, token=config_token)
        compare(dict(answer["manifest"]), mode, notes)
    except UNREADABLE as error:
        if not (word := slack_word(error)):
            notes.skip(what, type(error).__name__)
            return
        notes.find(
            Code.CONFIG_TOKEN_REFUSED,
            CONFIG_TOKEN,
            _("Slack does not show the app's settings for this token ({code}).", code=word),
            _("Make a new app configuration token as an owner of the app, or unset the variable."),
        )
        return
    notes.check(what)


def compare(manifest: dict[str, Any], mode: Mode, notes: Notes) -> None:
    """*manifest* is as Slack exports it."""
    settings, features = _part(manifest, "settings"), _part(manifest, "features")
    if not _part(settings, "interactivity").get("is_enabled"):
        notes.find(
            Code.INTERACTIVITY_OFF,
            "settings.interactivity",
            _("Interactivity is off: buttons and forms reach nobody."),
            _("Turn it on under Interactivity & Shortcuts."),
        )
    if bool(settings.get("socket_mode_enabled")) != (mode == "socket"):
        notes.find(
            Code.SOCKET_MODE_WRONG,
            "settings.socket_mode_enabled",
            _("Socket Mode is {state}, but slack.mode is {mode}.", state=_state(mode), mode=mode),
            _("Switch Socket Mode in the app's settings, or change slack.mode."),
        )
    subscribed = _part(settings, "event_subscriptions").get("bot_events") or ()
    for event in BOT_EVENTS:
        if event not in subscribed:
            notes.find(
                Code.EVENT_MISSING,
                event,
                _("The app does not listen to the event {event}.", event=event),
                _("Add {event} under Event Subscriptions, bot events.", event=event),
            )
    commands = features.get("slash_commands") or ()
    order = next((each for each in commands if each.get("command") == "/order"), None)
    if order is None or not order.get("should_escape"):
        notes.find(
            Code.COMMAND_MISSING,
            "/order",
            _("The command /order is missing, or does not escape channels and users."),
            _("Paste the output of countersign manifest under App Manifest."),
        )
    if not _part(features, "app_home").get("home_tab_enabled"):
        notes.find(
            Code.HOME_OFF,
            "features.app_home",
            _("The app's Home tab is off."),
            _("Turn on Home Tab and Messages Tab under App Home."),
        )


def _part(whole: dict[str, Any], name: str) -> dict[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, dict) else {}


def _state(mode: Mode) -> str:
    return _("off") if mode == "socket" else _("on")
