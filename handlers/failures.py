"""How a call of Slack's Web API fails, and Slack's own word for it."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

# AttributeError is what slack_sdk makes of an answer in text/plain, a proxy's for instance.
FAILURES = (SlackClientError, ClientError, TimeoutError, OSError, AttributeError)

NOT_ABOUT_THE_TOKEN = frozenset(
    {
        "fatal_error",
        "internal_error",
        "org_login_required",  # as team_added_to_org: the workspace moves into an organisation
        "ratelimited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    }
)
"""Slack's words for what passes: where a token is tried, they say nothing of it."""

ASKED = 30.0  # seconds where Slack asks to wait without saying how long
LONGEST = 3600.0


def slack_word(error: BaseException) -> str:
    """`not_in_channel`; "" when nobody answered, or something that is not Slack."""
    answer = getattr(error, "response", None)
    told = answer.data if isinstance(answer, AsyncSlackResponse) else answer
    return str(told.get("error") or "") if isinstance(told, dict) else ""


def asked_to_wait(error: BaseException) -> float | None:
    """The seconds that Slack asks to wait, between 1 and LONGEST; None where it does not ask."""
    answer = error.response if isinstance(error, SlackApiError) else None
    told = answer if isinstance(answer, AsyncSlackResponse) else None
    throttled = told is not None and told.status_code == HTTPStatus.TOO_MANY_REQUESTS
    if not throttled and slack_word(error) != "ratelimited":
        return None
    try:
        return min(LONGEST, max(1.0, float(told.headers["Retry-After"] if told else ASKED)))
    except (KeyError, ValueError):
        return ASKED
