"""What every surface says of an order in the same words: its title, type, deadline and ids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.orders import Order, OrderType, PaymentStatus
from bot.i18n import _
from handlers.views import words
from handlers.views.text import Markup, moment, ours, short, span, when

NUMBER = 64  # characters of an id where it stands beside others
IDS_SHOWN = 4


def title(order: Order) -> str:
    return f"{words.amount(order)} · {words.subject(order)}"


def type_markup(order: Order) -> Markup | None:
    """Our word for what the order does; where we have none, the provider's stands elsewhere."""
    if order.order_type is OrderType.OTHER:
        return None
    return ours(words.type_word(order.order_type))


def deadline_text(order: Order, zone: str) -> str:
    if order.payment_status is not PaymentStatus.UNPAID or order.deadline is None:
        return ""
    return _("pay by {when}", when=when(order.deadline, zone))


def deadline_words(order: Order, zone: str, now: datetime) -> Markup | None:
    """`pay by Tue 09:00 (in 5 h)`; None unless the order is unpaid."""
    if order.payment_status is not PaymentStatus.UNPAID:
        return None
    if order.deadline is None:
        return ours(_("no deadline given") if order.detailed else _("deadline not read yet"))
    when_due = moment(order.deadline, zone)
    if order.deadline <= now:
        return ours(_("deadline was {when}", when=when_due))
    return ours(_("pay by {when} (in {span})", when=when_due, span=span(order.deadline - now)))


def instances(order: Order) -> list[str]:
    """The ids of what an order creates or renews."""
    ids = [each.resource_id for each in order.resources]
    ids += [each for item in order.line_items for each in item.instance_ids]
    return list(dict.fromkeys(ids))


def some(ids: Sequence[str]) -> str:
    """The first few *ids* and how many more there are, as one plain line."""
    shown = ", ".join(short(each, NUMBER) for each in ids[:IDS_SHOWN])
    if len(ids) <= IDS_SHOWN:
        return shown
    return _("{shown} and {count} more", shown=shown, count=len(ids) - IDS_SHOWN)
