"""What people are told about requests, as plain text: views escape it and add no right to it."""

from __future__ import annotations

from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus
from bot.i18n import _

S = RequestStatus
RESTORED = "restored"  # the rule where a request was lost, or ended, with a restore
_BY_APPROVAL = frozenset({S.APPROVED, S.EXECUTING, S.UNKNOWN, S.CANCELLED})


def refusal(rule: str, request: ApprovalRequest | None) -> str:
    """Why an input about *request* does not count; None when there is no such request."""
    if request is None:
        return _not_known(rule)
    if rule == "status":
        return _too_late(request)
    sentences = {
        "unreadable": _("Slack does not tell me who you are right now; press again."),
        "identity": _("Only active full members of this workspace can decide."),
        "requester": _("You asked for this cancellation, so somebody else has to decide."),
        "approvers": _(
            "You are not an approver of this request. /order why {request_id} says who is.",
            request_id=request.request_id,
        ),
        "requester_only": _("Only the person who asked can withdraw this request."),
        "voted": _("Your approval already counts; one person has one vote."),
        "no_vote": _("You have no approval here that could be taken back."),
        "reason": _("A denial needs a reason."),
        "expired": _("This request has lapsed; nothing was done."),
    }
    return sentences[rule]


def _not_known(rule: str) -> str:
    if rule == RESTORED:
        return _(
            "This card is from before the restore of the database, and its request was lost with"
            " it. Look at the order; if it is still unpaid, ask again."
        )
    return _("I know no such request. Look at /order inbox.")


def faster(request: ApprovalRequest) -> str:
    """Who decided before: a user id, "" when no person did, as where a request lapsed."""
    if request.status in _BY_APPROVAL and request.votes:
        return request.votes[-1].user_id
    return request.ended_by


def why_not(rule: str) -> str:
    """For `/order why`: what stops a person from deciding."""
    return {
        "unreadable": _("Slack does not say who this is"),
        "identity": _("not an active full member of this workspace"),
        "requester": _("asked for it"),
        "approvers": _("not an approver by the rule of the request and by today's"),
    }[rule]


def news(request: ApprovalRequest) -> str:
    """How a request ended or where it hangs, in one sentence that can be pushed to a phone."""
    about = _(
        "Order {order_id} of {account} ({request_id}): ",
        order_id=request.order_id,
        account=request.account,
        request_id=request.request_id,
    )
    if (request.status, request.outcome) == (S.EXPIRED, Outcome.NO_ANSWER):
        return about + _(
            "approved, but the cloud or Slack did not answer in time; nothing was done."
        )
    by_outcome = _news_by_outcome()
    return about + (by_outcome.get(request.outcome) or _news_by_status()[request.status])


def _news_by_status() -> dict[RequestStatus, str]:
    """Of the statuses that are news to somebody."""
    return {
        S.DENIED: _("denied; nothing was done."),
        S.STOPPED: _("stopped in time; nothing was done."),
        S.EXPIRED: _("not decided in time; nothing was done."),
        S.CANCELLED: _("cancelled; the cloud shows it."),
        S.UNKNOWN: _("the cloud was asked, but what came of it is not known yet; I keep reading."),
    }


def _news_by_outcome() -> dict[str, str]:
    """Of the outcomes that say more than the status."""
    return {
        Outcome.CHANGED: _("it is no longer the order that was asked about; nothing was done."),
        Outcome.GONE: _("it is gone at the cloud, and not through this request."),
        Outcome.PAID: _("it is already paid; it stays as it is."),
        Outcome.DEADLINE: _("its own payment deadline has passed; nothing was done."),
        Outcome.RESTORED: _(
            "the database was restored from a backup, which ended this request; what happened since"
            " the backup is not known here. Look at the order; if it is still unpaid, ask again."
        ),
        Outcome.NOT_DONE: _("approved, but not carried out in time; nothing was done."),
        Outcome.VOTES: _("an approval no longer counts; nothing was done."),
        Outcome.IDENTITY: _("whoever asked is no longer an active member; nothing was done."),
        Outcome.REFUSED: _("the cloud refused; it stays as it is."),
        Outcome.COMBINED: _(
            "it belongs to a combined order that can only be voided whole; ask again for that one."
        ),
        Outcome.STILL_UNPAID: _("the cloud was asked, and it is still unpaid."),
        Outcome.LATE_EFFECT: _(
            "it was still unpaid after the cloud was asked, and is now cancelled there, late or by"
            " somebody else."
        ),
    }


def _too_late(request: ApprovalRequest) -> str:
    if request.outcome == Outcome.RESTORED:
        return _(
            "This request is from before the restore of the database, which ended it. Look at the"
            " order; if it is still unpaid, ask again."
        )
    return {
        S.PENDING: _("This request still waits for its decision; there is nothing to stop yet."),
        S.APPROVED: _("This request is already approved; it can still be stopped."),
        S.EXECUTING: _("Too late: the cloud is being asked to cancel this order right now."),
        S.UNKNOWN: _("Too late: the cloud was asked, and I am reading what came of it."),
        S.WITHDRAWN: _("This request was already withdrawn; nothing was done."),
        S.DENIED: _("This request was already denied; nothing was done."),
        S.EXPIRED: _("This request has lapsed; nothing was done."),
        S.OUTDATED: _("This request ended because something had changed; nothing was done."),
        S.STOPPED: _("This request was already stopped; nothing was done."),
        S.CANCELLED: _("Too late: the order of this request is cancelled."),
        S.FAILED: _("This request already failed; ask again if the order is still unpaid."),
    }[request.status]
