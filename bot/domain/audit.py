"""What goes on the record: ids and words, free text only as a salted commitment.

An entry is what a use case says; a record is the entry once it stands in the chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

DATABASE = "database"  # the subject of a restore


class AuditKind(StrEnum):
    """Words of the record, `subject:what_happened`. Added to, never renamed."""

    CHAIN_CREATED = "chain:created"
    ORDER_SHOWN = "order:shown"
    ORDER_SHARED = "order:shared"
    ORDERS_LISTED = "orders:listed"
    PRODUCTS_LISTED = "products:listed"
    ACCOUNTS_LISTED = "accounts:listed"
    INPUT_STORED = "input:stored"  # a decisive input as it came, before it is judged
    INPUT_REFUSED = "input:refused"  # it does not count; the rule says why
    REQUEST_MADE = "request:made"
    REQUEST_VOTED = "request:voted"
    VOTE_TAKEN_BACK = "request:vote_taken_back"
    REQUEST_WITHDRAWN = "request:withdrawn"
    REQUEST_DENIED = "request:denied"
    REQUEST_EXPIRED = "request:expired"
    REQUEST_OUTDATED = "request:outdated"
    REQUEST_APPROVED = "request:approved"
    REQUEST_STOPPED = "request:stopped"
    REQUEST_CLAIMED = "request:claimed"
    REQUEST_RELEASED = "request:released"  # provably not sent, or throttled: approved again
    REQUEST_UNKNOWN = "request:unknown"
    REQUEST_READ = "request:read"  # a read while the outcome is unknown
    REQUEST_CANCELLED = "request:cancelled"
    REQUEST_FAILED = "request:failed"
    LATE_EFFECT = "request:late_effect"  # an order counted as not cancelled turned out to be
    MESSAGE_GIVEN_UP = "message:given_up"
    DIGEST_SET = "digest:set"  # switched on, or its time, zone or filters changed
    DIGEST_ENDED = "digest:ended"  # switched off, by a person or because it cannot be posted
    DIGEST_COMPOSED = "digest:composed"
    DIGEST_LEFT_OUT = "digest:left_out"  # kept back on purpose; the code says why
    ORDER_CLAIMED = "order:claimed"
    ORDER_SNOOZED = "order:snoozed"
    ORDERS_EXPORTED = "orders:exported"
    REMINDED = "request:reminded"
    ESCALATED = "request:escalated"
    HEAD_PUBLISHED = "chain:head_published"
    CHAIN_RESTORED = "chain:restored"  # it goes on from a backup; what was lost stands in the facts
    INPUT_ANSWERED = "input:answered"  # a panel, help, details or form: shown from what is stored
    LOOKUP_REFUSED = "lookup:refused"
    LOOKUP_FAILED = "lookup:failed"


def about_order(account: str, order_id: str) -> str:
    """The subject of what is about one order: `order:ACCOUNT/ORDER_ID`."""
    return f"order:{account}/{order_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """*actor* is a Slack user id (or "countersign"), *subject* what it is about:
    an order (about_order), `account:NAME`, DATABASE, or "". *facts* holds str, bool, int or None
    under ASCII names. *texts* is free text by name: only its salted SHA-256 enters the chain."""

    kind: AuditKind
    actor: str
    subject: str = ""
    facts: Mapping[str, str | bool | int | None] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditHead:
    """The newest record: its number and its hash (64 hex digits)."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One record as stored. *body* is the exact bytes that were hashed: canonical JSON."""

    seq: int
    at: datetime
    body: bytes
    prev: bytes
    hash: bytes
