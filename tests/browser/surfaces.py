"""Everything that the bot draws, as Slack gets it, with one text wherever text from outside can
stand: {name: blocks}."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from bot.domain.approvals import ApprovalRequest, RequestStatus, Vote, VoteKind
from bot.domain.digest_contents import DigestContents, Gone, Section, TrendPoint, Week
from bot.domain.filters import Snapshot
from bot.domain.orders import OrderType
from bot.domain.outbox import CopyRole
from bot.services.homes import AccountUnpaid, HomeView
from bot.services.lists import AccountState
from bot.services.told import InboxView, Told
from handlers.views.digest import digest_card, digest_part
from handlers.views.digest_answers import status_card
from handlers.views.digest_table import Look
from handlers.views.history import inbox_card
from handlers.views.home import home_view
from handlers.views.reminders import reminder_card
from handlers.views.request_forms import cancel_form, deny_form, snooze_form
from handlers.views.requests import request_card, result_card, told_card
from tests.builders import NOON, an_account, money
from tests.digest_builders import a_digest, a_digest_line, a_gone_line, a_plan, a_run
from tests.request_builders import a_request
from tests.surfaces import a_failure_saying, a_find_form, an_order_saying, dicts_of, every_surface

Blocks = list[dict[str, Any]]
MONDAY = date(2026, 11, 23)
MONTH = 30  # days
MANY = 40  # orders: more than stand above a digest's fold


def everything_drawn(text: str) -> dict[str, Blocks]:
    cards = every_surface(text) | {
        "inbox": inbox_card(InboxView((_asked(text),), (_asked(text),), (_asked(text),))),
        "reminder": reminder_card(_asked(text), text),
        "told": told_card(Told(text, by="U0BOB")),
        "digest's status": status_card(a_plan(filters={"product": text}), NOON),
    }
    for status in RequestStatus:
        request = _in(status, text)
        cards[f"card, {status}"] = request_card(request, CopyRole.APPROVALS, mentioned=("U0BOB",))
        cards[f"own card, {status}"] = request_card(request, CopyRole.REQUESTER, urgent=True)
        cards[f"result, {status}"] = result_card(request)
    run = a_run(_digest(text))
    for look in Look:
        cards[f"digest, {look}"] = digest_card(run, look)
        parts = iter(range(MANY))
        while part := digest_part(run, number := next(parts), look):
            cards[f"digest's thread {number}, {look}"] = part
    return {name: dicts_of(card) for name, card in cards.items()} | _views(text)


def _views(text: str) -> dict[str, Blocks]:
    order, accounts = an_order_saying(text), [an_account(), an_account(name="huawei-intl")]
    snapshot = Snapshot(order, NOON)
    failed = AccountState(an_account(), NOON, NOON, problem=a_failure_saying(text))
    sums = (money("12480.00 CNY"), money("300.50 USD"))
    unpaid = AccountUnpaid(failed, count=2, sums=sums, status_unknown=1, lapsing=(snapshot,))
    inbox = InboxView((_asked(text),), (_asked(text),), (_in(RequestStatus.DENIED, text),))
    views = {
        "home": home_view(
            HomeView(inbox, (unpaid,), (snapshot,)), panel_id="p0", row_ids=("c0",), zone="UTC"
        ),
        "cancel form": cancel_form(order, text, "f0"),
        "deny form": deny_form(_asked(text), "f0"),
        "snooze form": snooze_form(text, {"reason": text}, MONDAY, "f0"),
        "find form": a_find_form(accounts, {"text": text}),
    }
    return {name: view["blocks"] for name, view in views.items()}


def _asked(text: str) -> ApprovalRequest:
    return a_request(order=an_order_saying(text), order_id=text, reason=text)


def _in(status: RequestStatus, text: str) -> ApprovalRequest:
    request = _asked(text)
    return replace(
        request,
        status=status,
        end_reason=text,
        outcome_text=text,
        votes=(Vote("U0BOB", VoteKind.APPROVE, NOON),),
        hold_until=NOON + timedelta(seconds=30),
        ended_at=NOON + timedelta(hours=1),
        ended_by="U0CAROL",
        current=replace(request.order, payable=money("1.00 CNY"), parts=(f"{text}2",)),
    )


def _digest(text: str) -> DigestContents:
    """Of a Monday, with its chart."""
    said: dict[str, Any] = {"subject": text, "placed_by": text, "order_id": text}
    lines = [
        a_digest_line(section=Section.RENEWAL, order_type=OrderType.RENEWAL, **said),
        a_digest_line(section=Section.SNOOZED, snooze_reason=text, **said),
        *(a_digest_line(subject=text, order_id=f"R{number}") for number in range(MANY)),
    ]
    gone = tuple(a_gone_line(why=why, subject=text) for why in Gone)
    return a_digest(*lines, gone=gone, week=_week())


def _week() -> Week:
    trend = tuple(
        TrendPoint(
            MONDAY - timedelta(days=MONTH - 1 - day),
            (("CNY", Decimal(1000 + 10 * day)), ("USD", Decimal("5.50"))),
        )
        for day in range(MONTH)
    )
    return Week(
        created=12, paid=5, cancelled=3, lapsed=1, median_age_hours=70, alone=1, trend=trend
    )
