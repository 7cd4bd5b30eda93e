"""Digests, notes and reminders for tests of stores: name what matters, the rest is plausible."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from bot.domain.accounts import Provider
from bot.domain.digest_contents import (
    AccountShown,
    DigestContents,
    DigestLine,
    Gone,
    GoneLine,
    Section,
    Total,
    TrendPoint,
    Week,
)
from bot.domain.digests import EVERY_DAY, DigestPlan, DigestRun, NoteKind, OrderNote
from bot.domain.orders import OrderType
from bot.domain.outbox import Lane, Owed, OwedKind
from bot.domain.reminders import Reminder
from tests.builders import NOON, money


def a_plan(**parts: Any) -> DigestPlan:
    """Alice's digest in #finance, each day at 08:30 in Berlin."""
    usual: dict[str, Any] = {
        "channel": "C0FINANCE",
        "owner": "U0ALICE",
        "at": time(8, 30),
        "weekdays": EVERY_DAY,
        "zone": "Europe/Berlin",
        "since": NOON,
    }
    return DigestPlan(**(usual | parts))


def a_run(**parts: Any) -> DigestRun:
    """The digest of #finance, begun on its day."""
    usual: dict[str, Any] = {
        "run_id": "D1",
        "channel": "C0FINANCE",
        "key": "2026-11-18",
        "owner": "U0ALICE",
        "begun_at": NOON,
    }
    return DigestRun(**(usual | parts))


def a_line(**parts: Any) -> DigestLine:
    usual: dict[str, Any] = {
        "section": Section.REST,
        "provider": Provider.HUAWEI,
        "account": "huawei-main",
        "order_id": "CS2611171200ABCDE",
        "amount": money("12480.00 CNY"),
        "subject": "Elastic Cloud Server x 4",
        "order_type": OrderType.NEW,
        "created_at": NOON - timedelta(days=1),
        "deadline": NOON + timedelta(days=3),
    }
    return DigestLine(**(usual | parts))


def some_contents(**parts: Any) -> DigestContents:
    """One unpaid order of one account that answered."""
    usual: dict[str, Any] = {
        "as_of": NOON,
        "zone": "Europe/Berlin",
        "lines": (a_line(),),
        "accounts": (AccountShown("huawei-main", NOON),),
        "totals": (Total("huawei-main", "CNY", Decimal("12480.00"), 1),),
    }
    return DigestContents(**(usual | parts))


def full_contents() -> DigestContents:
    """Every field holds something."""
    exact = NOON + timedelta(microseconds=1)
    snoozed = a_line(
        section=Section.SNOOZED,
        order_number="P217",
        amount=money("1e-7"),
        subject="云服务器\n“x” <!channel>\x00",
        inferred=True,
        payment_word="待支付",
        placed_by="lin",
        person="U0LIN",
        person_name="Lin <!here>",
        claimer_name="陈财务",
        new=True,
        repriced=True,
        was=money("12.50 CNY"),
        back=True,
        can_cancel=True,
        claimed_by="U0BOB",
        snoozed_until=exact,
        snoozed_by="U0CAROL",
        snooze_reason="next week",
    )
    month = (TrendPoint(date(2026, 11, 17), (("CNY", Decimal("12.50")), ("", Decimal(7)))),)
    return some_contents(
        as_of=exact,
        lines=(a_line(amount=None, created_at=None, deadline=None), snoozed),
        gone=(GoneLine(account="huawei-main", order_id="CS1", why=Gone.LAPSED, request_id="R1"),),
        accounts=(AccountShown("huawei-main", None, "no answer"),),
        totals=(Total("huawei-main", "CNY", Decimal("12.50"), 2, 1, 1),),
        previous_at=NOON - timedelta(days=1),
        filters={"account": "huawei-main", "产品": "云"},
        status_unknown=3,
        left_out=("alibaba-main",),
        head_seq=9,
        head_hash="ab" * 32,
        week=Week(
            created=1,
            paid=2,
            cancelled=3,
            lapsed=4,
            median_age_hours=None,
            alone=0,
            trend=month,
        ),
    )


def a_note(kind: NoteKind = NoteKind.CLAIMED, **parts: Any) -> OrderNote:
    """Bob's claim, or his snooze until tomorrow."""
    usual: dict[str, Any] = {
        "channel": "C0FINANCE",
        "account": "huawei-main",
        "order_id": "CS2611171200ABCDE",
        "kind": kind,
        "user_id": "U0BOB",
        "at": NOON,
    }
    if kind is NoteKind.SNOOZED:
        usual |= {"until": NOON + timedelta(days=1), "reason": "paid on Friday"}
    return OrderNote(**(usual | parts))


def an_owed_digest(run_id: str = "D1") -> Owed:
    return Owed(dedup=f"digest:{run_id}", lane=Lane.DIGESTS, kind=OwedKind.DIGEST, run_id=run_id)


def a_reminder(**parts: Any) -> Reminder:
    """Bob's first reminder of R1."""
    usual: dict[str, Any] = {"request_id": "R1", "user_id": "U0BOB", "due_at": NOON}
    return Reminder(**(usual | parts))
