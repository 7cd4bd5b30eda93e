"""What the request services answer to the person who acted or asked."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.approvals import ApprovalRequest
from bot.domain.audit import AuditRecord
from bot.domain.policy import Requirement


@dataclass(frozen=True, slots=True)
class Told:
    """A private sentence, plain text to be escaped; "" when the card says it all. *request_id* is
    the request it is about, "" when there is none. *by* is the user id of whoever was faster, ""
    when the sentence speaks of nobody: a view may mention that person behind the sentence."""

    text: str
    request_id: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class WhyLine:
    """One person and whether they may decide; *rule* and *text* say why not, both "" if so."""

    user_id: str
    may: bool
    rule: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """Who may decide a request, by its stored rule and today's. *members* is True when every full
    member may, so that *lines* names only the requester, the voters and the asker."""

    request: ApprovalRequest
    today: Requirement
    members: bool
    approvals: int
    needed: int
    lines: tuple[WhyLine, ...]


@dataclass(frozen=True, slots=True)
class InboxView:
    """*waiting* for this person's decision, oldest first; *mine*: open ones made by this person;
    *done*: closed ones that this person made or voted on, newest first."""

    waiting: tuple[ApprovalRequest, ...]
    mine: tuple[ApprovalRequest, ...]
    done: tuple[ApprovalRequest, ...]


@dataclass(frozen=True, slots=True)
class HistoryView:
    """Everything that happened to an order here: its requests newest first, records oldest
    first."""

    account: str
    order_id: str
    requests: tuple[ApprovalRequest, ...]
    records: tuple[AuditRecord, ...]
