"""The form of an audit record and its hash; bytes that anyone can recompute. No SQL, no clock.

    body = canonical JSON of {"v", "seq", "at_ms", "actor", "kind", "subject", "facts", "texts"}
    hash = SHA-256(previous hash || body)        the first record follows 32 zero bytes
    texts[name] = hex of SHA-256(salt || text)   salt: 16 random bytes, text: UTF-8
    tag  = HMAC-SHA256(key, hash)                only where a key is configured

Canonical JSON is RFC 8785 on the values that are let in: text, booleans, null, integers within
2^53 - 1, and objects of those under ASCII names. On these `json.dumps` writes the same bytes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping

from bot.domain.audit import AuditEntry
from storage.columns import clean_text

FORMAT = 1
GENESIS = bytes(32)
SALT_BYTES = 16
_LARGEST = 2**53 - 1


def canonical(value: Mapping[str, object]) -> bytes:
    """The one way to write *value*. Raises ValueError for what two writers could write apart."""
    return json.dumps(
        _checked(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def body_of(entry: AuditEntry, *, seq: int, at_ms: int, commitments: Mapping[str, str]) -> bytes:
    """The bytes of one record. Text that no engine stores is replaced here, before hashing."""
    facts = {
        name: clean_text(fact) if isinstance(fact, str) else fact
        for name, fact in entry.facts.items()
    }
    return canonical(
        {
            "v": FORMAT,
            "seq": seq,
            "at_ms": at_ms,
            "actor": clean_text(entry.actor),
            "kind": entry.kind.value,
            "subject": clean_text(entry.subject),
            "facts": facts,
            "texts": commitments,
        }
    )


def hash_of(prev: bytes, body: bytes) -> bytes:
    return hashlib.sha256(prev + body).digest()


def commitment(salt: bytes, text: bytes) -> str:
    """64 hex digits that bind a text without telling it, even after the text was erased."""
    return hashlib.sha256(salt + text).hexdigest()


def tag_of(key: bytes, record_hash: bytes) -> bytes:
    return hmac.digest(key, record_hash, "sha256")


def key_id_of(key: bytes) -> str:
    """16 hex digits that tell keys apart without showing them."""
    return hmac.digest(key, b"countersign audit key id", "sha256").hex()[:16]


def _checked(value: object) -> object:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int) and abs(value) <= _LARGEST:
        return value
    if isinstance(value, Mapping):
        if not all(isinstance(name, str) and name.isascii() for name in value):
            raise ValueError("a name on the record is not ASCII text")
        return {name: _checked(part) for name, part in value.items()}
    raise ValueError(f"{type(value).__name__} does not belong on the record in this size or form")
