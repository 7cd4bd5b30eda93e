"""What the bot owes the world: a row before it is a message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Lane(StrEnum):
    """Decisions go first when Slack asks to slow down."""

    DECISIONS = "1_decisions"
    NOTICES = "2_notices"


class OwedKind(StrEnum):
    CARD = "card"  # every copy of a request's card, redrawn from the record
    NOTICE = "notice"  # one sentence to one person


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One message to be. *dedup* makes it unique for ever (`card:<request>:<version>`)."""

    dedup: str
    lane: Lane
    kind: OwedKind
    request_id: str
    user_id: str = ""  # a notice's reader
    text: str = ""  # a notice's sentence


@dataclass(frozen=True, slots=True)
class Leased:
    """An owed message taken for sending; *fence* tells this attempt from a later one."""

    outbox_id: int
    owed: Owed
    fence: int
    attempts: int


class CopyRole(StrEnum):
    APPROVALS = "approvals"  # in the approvals channel: Approve, Deny, Stop
    REQUESTER = "requester"  # the requester's direct message: Withdraw, Stop, the outcome
    ADOPTED = "adopted"  # a copy found by a click on it


@dataclass(frozen=True, slots=True)
class CardCopy:
    """One place where a request's card stands. *unsure* says that an earlier attempt to post it
    may have arrived as well."""

    request_id: str
    role: CopyRole
    channel: str
    ts: str
    unsure: bool = False
