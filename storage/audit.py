"""The AuditLog port on SQLite."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from bot.domain.audit import AuditEntry, AuditHead, AuditRecord
from bot.errors import StorageError
from bot.i18n import _
from storage.database import Storage
from storage.records import head_in, insert_record


class SqliteAuditLog:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def append(self, entry: AuditEntry, *, at: datetime) -> AuditRecord:
        key = self._storage.audit_key
        return await self._storage.run(lambda db: insert_record(db, entry, at=at, key=key))

    async def head(self) -> AuditHead:
        return await self._storage.run(head_of)


def head_of(db: Database) -> AuditHead:
    """The newest record. Raises StorageError when there is none."""
    head = head_in(db)
    if head is None:
        raise StorageError(_("The audit record is empty; restore a backup."))
    return head
