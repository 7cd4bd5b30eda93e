"""How a call of Slack's Web API fails, and Slack's own word for it."""

from __future__ import annotations

from aiohttp import ClientError
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

# AttributeError is what slack_sdk makes of an answer in text/plain, a proxy's for instance.
FAILURES = (SlackClientError, ClientError, TimeoutError, OSError, AttributeError)


def slack_word(error: BaseException) -> str:
    """`not_in_channel`; "" when nobody answered, or something that is not Slack."""
    answer = getattr(error, "response", None)
    told = answer.data if isinstance(answer, AsyncSlackResponse) else answer
    return str(told.get("error") or "") if isinstance(told, dict) else ""
