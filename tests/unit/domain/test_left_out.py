"""What a value says when nobody said it: a flag that is absent counts as false, a part that is
absent is empty or not known, and a rule without conditions lets nobody in by itself."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

import pytest

from bot.domain.accounts import Account, Capabilities
from bot.domain.approvals import ApprovalRequest
from bot.domain.audit import AuditEntry
from bot.domain.digest_contents import (
    AccountShown,
    DigestContents,
    DigestLine,
    Gone,
    GoneLine,
    Total,
    Week,
)
from bot.domain.digests import DigestPlan, DigestRun, OrderNote, RunState
from bot.domain.filters import AccountAnswer, Coverage, OrderFilter, Sort
from bot.domain.inputs import Input
from bot.domain.orders import (
    CancelReceipt,
    Field,
    LineItem,
    Order,
    OrderQuery,
    OrderType,
    Product,
    Resource,
)
from bot.domain.outbox import CardCopy, Owed
from bot.domain.people import Channel, Person
from bot.domain.policy import Humans, Policy, Principals, Requirement, Rule
from bot.domain.reminders import Reminder
from bot.domain.unpaid import Unpaid
from bot.domain.votes import Verdict


def texts(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), "")


def flags(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), False)


def unset(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split())


def none(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), ())


def nobody(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), frozenset())


LEFT_OUT: list[tuple[type, dict[str, Any]]] = [
    (Verdict, texts("rule")),
    (Principals, flags("members") | nobody("people groups")),
    (
        Rule,
        nobody("accounts providers order_types")
        | none("over")
        | unset("viewers requesters approvers quorum hold approvals_channel"),
    ),
    (Policy, unset("quiet escalation") | none("rules")),
    (Requirement, {"rule": 0} | unset("approvals_channel")),
    (Humans, none("aliases")),
    (
        Person,
        flags("deleted bot guest stranger")
        | texts("name")
        | {"language": "en", "time_zone": "UTC"},
    ),
    (Channel, flags("public external archived direct")),
    (
        ApprovalRequest,
        none("votes")
        | unset("due_at approved_at hold_until claimed_at ended_at current")
        | {"fence": 0, "reads": 0}
        | texts("ended_by end_reason outcome outcome_text"),
    ),
    (CancelReceipt, texts("code request_id text") | flags("combined")),
    (Account, texts("site console_url") | unset("owner_id")),
    (
        Capabilities,
        texts("cancel_reason")
        | {"filters_payment_status": True, "has_deadline": True}
        | flags("lists_deadline has_resources")
        | unset("max_window_days"),
    ),
    (
        Order,
        unset("order_number owner_id paid_at deadline")
        | texts("product_code product_name region placed_by")
        | none("line_items parts resources fields")
        | flags("detailed inferred"),
    ),
    (
        LineItem,
        texts("line_id product_code product_name description period region")
        | unset("quantity amount starts_at ends_at")
        | none("instance_ids"),
    ),
    (
        Resource,
        texts("name kind region state expire_policy") | unset("ends_at") | none("fields"),
    ),
    (Field, texts("word")),
    (Product, texts("variant")),
    (OrderQuery, unset("payment_status")),
    (
        OrderFilter,
        unset("provider payment_status order_type product over") | {"sort": Sort.NEWEST},
    ),
    (Coverage, unset("unpaid_since unpaid_at")),
    (AccountAnswer, unset("failed_at") | texts("error")),
    (Unpaid, {"count": 0, "status_unknown": 0} | none("sums lapsing")),
    (AuditEntry, texts("subject")),
    (Input, texts("request_id account order_id reason channel message_ts")),
    (Owed, texts("request_id user_id text run_id")),
    (CardCopy, flags("unsure urgent") | none("mentioned")),
    (Reminder, {"count": 0} | flags("escalation")),
    (DigestPlan, {"on": True}),
    (
        DigestRun,
        {"state": RunState.BEGUN, "parts": 0} | unset("contents") | texts("ts") | flags("unsure"),
    ),
    (OrderNote, unset("until") | texts("reason")),
    (
        DigestLine,
        {"order_type": OrderType.OTHER}
        | texts("order_number subject payment_word placed_by person person_name")
        | texts("claimed_by claimer_name snoozed_by snooze_reason")
        | flags("inferred new repriced back can_cancel")
        | unset("amount created_at deadline was snoozed_until"),
    ),
    (
        GoneLine,
        texts("order_number subject request_id") | unset("amount") | {"why": Gone.NOT_KNOWN},
    ),
    (AccountShown, texts("problem")),
    (Total, {"snoozed": 0, "without": 0}),
    (Week, none("trend") | flags("at_least")),
    (
        DigestContents,
        none("gone accounts totals left_out")
        | unset("previous_at week")
        | texts("head_hash")
        | {"status_unknown": 0, "uncounted": 0, "head_seq": 0},
    ),
]


@pytest.mark.parametrize(
    ("made", "expected"), LEFT_OUT, ids=[made.__name__ for made, _ in LEFT_OUT]
)
def test_what_is_left_out_is_false_empty_or_not_known(made: Any, expected: dict[str, Any]) -> None:
    found = {each.name: each.default for each in fields(made) if each.default is not MISSING}
    assert found == expected
    assert {name: type(value) for name, value in found.items()} == {
        name: type(value) for name, value in expected.items()
    }
