"""Digests for tests: name what matters, the rest is plausible."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from bot.domain.accounts import Provider
from bot.domain.digest_contents import (
    AccountShown,
    DigestContents,
    DigestLine,
    GoneLine,
    Section,
    Total,
)
from bot.domain.digests import EVERY_DAY, DigestPlan, DigestRun, RunState
from bot.domain.orders import OrderType
from tests.builders import NOON, money

CHANNEL = "C0GENERAL"


def a_plan(**parts: Any) -> DigestPlan:
    usual: dict[str, Any] = {
        "channel": CHANNEL,
        "owner": "U0ALICE",
        "at": time(9),
        "weekdays": EVERY_DAY,
        "zone": "UTC",
        "since": NOON - timedelta(days=30),
    }
    return DigestPlan(**(usual | parts))


def a_digest_line(**parts: Any) -> DigestLine:
    """Unpaid for a day, without a deadline, of an account that can cancel."""
    usual: dict[str, Any] = {
        "section": Section.REST,
        "provider": Provider.HUAWEI,
        "account": "huawei-main",
        "order_id": "CS2611171200ABCDE",
        "amount": money("12480.00 CNY"),
        "subject": "ECS x 4",
        "order_type": OrderType.NEW,
        "created_at": NOON - timedelta(days=3),
        "placed_by": "lin",
        "can_cancel": True,
    }
    return DigestLine(**(usual | parts))


def a_gone_line(**parts: Any) -> GoneLine:
    usual: dict[str, Any] = {
        "account": "huawei-main",
        "order_id": "CS2611171200GONE1",
        "amount": money("80.00 CNY"),
        "subject": "EIP",
    }
    return GoneLine(**(usual | parts))


def a_digest(*lines: DigestLine, **parts: Any) -> DigestContents:
    """All accounts of *lines* answered at noon, and there was a digest the day before."""
    names = sorted({line.account for line in lines} | {"huawei-main"})
    usual: dict[str, Any] = {
        "as_of": NOON,
        "zone": "UTC",
        "lines": lines,
        "accounts": tuple(AccountShown(name, NOON) for name in names),
        "totals": totals_of(lines),
        "previous_at": NOON - timedelta(days=1),
        "head_seq": 1234,
        "head_hash": "ab12cd34ef56" + "0" * 52,
    }
    return DigestContents(**(usual | parts))


def totals_of(lines: tuple[DigestLine, ...]) -> tuple[Total, ...]:
    totals: dict[tuple[str, str], Total] = {}
    for line in lines:
        currency = line.amount.currency if line.amount else ""
        key = (line.account, currency)
        before = totals.get(key, Total(*key, money("0").amount, 0))
        amount = before.amount + (line.amount.amount if line.amount else 0)
        snoozed = before.snoozed + (line.section is Section.SNOOZED)
        without = before.without + (line.amount is None)
        totals[key] = Total(*key, amount, before.count + 1, snoozed, without)
    return tuple(totals.values())


def a_run(contents: DigestContents | None = None, **parts: Any) -> DigestRun:
    usual: dict[str, Any] = {
        "run_id": "D-0123456789ABCDEF",
        "channel": CHANNEL,
        "key": "2026-11-18",
        "owner": "U0ALICE",
        "begun_at": NOON,
        "state": RunState.COMPOSED,
        "contents": a_digest(a_digest_line()) if contents is None else contents,
    }
    return DigestRun(**(usual | parts))
