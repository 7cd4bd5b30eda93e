"""The AuditLog port in memory."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Collection
from datetime import datetime

from bot.domain.audit import AuditEntry, AuditHead, AuditKind, AuditRecord
from bot.errors import StorageError
from tests.builders import NOON


def whole_ms(at: datetime) -> datetime:
    """*at* as the stores keep it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


class FakeAuditLog:
    """A chain in a list; `entries` holds what was said, record 1 aside. When the disk is `full`
    nothing can be written."""

    def __init__(self) -> None:
        self.full = False
        self.entries: list[AuditEntry] = []
        self.records: list[AuditRecord] = []
        self._add(AuditEntry(kind=AuditKind.CHAIN_CREATED, actor="countersign"), NOON)

    async def append(self, entry: AuditEntry, *, at: datetime) -> AuditRecord:
        return self.add(entry, at)

    def add(self, entry: AuditEntry, at: datetime) -> AuditRecord:
        """For fakes that change something in the same step: it raises before anything changed."""
        if self.full:
            raise StorageError("the disk is full")
        record = self._add(entry, at)
        self.entries.append(entry)
        return record

    def about(self, subjects: Collection[str]) -> list[AuditRecord]:
        said = zip(self.entries, self.records[1:], strict=True)
        return [record for entry, record in said if entry.subject in subjects]

    async def head(self) -> AuditHead:
        return AuditHead(self.records[-1].seq, self.records[-1].hash.hex())

    def _add(self, entry: AuditEntry, at: datetime) -> AuditRecord:
        for name, fact in entry.facts.items():
            if not name.isascii() or not isinstance(fact, str | bool | int | None):
                raise ValueError(name)
        seq, at = len(self.records) + 1, whole_ms(at)
        texts = {
            name: hashlib.sha256(secrets.token_bytes(16) + text.encode()).hexdigest()
            for name, text in entry.texts.items()
        }
        told = {
            "v": 1,
            "seq": seq,
            "at_ms": round(at.timestamp() * 1000),
            "actor": entry.actor,
            "kind": entry.kind,
            "subject": entry.subject,
            "facts": dict(entry.facts),
            "texts": texts,
        }
        text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        body = text.encode()
        prev = self.records[-1].hash if self.records else bytes(32)
        record = AuditRecord(seq, at, body, prev, hashlib.sha256(prev + body).digest())
        self.records.append(record)
        return record
