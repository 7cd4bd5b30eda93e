"""A channel's digest: the typed command, and the menu beside each of its lines.

The buttons carry `RUN_ID.INDEX` and work for as long as the digest is stored; what they stand for
is read from it, and the person's right is looked at anew.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import structlog
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.audit import about_order
from bot.errors import StorageError, UsageError, UserError
from bot.i18n import _
from bot.services.access import Viewer
from bot.services.digests import SNOOZE as LONGEST
from handlers.answers import Answer, errors_shown
from handlers.cancel import SETTLED, WindowOrDirect, not_recorded
from handlers.desk import Desk
from handlers.digest_typed import EXAMPLES, Digest, DigestVerb
from handlers.drafts import Drafts, snooze_key
from handlers.ids import REASON_BLOCK, UNTIL_BLOCK, ActionId, CallbackId, CardKind
from handlers.press import Press, run
from handlers.views import digest_words as say
from handlers.views.digest_answers import coming_card, status_card, switched_card
from handlers.views.digest_line import MINE, SNOOZE, read_choice
from handlers.views.forms import answer_modal, typed_values
from handlers.views.panel import sentence
from handlers.views.request_forms import snooze_form, typed_reason
from handlers.views.text import when, zone_of

logger = structlog.get_logger(__name__)

FORM = CallbackId.SNOOZE_FORM


@dataclass(frozen=True, slots=True)
class _Snooze:
    until: datetime
    reason: str


class DigestCommand:
    """`/order digest …`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def answer(self, command: Digest, viewer: Viewer, channel: str, answer: Answer) -> None:
        digests = self._desk.digests
        match command.verb:
            case DigestVerb.STATUS:
                await self._desk.inputs.answered(viewer.person.user_id, "digest")
                plan = await digests.status(viewer, channel)
                next_at = await digests.next_at(plan) if plan and plan.on else None
                await answer.show(status_card(plan, next_at))
            case DigestVerb.ON:
                switched = await digests.switch_on(viewer, channel, command.changes)
                await answer.show(switched_card(switched))
            case DigestVerb.CHANGE:
                switched = await digests.change(viewer, channel, command.changes)
                await answer.show(switched_card(switched))
            case DigestVerb.OFF:
                await digests.switch_off(viewer, channel)
                text = _("This channel's digest is off. To have it: {on}", on=EXAMPLES["on"])
                await answer.show(sentence(text))
            case DigestVerb.NOW:
                await self._desk.inputs.answered(viewer.person.user_id, "digest now")
                _run, where = await digests.post_now(viewer, channel)
                await answer.show(coming_card(where))


class DigestButtons:
    """*This is mine* and *Snooze until…*."""

    def __init__(self, desk: Desk, drafts: Drafts) -> None:
        self._desk = desk
        self._drafts = drafts

    async def chosen(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """The menu beside a line."""
        await ack()
        self._desk.tasks.spawn(run(self._desk, ActionId.DIGEST_LINE, self._choose, body, client))

    async def submitted(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """The snooze form was sent."""
        view = body["view"]
        try:
            about = await self._desk.cards.state(CardKind.SNOOZE, str(view["private_metadata"]))
        except UsageError as error:
            await ack(response_action="errors", errors={REASON_BLOCK: str(error)})
            return
        except StorageError:
            logger.exception("not_read")
            await ack(response_action="errors", errors={REASON_BLOCK: not_recorded()})
            return
        typed = _read(view, about["zone"], self._desk.clock.now())
        if not isinstance(typed, _Snooze):
            await ack(response_action="errors", errors=typed)
            return
        await ack(response_action="update", view=answer_modal(sentence(_("Noting it …"))))
        self._desk.tasks.spawn(self._snooze(about, typed, body, client))

    async def _choose(self, press: Press) -> None:
        option = press.body["actions"][0].get("selected_option") or {}
        choice, ref = read_choice(str(option.get("value") or ""))
        if choice == SNOOZE:
            await self._open_form(press, ref)
        elif choice == MINE:
            await self._claim(press, ref)
        else:
            raise UsageError(_("This menu is of another version. Look at /order unpaid"))

    async def _claim(self, press: Press, ref: str) -> None:
        line = await self._desk.digests.claim(press.viewer, ref)
        text = _("Noted: {order} is yours, and the next digest says so.", order=say.brief(line))
        await press.answer(replace=False).show(sentence(text))

    async def _open_form(self, press: Press, ref: str) -> None:
        digest, line = await self._desk.digests.line(press.viewer, ref)
        user, zone = press.viewer.person.user_id, digest.contents.zone if digest.contents else "UTC"
        private = await self._desk.cards.snooze(press.viewer, line, ref, zone)
        draft = await self._drafts.load(user, snooze_key(line.account, line.order_id))
        today = self._desk.clock.now().astimezone(zone_of(zone)).date()
        subject = about_order(line.account, line.order_id)
        await self._desk.inputs.answered(user, FORM, subject)
        await press.window(snooze_form(say.brief(line), draft, today + timedelta(days=1), private))

    async def _snooze(
        self, about: dict[str, Any], typed: _Snooze, body: dict[str, Any], client: AsyncWebClient
    ) -> None:
        user = body["user"]["id"]
        answer = WindowOrDirect(client, body["view"]["id"], user, _("Snooze"))
        key = snooze_key(about["account"], about["order_id"])

        async def refused(error: UserError) -> None:
            await self._desk.inputs.refuse(user, FORM, error)

        noted = ""
        async with errors_shown(answer, refused, stored=lambda: noted):
            if not await self._desk.inputs.first_time(str(body.get("trigger_id") or "")):
                return
            await self._drafts.save(user, key, typed_values(body["view"]))
            await asyncio.sleep(SETTLED)
            viewer = await self._desk.access.viewer(user)
            line = await self._desk.digests.snooze(
                viewer, about["ref"], until=typed.until, reason=typed.reason
            )
            noted = _(
                "Snoozed: {order} is out of this channel's digests until {when}, unless it is about"
                " to lapse before. The totals still count it.",
                order=say.brief(line),
                when=when(typed.until, about["zone"]),
            )
            await self._drafts.drop(user, key)
            await answer.show(sentence(noted))


def _read(view: dict[str, Any], zone: str, now: datetime) -> _Snooze | dict[str, str]:
    """What the form holds, or what is wrong with it by block. The day that was picked is the one
    whose digest shows the order again."""
    reason, errors = typed_reason(view), {}
    if not reason:
        errors[REASON_BLOCK] = _("A snooze needs a reason: tell the others why it can wait.")
    try:
        day = date.fromisoformat(typed_values(view).get(UNTIL_BLOCK, ""))
        until = datetime.combine(day, time(), tzinfo=zone_of(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        errors[UNTIL_BLOCK] = _("Pick the day on which it comes back.")
        return errors
    if until <= now:
        errors[UNTIL_BLOCK] = _("Pick a day after today.")
    elif until > now + LONGEST:
        errors[UNTIL_BLOCK] = _("Pick a day in the next {days} days.", days=LONGEST.days)
    return errors or _Snooze(until, reason)
