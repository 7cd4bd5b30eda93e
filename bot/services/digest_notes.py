"""What people note about a digest's line, with its record."""

from __future__ import annotations

from datetime import datetime

from bot.domain.audit import AuditEntry, AuditKind, about_order
from bot.domain.digest_contents import DigestLine
from bot.domain.digests import DigestRun, NoteKind, OrderNote


def note_on(
    line: DigestLine, run: DigestRun, kind: NoteKind, user_id: str, at: datetime
) -> OrderNote:
    return OrderNote(
        channel=run.channel,
        account=line.account,
        order_id=line.order_id,
        kind=kind,
        user_id=user_id,
        at=at,
    )


def note_entry(kind: AuditKind, run: DigestRun, note: OrderNote) -> AuditEntry:
    until = note.until.isoformat(timespec="seconds") if note.until else None
    return AuditEntry(
        kind=kind,
        actor=note.user_id,
        subject=about_order(note.account, note.order_id),
        facts={"channel": run.channel, "run_id": run.run_id, "until": until},
        texts={"reason": note.reason} if note.reason else {},
    )
