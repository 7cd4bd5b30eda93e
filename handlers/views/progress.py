"""How far an open request is, in a few words of ours."""

from __future__ import annotations

from slack_sdk.models.blocks import Block

from bot.domain.approvals import ApprovalRequest, RequestStatus
from bot.i18n import _
from handlers.views.surface import line
from handlers.views.text import mention, ours


def quorum(request: ApprovalRequest) -> int:
    """By the rule that is stored with the request."""
    return max(1, request.requirement.quorum)


def approvals_text(request: ApprovalRequest) -> str:
    """`1 of 2 approvals`."""
    count, wanted = len(request.approvals()), quorum(request)
    return _("{count} of {quorum} approvals", count=count, quorum=wanted)


def open_request_line(request: ApprovalRequest) -> Block:
    """On an order's card: who asked for its cancellation, and how far that is."""
    said = {
        RequestStatus.PENDING: approvals_text(request),
        RequestStatus.APPROVED: _("approved"),
        RequestStatus.EXECUTING: _("the cloud is being asked"),
        RequestStatus.UNKNOWN: _("the cloud has not said whether it worked"),
    }
    return line(
        ours(
            _(
                "A cancellation is asked for by {person}: {progress}",
                person=mention(request.requested_by),
                progress=said.get(request.status, request.status.value),
            )
        )
    )
