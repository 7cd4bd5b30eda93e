"""Every input counts once, and one that is refused leaves a record too."""

from __future__ import annotations

from bot.domain.audit import AuditEntry, AuditKind
from bot.errors import NotAllowed, OrderNotFound, UserError
from bot.ports import AuditLog, Clock, ConversationStore


class Inputs:
    def __init__(self, conversations: ConversationStore, audit: AuditLog, clock: Clock) -> None:
        self._conversations = conversations
        self._audit = audit
        self._clock = clock

    async def first_time(self, input_id: str) -> bool:
        """False when Slack delivers the same trigger or event again within 24 hours."""
        return not input_id or await self._conversations.first_time(input_id, at=self._clock.now())

    async def answered(self, actor: str, doing: str, subject: str = "") -> None:
        """Record an input that was answered from what is stored."""
        entry = AuditEntry(
            kind=AuditKind.INPUT_ANSWERED, actor=actor, subject=subject, facts={"input": doing}
        )
        await self._audit.append(entry, at=self._clock.now())

    async def refuse(self, actor: str, doing: str, error: UserError) -> None:
        """Record that *actor* was refused. *doing* is the command's or button's own word. An order
        that was not found is on the record already, by whoever looked for it."""
        if isinstance(error, OrderNotFound):
            return
        rule = error.rule if isinstance(error, NotAllowed) else type(error).__name__
        entry = AuditEntry(
            kind=AuditKind.LOOKUP_REFUSED, actor=actor, facts={"input": doing, "rule": rule}
        )
        await self._audit.append(entry, at=self._clock.now())
