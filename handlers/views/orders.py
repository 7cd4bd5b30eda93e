"""One order: its card, and the question which account holds it."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote

from slack_sdk.models.blocks import Block, ButtonElement, PlainTextObject, SectionBlock

from bot.domain.accounts import Account
from bot.domain.approvals import ApprovalRequest
from bot.domain.orders import LineItem, Order, OrderType, PaymentStatus
from bot.domain.subjects import number
from bot.errors import ProviderError
from bot.i18n import _
from bot.services.orders import Choice, Shown
from handlers.ids import ActionId
from handlers.views import words
from handlers.views.phrases import (
    NUMBER,
    deadline_text,
    deadline_words,
    instances,
    some,
    title,
    type_markup,
)
from handlers.views.progress import open_request_line
from handlers.views.surface import (
    Rendered,
    actions,
    button,
    header,
    line,
    link_button,
    message,
    note,
    plain,
)
from handlers.views.text import (
    Markup,
    bold,
    clean,
    joined,
    literal,
    moment,
    money,
    ours,
    short,
    when,
)

LINES_SHOWN = 5
FACT = 500  # characters of one field of the card: a message holds about 13,200 in all
CHOICES = 40
URL = 3000
NO_END = timedelta(days=366 * 50)


def order_card(
    shown: Shown,
    card_id: str,
    *,
    zone: str,
    now: datetime,
    shared_by: str = "",
    asked: ApprovalRequest | None = None,
    can_share: bool = True,
    alone: bool = True,
) -> Rendered:
    """The card of one order. *shared_by* is the user id of whoever shared it to a channel, *asked*
    the open request to cancel it. *can_share* is False where there is no channel to share it to,
    *alone* where other cards stand beside it, which a redrawn one would take the place of."""
    order = shown.order
    blocks: list[Block] = [header(title(order)), line(_state(order, zone, now))]
    if asked is not None:
        blocks.append(open_request_line(asked))
    if shown.problem is not None:
        blocks.append(_stale(shown, shown.problem, zone, private=not shared_by))
    blocks.append(SectionBlock(fields=[literal(fact, FACT, lines=True) for fact in _facts(shown)]))
    blocks.extend(_lines(order, zone))
    blocks.append(note(*_footer(shown, zone, shared_by)))
    blocks.append(
        actions(
            _request_cancel(shown, card_id) if not shared_by and asked is None else None,
            button(ActionId.DETAILS, _("All details"), card_id),
            None if shared_by or not can_share else button(ActionId.SHARE, _("Share"), card_id),
            None if shared_by or not alone else button(ActionId.REFRESH, _("Refresh"), card_id),
            _console(shown.account, order),
        )
    )
    return message(order_text(shown, zone), blocks)


def _request_cancel(shown: Shown, card_id: str) -> ButtonElement | None:
    if not shown.can_cancel or shown.order.payment_status is not PaymentStatus.UNPAID:
        return None
    return button(ActionId.REQUEST_CANCEL, _("Request cancel"), card_id)


def order_text(shown: Shown, zone: str) -> str:
    """The card in one sentence: what, state, deadline, where."""
    order = shown.order
    parts = [
        title(order),
        words.status_word(order),
        _("the provider says: {word}", word=words.said(order) or "-") if _unsure(order) else "",
        deadline_text(order, zone),
        _("order {order_id} in {account}", order_id=order.order_id, account=order.account),
        words.problem(shown.problem) if shown.problem else "",
    ]
    return ", ".join(part for part in parts if part)


def choice_card(choice: Choice, card_ids: tuple[str, ...]) -> Rendered:
    """Which of several accounts holds the order? A row each, *card_ids* in their order."""
    order_id = short(choice.order_id, NUMBER)
    question = _("Which account holds order {order_id}?", order_id=order_id)
    hint = _("Or type: /order show {order_id} ACCOUNT", order_id=order_id)
    rows = list(zip(choice.accounts, card_ids, strict=True))[:CHOICES]
    blocks: list[Block] = [plain(question)]
    for account, card_id in rows:
        label = f"{account.name} ({account.provider} {account.site})".replace(" )", ")")
        show = button(ActionId.SHOW_ORDER, _("Show"), card_id, about=account.name)
        blocks.append(SectionBlock(text=literal(label, 200), accessory=show))
    left = len(choice.accounts) - CHOICES
    if left > 0:
        blocks.append(plain(_("and {count} more accounts", count=left)))
    blocks.append(note(literal(hint)))
    names = ", ".join(account.name for account, _card_id in rows)
    return message(f"{question} {hint}. {names}", blocks)


def _unsure(order: Order) -> bool:
    """Whether our word for the payment status says less than the provider's own."""
    return order.inferred or order.payment_status is PaymentStatus.UNKNOWN


