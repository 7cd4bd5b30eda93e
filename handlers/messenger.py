"""The Messenger port on Slack's Web API: cards and notices that nobody typed a command for.

Each call is made once. Whether it is made again is the outbox's decision, so every failure becomes
one of three errors: refused for good, to be repeated later, or not known to have arrived.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn

from aiohttp import ClientConnectorError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.approvals import ApprovalRequest
from bot.domain.digests import DigestRun
from bot.domain.outbox import CardCopy, CopyRole
from bot.errors import MessageDelayed, MessageRefused, MessageUnsure
from bot.i18n import _
from handlers.failures import FAILURES, asked_to_wait, slack_word
from handlers.views.digest import digest_card, digest_part
from handlers.views.digest_table import Look
from handlers.views.notices import notice_card
from handlers.views.reminders import reminder_card
from handlers.views.requests import request_card, result_card
from handlers.views.surface import Rendered

SOON = 2.0  # seconds until a call that surely changed nothing, or may be repeated, is repeated
OPERATOR = 60.0  # seconds where only the operator can help: a new token, a scope

_OPERATOR = frozenset(
    {
        *("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"),
        *("missing_scope", "no_permission", "not_allowed_token_type", "access_denied"),
        *("org_login_required", "ekm_access_denied", "team_added_to_org", "accesslimited"),
    }
)
_TROUBLE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_BLOCKS_REFUSED = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "invalid_attachments"}
)
_UNREADABLE = (*FAILURES, KeyError, TypeError)  # the last two: not an answer as Slack gives it


class SlackMessenger:
    """*client* gives token, address and session; its retries are not used here."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = AsyncWebClient(
            token=client.token,
            base_url=client.base_url,
            timeout=client.timeout,
            proxy=client.proxy,
            session=client.session,
            retry_handlers=[],
        )

    async def post_card(
        self,
        request: ApprovalRequest,
        role: CopyRole,
        to: str,
        *,
        again: bool,
        mentioned: tuple[str, ...] = (),
        urgent: bool = False,
    ) -> CardCopy:
        """*to* is a channel or a person; the copy says where Slack put it (a person's is `D…`)."""
        dedup = f"card:{request.request_id}:{role}:{to}"
        card = request_card(request, role, unsure=again, mentioned=mentioned, urgent=urgent)
        channel, ts = await self._post(card, to, dedup)
        return CardCopy(request.request_id, role, channel, ts, again, mentioned, urgent)

    async def update_card(self, request: ApprovalRequest, copy: CardCopy) -> None:
        rendered = request_card(
            request,
            copy.role,
            unsure=copy.unsure,
            mentioned=copy.mentioned,
            urgent=copy.urgent,
        )
        try:
            await self._client.chat_update(
                channel=copy.channel, ts=copy.ts, text=rendered.text, blocks=rendered.as_dicts()
            )
        except FAILURES as error:
            _raise(error, repeatable=True)

    async def reply_result(self, request: ApprovalRequest, copy: CardCopy) -> None:
        dedup = f"result:{request.request_id}:{request.version}:{copy.channel}:{copy.ts}"
        await self._post(result_card(request), copy.channel, dedup, thread_ts=copy.ts)

    async def notify(self, user_id: str, text: str) -> None:
        dedup = f"notice:{user_id}:{uuid.uuid5(uuid.NAMESPACE_OID, text)}"
        await self._post(notice_card(text), user_id, dedup)

    async def remind(self, request: ApprovalRequest, user_id: str, text: str) -> None:
        text_id = uuid.uuid5(uuid.NAMESPACE_OID, text)
        dedup = f"reminder:{request.request_id}:{user_id}:{text_id}"
        await self._post(reminder_card(request, text), user_id, dedup)

    async def post_digest(self, run: DigestRun, *, again: bool) -> str:
        draw = partial(digest_card, run, again=again)
        return await self._post_best(tuple(Look), draw, run.channel, f"digest:{run.run_id}")

    async def post_digest_part(self, run: DigestRun, part: int, *, again: bool) -> bool:
        draw = partial(digest_part, run, part, again=again)
        dedup = f"digest:{run.run_id}:{part}"
        return bool(await self._post_best(tuple(Look), draw, run.channel, dedup, run.ts))

    async def _post_best(
        self,
        looks: Sequence[Look],
        draw: Callable[[Look], Rendered | None],
        to: str,
        dedup: str,
        thread_ts: str | None = None,
    ) -> str:
        """The `ts` of the message in the first of *looks* whose blocks this Slack takes, "" where
        there is nothing to say. What was refused did not arrive, so the next is no repetition."""
        rendered = draw(looks[0])
        if rendered is None:
            return ""
        try:
            return (await self._post(rendered, to, dedup, thread_ts=thread_ts))[1]
        except MessageRefused as error:
            left = [each for each in looks[1:] if draw(each) != rendered]
            if error.code not in _BLOCKS_REFUSED or not left:
                raise
        return await self._post_best(left, draw, to, dedup, thread_ts)

    async def _post(
        self, rendered: Rendered, to: str, dedup: str, *, thread_ts: str | None = None
    ) -> tuple[str, str]:
        """Where the message stands: (channel, ts). *dedup* tells whoever looks at the messages
        later which of them are attempts at the same one."""
        message: dict[str, Any] = {
            "channel": to,
            "text": rendered.text,
            "blocks": rendered.as_dicts(),
            "mrkdwn": False,
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": "countersign", "event_payload": {"dedup": dedup}},
            "client_msg_id": str(uuid.uuid5(uuid.NAMESPACE_OID, dedup)),
        }
        if thread_ts is not None:
            message["thread_ts"] = thread_ts
        try:
            answer = await self._client.chat_postMessage(**message)
            return str(answer["channel"]), str(answer["ts"])
        except _UNREADABLE as error:
            _raise(error, repeatable=False)


def _raise(error: Exception, *, repeatable: bool) -> NoReturn:
    """*repeatable* says that doing it twice is the same as doing it once: then a line that dropped
    is tried again soon. Where Slack answered, but with trouble of its own, the message may be what
    troubles it, so that it does not hold up the others."""
    word = slack_word(error)
    wait = asked_to_wait(error)
    if wait is not None:
        raise MessageDelayed(
            _("Slack asks to wait."), code="ratelimited", retry_after_s=wait
        ) from error
    if word in _OPERATOR:
        raise MessageDelayed(
            _("Slack does not let the bot post ({code}).", code=word),
            code=word,
            retry_after_s=OPERATOR,
        ) from error
    if word and word not in _TROUBLE:
        raise MessageRefused(
            _("Slack does not take the message ({code}).", code=word), code=word
        ) from error
    unheard = not isinstance(error, SlackApiError | AttributeError)
    if isinstance(error, ClientConnectorError) or (repeatable and unheard):
        raise MessageDelayed(
            _("Slack cannot be reached."), code=word, retry_after_s=SOON
        ) from error
    raise MessageUnsure(_("Slack did not say whether it took the message."), code=word) from error
