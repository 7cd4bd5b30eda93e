"""The card of an approval request: what Slack shows is a function of the record and the role.

No card but that of a cancelled order says "cancelled": until a read shows it, nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus
from bot.domain.outbox import CopyRole
from bot.i18n import _
from bot.services.told import Told
from handlers.ids import REQUEST_BLOCK, ActionId
from handlers.views import words
from handlers.views.outcomes import outcome_blocks, outcome_text
from handlers.views.progress import approvals_text, quorum
from handlers.views.stakes import stakes
from handlers.views.surface import Rendered, button, header, line, message, note, plain
from handlers.views.text import (
    Markup,
    bold,
    escaped,
    joined,
    literal,
    mention,
    moment,
    ours,
    short,
    when,
)

REASON = 1000  # characters of a reason, also in the forms
PUSHED = 500  # characters of it in the text that phones push
NUMBER = 64
ZONE = "UTC"  # of dates in plain text: a card has many readers

S = RequestStatus
_REF = re.compile(r"(.+)\.([0-9]{1,9})", re.DOTALL)


def request_ref(request: ApprovalRequest) -> str:
    """What the buttons carry: `REQUEST.VERSION`."""
    return f"{request.request_id}.{request.version}"


def read_ref(value: str) -> tuple[str, int]:
    """The request id and the version behind a button; (value, 0) where there is no version."""
    match = _REF.fullmatch(value)
    return (match.group(1), int(match.group(2))) if match else (value, 0)


def request_card(
    request: ApprovalRequest,
    role: CopyRole,
    *,
    unsure: bool = False,
    mentioned: Sequence[str] = (),
    urgent: bool = False,
) -> Rendered:
    """*unsure* says that an earlier attempt to post this card may have arrived as well;
    *mentioned* and *urgent* as in CardCopy: they are named for as long as they are asked."""
    asked = _asked(request, mentioned, moment(request.expires_at, ZONE), urgent=urgent)
    blocks: list[Block] = [
        header(title(request)),
        plain(quoted(request.reason, REASON)),
        note(asked_by(request)),
        *([note(asked)] if asked else []),
        *stakes(request.order),
        *(_pending(request) if request.status is S.PENDING else outcome_blocks(request)),
        *request_buttons(request, role),
        note(literal(_about(request))),
    ]
    if unsure:
        blocks.append(
            note(
                ours(
                    _(
                        "An earlier attempt to post this card may have arrived as well;"
                        " both are one request."
                    )
                )
            )
        )
    pushed = _asked(request, mentioned, when(request.expires_at, ZONE), urgent=urgent)
    text = " ".join(part for part in (request_text(request), pushed) if part)
    return Rendered(text, tuple(blocks))


def result_card(request: ApprovalRequest) -> Rendered:
    """What became of a request, for the thread of a card that can no longer be redrawn."""
    blocks: list[Block] = [plain(title(request))]
    blocks.extend(_pending(request) if request.status is S.PENDING else outcome_blocks(request))
    return Rendered(request_text(request), tuple(blocks))


def request_text(request: ApprovalRequest) -> str:
    """The card as a phone pushes it: what, why and by whom, until when or to what end."""
    end = deadline_text(request) if request.status is S.PENDING else outcome_text(request)
    by = _("asked for by {person}", person=mention(request.requested_by))
    why = escaped(quoted(request.reason, PUSHED), PUSHED * 5)
    return f"{escaped(title(request), 600)} {why}, {by}. {escaped(end, 1000)}"


def told_card(told: Told) -> Rendered:
    """A private sentence, and behind it who was faster."""
    blocks: list[Block] = [plain(told.text)]
    if told.by:
        blocks.append(note(ours(_("It was {person}.", person=mention(told.by)))))
    return message(told.text, blocks)


def title(request: ApprovalRequest) -> str:
    what = asked_for(request)
    titles = {
        S.PENDING: _("Cancel {what}?", what=what),
        S.APPROVED: _("Approved: cancel {what}", what=what),
        S.EXECUTING: _("Cancelling {what}", what=what),
        S.UNKNOWN: _("Outcome not known: {what}", what=what),
        S.WITHDRAWN: _("Withdrawn: {what}", what=what),
        S.DENIED: _("Denied: {what}", what=what),
        S.EXPIRED: _("Expired: {what}", what=what),
        S.OUTDATED: _("Outdated: {what}", what=what),
        S.STOPPED: _("Stopped: {what}", what=what),
        S.CANCELLED: _("Cancelled: {what}", what=what),
        S.FAILED: _("Failed: {what}", what=what),
    }
    return titles[request.status]


def asked_for(request: ApprovalRequest) -> str:
    """`12,480.00 CNY · ECS x 4 · alibaba-main`, as plain text."""
    order = request.order
    return f"{words.amount(order)} · {words.subject(order)} · {request.account}"


def asked_by(request: ApprovalRequest) -> Markup:
    person, at = mention(request.requested_by), moment(request.created_at, ZONE)
    return ours(_("Asked for by {person}, {when}", person=person, when=at))


def _asked(
    request: ApprovalRequest, mentioned: Sequence[str], end: str, *, urgent: bool
) -> Markup | None:
    """Whom the card was posted to ask; None when nobody is asked any more."""
    if not mentioned or request.status is not S.PENDING:
        return None
    people = ", ".join(mention(user_id) for user_id in mentioned)
    if not urgent:
        return ours(_("For {people}", people=people))
    return ours(
        _(
            "For {people}: asked in your quiet hours, for it lapses at {when}",
            people=people,
            when=end,
        )
    )


def quoted(reason: str, limit: int) -> str:
    return f"“{short(reason, limit)}”"


def deadline_text(request: ApprovalRequest) -> str:
    return _("Decide by {when}; silence cancels nothing.", when=when(request.expires_at, ZONE))


def _pending(request: ApprovalRequest) -> list[Block]:
    by_when = _(
        "{deadline}; silence cancels nothing.",
        deadline=bold(ours(_("Decide by {when}", when=moment(request.expires_at, ZONE)))),
    )
    voters = [mention(vote.user_id) for vote in request.approvals()[:10]]
    blocks: list[Block] = [
        line(ours(by_when)),
        line(joined(ours(approvals_text(request)), Markup(", ".join(voters)))),
    ]
    if len(request.approvals()) >= quorum(request):
        blocks.append(note(literal(_rereading(request))))
    return blocks


def _rereading(request: ApprovalRequest) -> str:
    account = request.account
    if request.outcome == Outcome.VOTES:
        return _("An approval no longer counts; another one is needed.")
    if request.outcome == Outcome.NO_ANSWER:
        return _(
            "The approvals are complete, but {account} or Slack does not answer. I ask again"
            " until then; nothing is done before.",
            account=account,
        )
    return _("The approvals are complete; I am reading the order at {account}.", account=account)


def request_buttons(
    request: ApprovalRequest, role: CopyRole, block_id: str = REQUEST_BLOCK
) -> list[Block]:
    """None once it is decided, but *Ask again* for the requester."""
    own, about = role is CopyRole.REQUESTER, short(request.order_id, NUMBER)
    ref = request_ref(request)
    match request.status:
        case S.PENDING if own:
            shown = [button(ActionId.WITHDRAW, _("Withdraw"), ref, about=about)]
        case S.PENDING:
            shown = _votes(request, ref, about)
        case S.APPROVED:
            shown = [button(ActionId.STOP, _("Stop"), ref, style="danger", about=about)]
        case S.EXECUTING | S.UNKNOWN | S.CANCELLED:
            shown = []
        case S.FAILED if request.outcome == Outcome.LATE_EFFECT:
            shown = []
        case _:
            again = button(ActionId.ASK_AGAIN, _("Ask again"), ref, about=about)
            shown = [again] if own else []
    return [ActionsBlock(block_id=block_id, elements=shown)] if shown else []


def _votes(request: ApprovalRequest, ref: str, about: str) -> list[ButtonElement]:
    shown = [
        button(ActionId.APPROVE, _("Approve"), ref, style="primary", about=about),
        button(ActionId.DENY, _("Deny…"), ref, about=about),
    ]
    if request.approvals():
        shown.append(button(ActionId.TAKE_BACK, _("Take my approval back"), ref, about=about))
    return [*shown, button(ActionId.DETAILS, _("Details"), ref, about=about)]


def _about(request: ApprovalRequest) -> str:
    """The ids that commands take."""
    return _(
        "Order {order_id} · request {request_id}",
        order_id=short(request.order_id, NUMBER),
        request_id=request.request_id,
    )