def _state(order: Order, zone: str, now: datetime) -> Markup:
    return joined(
        bold(ours(words.status_word(order))),
        type_markup(order),
        _live(order, zone),
        deadline_words(order, zone, now),
    )


def _live(order: Order, zone: str) -> Markup | None:
    """A renewal keeps something running: until when."""
    if order.order_type is not OrderType.RENEWAL:
        return None
    ends = [each.ends_at for each in order.resources if each.ends_at]
    return ours(_("live until {when}", when=moment(min(ends), zone))) if ends else None


def _stale(shown: Shown, error: ProviderError, zone: str, *, private: bool) -> Block:
    """Why this is not the order as it is now; the provider's own words are for the asker alone."""
    seen = _("Shown as last seen {when}.", when=when(shown.seen_at, zone))
    problem = words.problem(error) if private else words.brief_problem(error)
    return plain(f"{seen} {problem}")


def _facts(shown: Shown) -> list[str]:
    """At most ten, each a label and a value: Slack lays them out in two columns."""
    order = shown.order
    second_id = f" ({order.order_number})" if order.order_number else ""
    owner = _(", customer {owner_id}", owner_id=order.owner_id) if order.owner_id else ""
    facts = [
        (_("Order"), f"{order.order_id}{second_id}"),
        (_("Account"), order.account + owner),
        (_("The provider says"), words.said(order)),
        (_("Placed by"), order.placed_by),
        (_("Region"), order.region),
        (_("Goes with it"), some(order.parts)),
        (_("Resources"), some(instances(order))),
    ]
    return [f"{label}\n{short(value, FACT)}" for label, value in facts if clean(value)]


def _lines(order: Order, zone: str) -> list[Block]:
    shown = [_line(item, zone) for item in order.line_items[:LINES_SHOWN]]
    texts = [text for text in shown if text]
    left = len(order.line_items) - LINES_SHOWN
    if left > 0:
        texts.append(_("and {count} more behind All details", count=left))
    return [plain("\n".join(texts), lines=True)] if texts else []


def _line(item: LineItem, zone: str) -> str:
    name = short(item.product_name, words.NAME) or short(item.product_code, words.NAME)
    quantity = f"{number(item.quantity)} x" if item.quantity is not None else ""
    parts = [
        f"{quantity} {name}".strip(),
        short(item.description, 200),
        short(item.period, words.NAME),
        money(item.amount) if item.amount is not None else "",
        _until(item, zone),
    ]
    return " · ".join(part for part in parts if part)


def _until(item: LineItem, zone: str) -> str:
    """ "" for a service without an end: pay-as-you-go lines carry a year like 2117."""
    if item.ends_at is None or (item.starts_at and item.ends_at - item.starts_at > NO_END):
        return ""
    return _("until {when}", when=when(item.ends_at, zone))


def _footer(shown: Shown, zone: str, shared_by: str) -> list[Markup | PlainTextObject]:
    order = shown.order
    parts: list[Markup | PlainTextObject] = [
        ours(_("As of {when}", when=moment(shown.seen_at, zone)))
    ]
    if order.created_at is not None:
        parts.append(ours(_("placed {when}", when=moment(order.created_at, zone))))
    if order.paid_at is not None:
        at = moment(order.paid_at, zone)
        paid = order.payment_status is PaymentStatus.PAID  # Alibaba's cancelled ones have it too
        parts.append(ours(_("paid {when}", when=at) if paid else _("payment time {when}", when=at)))
    if shared_by:
        parts.append(ours(_("shared by {person}", person=f"<@{shared_by}>")))
    if shown.cancel_reason and order.payment_status is not PaymentStatus.CANCELLED:
        parts.append(literal(_("No cancelling from here: {reason}", reason=shown.cancel_reason)))
    return parts


def _console(account: Account, order: Order) -> ButtonElement | None:
    if not account.console_url:
        return None
    order_id = quote(clean(order.order_id), safe="")
    url = account.console_url.replace("{order_id}", order_id)
    return link_button(_("Open in console"), url) if len(url) <= URL else None
