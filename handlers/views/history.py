"""The inbox, what happened to an order here, and who may decide a request."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from slack_sdk.models.blocks import Block, SectionBlock

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.domain.audit import AuditKind, AuditRecord
from bot.i18n import _
from bot.services.told import HistoryView, InboxView, Why, WhyLine
from handlers.ids import ActionId
from handlers.views.outcomes import outcome_text
from handlers.views.requests import deadline_text, quoted, request_ref, title
from handlers.views.surface import Rendered, button, header, line, message, note, plain
from handlers.views.text import Markup, joined, literal, markup, mention, moment, ours, short

GROUP = 8  # rows of one part of the inbox
RECORDS = 40  # newest records of a history
REQUESTS = 5  # newest requests above them
PEOPLE = 15  # people whom a rule stops
NUMBER = 64
ZONE = "UTC"
LINES = 10  # of a block

_USER = re.compile(r"[UW][A-Z0-9]{2,}")
_WORD = re.compile(r"[a-z_:]{1,60}")


def inbox_card(inbox: InboxView) -> Rendered:
    """A row for each request, the first GROUP of each part."""
    parts = (
        (_("Waiting for you: {count}", count=len(inbox.waiting)), inbox.waiting),
        (_("Yours: {count}", count=len(inbox.mine)), inbox.mine),
        (_("Done: {count}", count=len(inbox.done)), inbox.done),
    )
    blocks: list[Block] = []
    for name, requests in parts:
        blocks.append(header(name))
        blocks.extend(request_row(each) for each in requests[:GROUP])
        if len(requests) > GROUP:
            blocks.append(note(ours(_("and {count} more", count=len(requests) - GROUP))))
    first = [title(each) for each in inbox.waiting[:3]]
    return message(". ".join([*(name for name, _requests in parts), *first]), blocks)


def history_card(history: HistoryView) -> Rendered:
    """The requests for an order, then the record, its oldest first."""
    name = _(
        "Order {order_id} in {account}",
        order_id=short(history.order_id, NUMBER),
        account=history.account,
    )
    count = _("{count} on record", count=len(history.records))
    blocks: list[Block] = [header(name)]
    blocks.extend(request_row(each) for each in history.requests[:REQUESTS])
    shown = history.records[-RECORDS:]
    left = len(history.records) - len(shown)
    if left:
        blocks.append(note(ours(_("{count} earlier records are not shown.", count=left))))
    lines = [_record(record) for record in shown]
    chunks = (lines[start : start + LINES] for start in range(0, len(lines), LINES))
    blocks.extend(line(Markup("\n".join(chunk))) for chunk in chunks)
    if not lines:
        blocks.append(plain(_("Nothing has happened to this order here.")))
    titles = [title(each) for each in history.requests[:3]]
    return message(". ".join([name, count, *titles]), blocks)


def why_card(why: Why) -> Rendered:
    """Who may decide, and which rule stops each other person."""
    request = why.request
    count = _("{count} of {needed} approvals count now.", count=why.approvals, needed=why.needed)
    may = [mention(each.user_id) for each in why.lines if each.may]
    stopped = [each for each in why.lines if not each.may]
    blocks: list[Block] = [
        header(title(request)),
        plain(f"{_rules(why)} {count}"),
        line(_deciders(may, members=why.members)),
        *(_stopped(each) for each in stopped[:PEOPLE]),
    ]
    if len(stopped) > PEOPLE:
        blocks.append(note(ours(_("and {count} more", count=len(stopped) - PEOPLE))))
    state = state_text(request)
    blocks.append(note(literal(state)))
    return message(f"{title(request)} {_rules(why)} {count} {state}", blocks)


def request_row(request: ApprovalRequest) -> SectionBlock:
    """Two lines and a button."""
    second = f"{quoted(request.reason, 100)} · {short(state_text(request), 180)}"
    about = short(request.order_id, NUMBER)
    show = button(ActionId.SHOW_REQUEST, _("Show"), request_ref(request), about=about)
    return SectionBlock(
        text=literal(title(request), 200), fields=[literal(second, 300)], accessory=show
    )


def state_text(request: ApprovalRequest) -> str:
    if request.status is RequestStatus.PENDING:
        return deadline_text(request)
    return outcome_text(request)


def _rules(why: Why) -> str:
    """The rule of the request, and today's where it is another one."""
    stored, today = why.request.requirement, why.today
    if stored == today:
        return _rule(stored.rule)
    if stored.rule == today.rule:
        return _("{rule} It has changed since; both count.", rule=_rule(stored.rule))
    return _(
        "When it was asked: {stored} Today: {today}",
        stored=_rule(stored.rule),
        today=_rule(today.rule),
    )


