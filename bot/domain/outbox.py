"""What the bot owes the world: a row before it is a message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Lane(StrEnum):
    """Decisions go first when Slack asks to slow down."""

    DECISIONS = "1_decisions"
    NOTICES = "2_notices"
    DIGESTS = "3_digests"


class OwedKind(StrEnum):
    CARD = "card"  # every copy of a request's card, redrawn from the record
    NOTICE = "notice"  # one sentence to one person
    REMINDER = "reminder"  # a request that still waits for this person, with its buttons
    ESCALATION = "escalation"  # one sentence to one person of the second circle: nobody decided
    DIGEST = "digest"  # a channel's digest and its thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One message to be. *dedup* makes it unique for ever (`card:<request>:<version>`). What is
    not about a request has the request id "" ."""

    dedup: str
    lane: Lane
    kind: OwedKind
    request_id: str = ""
    user_id: str = ""  # a notice's reader: a person, or a channel
    text: str = ""  # a notice's sentence
    run_id: str = ""  # a digest's run


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
    may have arrived as well. *mentioned* are the people whom it was posted to ask; *urgent* is True
    when some of them were in their quiet hours, but it lapses before those end."""

    request_id: str
    role: CopyRole
    channel: str
    ts: str
    unsure: bool = False
    mentioned: tuple[str, ...] = ()
    urgent: bool = False
