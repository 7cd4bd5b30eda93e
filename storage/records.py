"""Writing to the chain, inside the transaction of whoever calls: both land or neither does."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlite_utils import Database

from bot.domain.audit import AuditEntry, AuditHead, AuditKind, AuditRecord
from storage.chain import (
    FORMAT,
    GENESIS,
    SALT_BYTES,
    body_of,
    commitment,
    hash_of,
    key_id_of,
    tag_of,
)
from storage.columns import clean_text, from_ms, to_ms

SYSTEM = "countersign"  # the actor of what no person did

_INSERT = """
    insert into audit(seq, at_ms, actor, kind, subject, body, prev, hash)
    values(:seq, :at_ms, :actor, :kind, :subject, :body, :prev, :hash)
"""
_INSERT_TEXT = "insert into audit_text(seq, name, salt, text) values(:seq, :name, :salt, :text)"
_INSERT_TAG = "insert into audit_tag(seq, key_id, tag) values(:seq, :key_id, :tag)"


def insert_record(
    db: Database, entry: AuditEntry, *, at: datetime, key: bytes | None = None
) -> AuditRecord:
    """Append *entry*; with a *key* the record gets its HMAC tag too. Needs an open transaction
    that holds the write lock. Raises ValueError for facts that cannot stand on the record."""
    head = head_in(db)
    seq, prev = (head.seq + 1, bytes.fromhex(head.hash)) if head else (1, GENESIS)
    at_ms = to_ms(at)
    texts = {
        name: (secrets.token_bytes(SALT_BYTES), clean_text(text))
        for name, text in entry.texts.items()
    }
    commitments = {name: commitment(salt, text.encode()) for name, (salt, text) in texts.items()}
    body = body_of(entry, seq=seq, at_ms=at_ms, commitments=commitments)
    record_hash = hash_of(prev, body)
    db.execute(
        _INSERT,
        {
            "seq": seq,
            "at_ms": at_ms,
            "actor": clean_text(entry.actor),
            "kind": entry.kind.value,
            "subject": clean_text(entry.subject),
            "body": body,
            "prev": prev,
            "hash": record_hash,
        },
    )
    db.conn.executemany(
        _INSERT_TEXT,
        [
            {"seq": seq, "name": name, "salt": salt, "text": text}
            for name, (salt, text) in texts.items()
        ],
    )
    if key is not None:
        db.execute(
            _INSERT_TAG,
            {"seq": seq, "key_id": key_id_of(key), "tag": tag_of(key, record_hash)},
        )
    return AuditRecord(seq, from_ms(at_ms), body, prev, record_hash)


def start_chain(db: Database, *, at: datetime, key: bytes | None) -> None:
    """Write record 1: which chain this is and how its records are formed."""
    entry = AuditEntry(
        kind=AuditKind.CHAIN_CREATED,
        actor=SYSTEM,
        facts={"chain": secrets.token_hex(16), "format": FORMAT},
    )
    insert_record(db, entry, at=at, key=key)


def head_in(db: Database) -> AuditHead | None:
    row = db.execute("select seq, hash from audit order by seq desc limit 1").fetchone()
    return AuditHead(row[0], row[1].hex()) if row else None