def _rule(number: int) -> str:
    if number:
        return _("Rule {number} of the configuration decides.", number=number)
    return _("The policy's own rule decides.")


def _deciders(may: Sequence[Markup], *, members: bool) -> Markup:
    shown = Markup(", ".join(may[:50]))
    if members:
        return ours(_("Every full member may decide, but for who is named below."))
    if not may:
        return ours(_("Nobody may decide it now."))
    return ours(_("May decide: {people}", people=shown))


def _stopped(line_of: WhyLine) -> SectionBlock:
    return SectionBlock(
        text=markup(mention(line_of.user_id)), fields=[literal(line_of.text or line_of.rule, 300)]
    )


def _record(record: AuditRecord) -> Markup:
    """When, who, what; of the facts only words of ours."""
    body: dict[str, Any] = json.loads(record.body)
    actor = str(body["actor"])
    person = mention(actor) if _USER.fullmatch(actor) else ours(_("countersign"))
    facts = body.get("facts") or {}
    said = [_kind(str(body["kind"]))]
    said.extend(
        str(facts[name]) for name in ("kind", "rule") if _WORD.fullmatch(str(facts.get(name, "")))
    )
    return joined(Markup(moment(record.at, ZONE)), person, Markup(": ".join(said)))


def _kind(kind: str) -> str:
    words = {
        AuditKind.ORDER_SHOWN: _("looked at"),
        AuditKind.ORDER_SHARED: _("shared to a channel"),
        AuditKind.INPUT_STORED: _("input came in"),
        AuditKind.INPUT_REFUSED: _("input refused"),
        AuditKind.INPUT_ANSWERED: _("input answered"),
        AuditKind.REQUEST_MADE: _("cancellation asked for"),
        AuditKind.REQUEST_VOTED: _("approved by one"),
        AuditKind.VOTE_TAKEN_BACK: _("approval taken back"),
        AuditKind.REQUEST_WITHDRAWN: _("withdrawn"),
        AuditKind.REQUEST_DENIED: _("denied"),
        AuditKind.REQUEST_EXPIRED: _("expired"),
        AuditKind.REQUEST_OUTDATED: _("outdated"),
        AuditKind.REQUEST_APPROVED: _("approvals complete"),
        AuditKind.REQUEST_STOPPED: _("stopped"),
        AuditKind.REQUEST_CLAIMED: _("claimed for the call to the cloud"),
        AuditKind.REQUEST_RELEASED: _("the cloud was not asked; tried again"),
        AuditKind.REQUEST_UNKNOWN: _("outcome not known"),
        AuditKind.REQUEST_READ: _("order read"),
        AuditKind.REQUEST_CANCELLED: _("cancelled at the cloud"),
        AuditKind.REQUEST_FAILED: _("failed"),
        AuditKind.REMINDED: _("somebody was reminded"),
        AuditKind.ESCALATED: _("the second circle was told"),
        AuditKind.LATE_EFFECT: _("turned out to be cancelled after all"),
        AuditKind.MESSAGE_GIVEN_UP: _("a message could not be delivered"),
        AuditKind.LOOKUP_FAILED: _("look-up failed"),
        AuditKind.LOOKUP_REFUSED: _("look-up refused"),
    }
    known = {str(word): text for word, text in words.items()}
    return known.get(kind, kind if _WORD.fullmatch(kind) else _("something else"))
