"""Words of a digest that its message, its thread and its plain text share. All of it is plain text
unless it says Markup."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from bot.domain.digest_contents import DigestContents, DigestLine, GoneLine, Total
from bot.domain.money import Money
from bot.domain.orders import OrderType
from bot.i18n import _
from handlers.views import words
from handlers.views.text import beginning, clean, money, short, span, when

SUBJECT = 80  # characters of what an order is for
ACCOUNT = 40  # of an account's name
NUMBER = 40  # of an order number beside others
PLACER = 40  # of a cloud user's name
WORD = 30  # of a provider's word
LOOKED_AT = 500  # of any of these; fewer are ever shown
CURRENCIES = 4  # named one by one
DAY = timedelta(hours=24)


def part(text: str, limit: int) -> str:
    """Outside text as one part of a line of ours, whatever its length."""
    return short(text, limit) if len(text) <= LOOKED_AT else beginning(text[:LOOKED_AT], limit)


def orders(count: int) -> str:
    return _("1 order") if count == 1 else _("{count} orders", count=count)


def sums(totals: Iterable[Total]) -> list[str]:
    """`31,204.50 CNY`, never added across currencies; the currency of most orders first."""
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    counts: dict[str, int] = defaultdict(int)
    without = 0
    for total in totals:
        without += total.without
        if total.count > total.without:
            amounts[total.currency] += total.amount
            counts[total.currency] += total.count
    listed = sorted(amounts, key=lambda currency: (not currency, -counts[currency], currency))
    shown = [_sum(amounts[each], each) for each in listed[:CURRENCIES]]
    if len(listed) > CURRENCIES:
        shown.append(_("{count} more currencies", count=len(listed) - CURRENCIES))
    if without:
        shown.append(_("{count} without an amount", count=without))
    return shown


def _sum(amount: Decimal, currency: str) -> str:
    if currency:
        return money(Money(amount, currency))
    return _("{amount} (currency not given)", amount=money(Money(amount, "")))


def is_urgent(line: DigestLine, contents: DigestContents) -> bool:
    """It lapses within 24 hours; only then is a person mentioned."""
    deadline = line.deadline
    return deadline is not None and contents.as_of < deadline <= contents.as_of + DAY


def what(line: DigestLine) -> str:
    """What an order is for."""
    return part(line.subject, SUBJECT) or _("unnamed product")


def number(line: DigestLine | GoneLine) -> str:
    """The number that people know it by."""
    return part(line.order_number or line.order_id, NUMBER)


def brief(line: DigestLine) -> str:
    """`12,480.00 CNY · ECS x 4 · CS2611…`: one order in an answer about it."""
    return " · ".join((money(line.amount), what(line), number(line)))


def type_text(line: DigestLine) -> str:
    return "" if line.order_type is OrderType.OTHER else words.type_word(line.order_type)


def deadline_text(line: DigestLine, contents: DigestContents) -> str:
    """`lapses in 5 h (Tue 24 Nov 2026 09:00 CST)`."""
    if line.deadline is None:
        return lapse_text(None, "", contents.as_of)
    return lapse_text(line.deadline, when(line.deadline, contents.zone), contents.as_of)


def lapse_text(deadline: datetime | None, shown: str, as_of: datetime) -> str:
    """*shown* is the deadline as it is to be read, plain or markup."""
    if deadline is None:
        return _("no deadline given")
    if deadline <= as_of:
        return _("deadline was {when}", when=shown)
    return _("lapses in {span} ({when})", span=span(deadline - as_of), when=shown)


def age_text(line: DigestLine, contents: DigestContents) -> str:
    if line.created_at is None:
        return ""
    return _("{span} old", span=span(contents.as_of - line.created_at))


def placed_text(line: DigestLine, *, mentioned: bool) -> str:
    """The cloud's user who placed it. Who that is here is said without a mention, unless the person
    is *mentioned* elsewhere."""
    placer = part(line.placed_by, PLACER)
    if not line.person or mentioned:
        return _("placed by {user}", user=placer) if placer else ""
    colleague = part(line.person_name, PLACER) or _("a colleague here")
    if placer:
        return _("placed by {user} ({colleague})", user=placer, colleague=colleague)
    return _("placed by {user}", user=colleague)


def taken_text(line: DigestLine) -> str:
    """Who said *This is mine*, without a mention."""
    if not line.claimed_by:
        return ""
    colleague = part(line.claimer_name, PLACER) or _("a colleague")
    return _("taken by {colleague}", colleague=colleague)


def change_text(line: DigestLine) -> str:
    """What is different since the digest before, beside that it is new."""
    parts = (
        _("amount was {amount}", amount=money(line.was)) if line.repriced else "",
        _("its snooze is over") if line.back else "",
    )
    return ", ".join(part for part in parts if part)


def doubt_text(line: DigestLine) -> str:
    """The provider's own word where ours is a conclusion."""
    if not line.inferred:
        return ""
    word = part(line.payment_word, WORD) or "-"
    return _("probably unpaid, the provider says: {word}", word=word)


def snoozed_text(line: DigestLine, contents: DigestContents) -> str:
    if line.snoozed_until is None:
        return ""
    until = when(line.snoozed_until, contents.zone)
    reason = part(line.snooze_reason, SUBJECT)
    if not reason:
        return _("snoozed until {when}", when=until)
    return _("snoozed until {when}: “{reason}”", when=until, reason=reason)


def filters_text(contents: DigestContents) -> str:
    return " ".join(f"{name}:{clean(value)}" for name, value in contents.filters.items())
