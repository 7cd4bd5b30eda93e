"""What a restore leaves to do. The database stands as it was at its backup, and what came after is
not known: nobody's approval may act on it, and nothing that may have been sent is sent as if new.
"""

from __future__ import annotations

from datetime import datetime

from bot.domain.approvals import ApprovalRequest, Outcome, RequestStatus
from bot.domain.audit import DATABASE, AuditEntry, AuditKind, about_order
from bot.domain.digests import DigestPlan, DigestRun, due_days
from bot.domain.inputs import Input
from bot.domain.outbox import Owed
from bot.i18n import _
from bot.ports import RequestStore
from bot.services import settling
from bot.services.digest_terms import new_run
from bot.services.sentences import RESTORED
from bot.services.steps import Step, ended, notice

S = RequestStatus


class Aftermath:
    """Each function says what becomes of one thing that the backup left open. *at* is the moment
    of the restore."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def request(self, request: ApprovalRequest) -> Step:
        """Nothing was asked of the cloud before the backup, so it ends; it may have been asked
        since, which its words allow for. Once a claim was made, reads settle it, all of them made
        after the restore."""
        if request.status in (S.PENDING, S.APPROVED):
            return ended(request, S.EXPIRED, at=self.at, outcome=Outcome.RESTORED)
        return settling.unknown(request, Outcome.NO_RECEIPT, self.at)

    def asked(self, given: Input) -> tuple[AuditEntry, Owed]:
        """A form that was stored and not yet judged: it was judged since, and must not make a
        second request."""
        entry = AuditEntry(
            kind=AuditKind.INPUT_REFUSED,
            actor=given.user_id,
            subject=about_order(given.account, given.order_id),
            facts={"kind": given.kind.value, "request_id": "", "rule": RESTORED},
        )
        text = _(
            "Your request to cancel order {order_id} of {account} was lost with a restore of the"
            " database. Look at the order; if it is still unpaid, ask again.",
            order_id=given.order_id,
            account=given.account,
        )
        return entry, notice("", given.user_id, text, given.input_id)

    def digests(self, plan: DigestPlan) -> tuple[DigestRun, ...]:
        """Those that are due: they were sent, or were not owed while the bot stood still."""
        try:
            days = due_days(plan, self.at)
        except (KeyError, ValueError, OSError):  # a zone that is no longer known
            return ()
        return tuple(new_run(plan.channel, day.isoformat(), plan.owner, self.at) for day in days)


async def rule_of_unknown(store: RequestStore) -> str:
    """Why there is no such request, as `sentences.refusal` takes it: none is ever removed, so after
    a restore it was lost."""
    return RESTORED if await store.history((DATABASE,), limit=1) else "request"
