"""What became of a request: by whom, when and why, in the words of its card."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus
from bot.domain.fingerprint import differences
from bot.i18n import _
from bot.redact import mask
from handlers.views.phrases import some
from handlers.views.surface import line, note, plain
from handlers.views.text import Markup, bold, clean, mention, moment, ours, short, when

DENIAL = 1000  # characters of a denial's reason
CHANGED = 500  # characters of one side of a difference
TOLD = 600  # characters of a cloud's own words
ZONE = "UTC"

S = RequestStatus
Shown = Callable[[datetime], str]


def outcome_blocks(request: ApprovalRequest) -> list[Block]:
    """For every status but pending."""
    blocks: list[Block] = [line(bold(outcome_markup(request)))]
    if clean(request.end_reason):
        blocks.append(plain(f"“{short(request.end_reason, DENIAL)}”"))
    if request.outcome != Outcome.COMBINED:
        blocks.extend(_differences(request))
    if told := _told(request):
        blocks.append(plain(told))
    if request.approvals():
        people = ", ".join(mention(vote.user_id) for vote in request.approvals()[:10])
        blocks.append(note(ours(_("Approved by {people}", people=people))))
    if ended := _ended(request):
        blocks.append(note(ended))
    return blocks


def outcome_markup(request: ApprovalRequest) -> Markup:
    """The first of them: one sentence of ours, dates as the reader's Slack shows them."""
    return ours(_sentence(request, _moment))


def outcome_text(request: ApprovalRequest) -> str:
    """The same as plain text, without people."""
    parts = [_sentence(request, _when)]
    if clean(request.end_reason):
        parts.append(f"“{short(request.end_reason, 200)}”")
    if told := _told(request):
        parts.append(short(told, 300))
    return " ".join(parts)


def _sentence(request: ApprovalRequest, at: Shown) -> str:
    """One sentence of ours; it holds nothing from outside."""
    ended = at(request.ended_at or request.created_at)
    if special := _special(request, ended):
        return special
    sentences = {
        S.PENDING: _("Waiting for a decision."),
        S.APPROVED: _held(request, at),
        S.EXECUTING: _("The cloud is being asked to cancel the order."),
        S.UNKNOWN: _("The cloud has not said whether it worked; I am reading the order."),
        S.WITHDRAWN: _("Withdrawn; the order stays as it is."),
        S.DENIED: _("Denied; the order stays as it is."),
        S.STOPPED: _("Stopped before anything was done; the order stays as it is."),
        S.EXPIRED: _("Not decided and done by {when}; nothing was done.", when=ended),
        S.OUTDATED: _("The order is no longer what was asked about; nothing was done."),
        S.CANCELLED: _("The order is cancelled at the cloud, {when}.", when=ended),
        S.FAILED: _("The cloud refused; the order stays as it is."),
    }
    return sentences[request.status]


def _special(request: ApprovalRequest, ended: str) -> str:
    """Where the outcome says more than the status; "" where it does not."""
    sentences = {
        (S.APPROVED, Outcome.NO_ANSWER): _(
            "Approved, but nobody answers; I ask again. Stop ends it."
        ),
        (S.APPROVED, Outcome.THROTTLED): _(
            "The cloud was too busy to listen; I try again. Stop ends it."
        ),
        (S.APPROVED, Outcome.NOT_SENT): _(
            "The cloud could not be reached; I try again. Stop ends it."
        ),
        (S.UNKNOWN, Outcome.UNCONFIRMED): _(
            "The cloud said yes, but the order does not show it yet; I am reading the order."
        ),
        (S.EXPIRED, Outcome.DEADLINE): _(
            "The order's own deadline passed, {when}; nothing was done.", when=ended
        ),
        (S.EXPIRED, Outcome.RESTORED): _(
            "Ended by a restore of the database, {when}; what happened since its backup is not"
            " known here. Look at the order; if it is still unpaid, ask again.",
            when=ended,
        ),
        (S.EXPIRED, Outcome.NO_ANSWER): _(
            "Approved, but the cloud or Slack did not answer by {when}; nothing was done.",
            when=ended,
        ),
        (S.EXPIRED, Outcome.NOT_DONE): _(
            "Approved, but not carried out by {when}; nothing was done.", when=ended
        ),
        (S.EXPIRED, Outcome.PAID): _("The order is already paid; nothing was done."),
        (S.EXPIRED, Outcome.GONE): _("The order is gone at the cloud; nothing was done."),
        (S.OUTDATED, Outcome.PAID): _("The order is already paid; nothing was done."),
        (S.OUTDATED, Outcome.GONE): _("The order is gone at the cloud; nothing was done."),
        (S.OUTDATED, Outcome.VOTES): _("An approval no longer counts; nothing was done."),
        (S.OUTDATED, Outcome.IDENTITY): _("Who asked is no longer active here; nothing was done."),
        (S.FAILED, Outcome.PAID): _("The order is paid, as read {when}.", when=ended),
        (S.FAILED, Outcome.GONE): _("The order is gone at the cloud, as read {when}.", when=ended),
        (S.FAILED, Outcome.STILL_UNPAID): _("The order is still unpaid at {when}.", when=ended),
        (S.FAILED, Outcome.COMBINED): _(
            "The order is part of a combined transaction, which the cloud only takes as a whole;"
            " nothing was done. Ask again for the whole."
        ),
        (S.FAILED, Outcome.LATE_EFFECT): _(
            "Counted as failed, but a later read shows that the order is cancelled after all."
        ),
    }
    return next(
        (
            text
            for (status, outcome), text in sentences.items()
            if (status, outcome) == (request.status, request.outcome)
        ),
        "",
    )


def _held(request: ApprovalRequest, at: Shown) -> str:
    if request.hold_until is None:
        return _("Approved. Stop keeps the order.")
    return _(
        "Approved; the cloud is asked after {when}. Stop keeps the order.",
        when=at(request.hold_until),
    )


def _differences(request: ApprovalRequest) -> list[Block]:
    """Old and new, a block each."""
    if request.current is None:
        return []
    names = {
        "payment_status": _("Payment status"),
        "payable": _("Amount"),
        "parts": _("Goes with it"),
        "line_items": _("Lines"),
    }
    return [
        plain(
            _(
                "{name}: {old} → {new}",
                name=names.get(name, name),
                old=short(old, CHANGED) or "-",
                new=short(new, CHANGED) or "-",
            )
        )
        for name, old, new in differences(request.order, request.current)
    ]


def _told(request: ApprovalRequest) -> str:
    """What the cloud said, masked; and the whole that the order is only a part of."""
    told = short(mask(request.outcome_text), TOLD)
    whole = request.current if request.outcome == Outcome.COMBINED else None
    if whole is None:
        return told
    parts = _(
        "Combined transaction {order_id}: {parts}",
        order_id=short(whole.order_id, 64),
        parts=some(whole.parts) or "-",
    )
    return f"{told} {parts}".strip()


def _ended(request: ApprovalRequest) -> Markup | None:
    if request.ended_at is None:
        return None
    at = _moment(request.ended_at)
    if not request.ended_by:
        return ours(at)
    person = mention(request.ended_by)
    return ours(_("By {person}, {when}", person=person, when=at))


def _moment(at: datetime) -> str:
    return moment(at, ZONE)


def _when(at: datetime) -> str:
    return when(at, ZONE)
