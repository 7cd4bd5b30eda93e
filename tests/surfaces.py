"""What Slack would be sent: every surface drawn with one outside text everywhere, and checked."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from bot.domain.accounts import Account, Provider
from bot.domain.filters import AccountAnswer, Snapshot, SnapshotPage
from bot.domain.money import Money
from bot.domain.orders import Field, LineItem, Order, OrderType, PaymentStatus, Product, Resource
from bot.errors import ProviderError, ProviderRefused, UsageError
from bot.sandbox.workspace.blocks import message_problems, view_problems
from bot.services.lists import AccountState, OrderList
from bot.services.orders import AccountLine, Choice, ProductList, Shown
from handlers.views.details import details_view
from handlers.views.forms import answer_modal, find_form
from handlers.views.lists import list_card
from handlers.views.orders import choice_card, order_card
from handlers.views.panel import accounts_card, help_card, panel, products_card, sentence
from handlers.views.surface import Rendered
from tests.builders import NOON, a_filter, an_account, an_order

CONSOLE = "https://console.example.com/orders/{order_id}"


_drawn: deque[tuple[Rendered, list[dict[str, Any]]]] = deque(maxlen=16)


def dicts_of(rendered: Rendered) -> list[dict[str, Any]]:
    """The blocks as Slack gets them; one surface is looked at in many ways, and slack_sdk takes
    milliseconds to write it out."""
    for known, dicts in _drawn:
        if known is rendered:
            return dicts
    dicts = rendered.as_dicts()
    _drawn.append((rendered, dicts))
    return dicts


def checked(rendered: Rendered) -> Rendered:
    """*rendered*, if Slack would take it as a message and as the blocks of a modal."""
    payload = {"text": rendered.text, "blocks": dicts_of(rendered)}
    assert message_problems(payload) == []
    assert_inert(rendered.text)
    checked_view(answer_modal(rendered))
    return rendered


def checked_modal(rendered: Rendered) -> Rendered:
    """*rendered*, if Slack would take its blocks in a modal; a message would be too long."""
    assert_inert(rendered.text)
    assert rendered.text.strip()
    checked_view(answer_modal(rendered))
    return rendered


def checked_view(view: dict[str, Any]) -> dict[str, Any]:
    assert view_problems(view) == []
    assert len(json.dumps(view)) <= 250_000, "also as it is escaped on the wire"
    return view


def assert_inert(text: str) -> None:
    """Nothing in a top-level `text` is a mention or a link, and each entity is whole."""
    assert "<" not in text
    assert ">" not in text
    bare = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert "&" not in bare


class Text(NamedTuple):
    kind: str
    text: str


def texts_in(value: object) -> Iterator[Text]:
    """Every text object of blocks or a view, in order."""
    if isinstance(value, list):
        for each in value:
            yield from texts_in(each)
    elif isinstance(value, dict):
        if value.get("type") in ("plain_text", "mrkdwn"):
            yield Text(value["type"], value["text"])
        for each in value.values():
            yield from texts_in(each)


def markup_of(rendered: Rendered) -> list[str]:
    return [each.text for each in texts_in(dicts_of(rendered)) if each.kind == "mrkdwn"]


def plain_of(rendered: Rendered) -> list[str]:
    return [each.text for each in texts_in(dicts_of(rendered)) if each.kind == "plain_text"]


def read(rendered: Rendered) -> str:
    """All that a person reads in the blocks."""
    return "\n".join(each.text for each in texts_in(dicts_of(rendered)))


def buttons_of(rendered: Rendered) -> list[dict[str, Any]]:
    def within(value: object) -> Iterator[dict[str, Any]]:
        if isinstance(value, list):
            for each in value:
                yield from within(each)
        elif isinstance(value, dict):
            if value.get("type") == "button":
                yield value
            for each in value.values():
                yield from within(each)

    return list(within(dicts_of(rendered)))


def an_order_saying(text: str, **parts: Any) -> Order:
    """*text* in every place of an order that a provider fills with words of its own."""
    money = Money(Decimal("12480.00"), "CNY")
    line = LineItem(
        line_id=text,
        product_code=text,
        product_name=text,
        description=text,
        quantity=Decimal(4),
        amount=money,
        period=text,
        starts_at=NOON,
        ends_at=NOON + timedelta(days=30),
        region=text,
        instance_ids=(text,),
    )
    resource = Resource(
        resource_id=text,
        name=text,
        kind=text,
        region=text,
        state=text,
        ends_at=NOON + timedelta(days=15),
        expire_policy=text,
        fields=(Field(text, text),),
    )
    usual: dict[str, Any] = {
        "order_id": text,
        "payment_word": text,
        "order_type_word": text,
        "order_type": OrderType.RENEWAL,
        "order_number": text,
        "owner_id": text,
        "deadline": NOON + timedelta(days=3),
        "paid_at": NOON,
        "product_code": text,
        "product_name": text,
        "region": text,
        "placed_by": text,
        "line_items": (line,) * 3,
        "parts": (text, text),
        "resources": (resource,),
        "fields": (Field(text, text, text),) * 3,
        "detailed": True,
        "inferred": True,
    }
    return an_order(**(usual | parts))


def a_failure_saying(text: str, account: str = "huawei-main") -> ProviderError:
    return ProviderRefused(text, account=account, code=text, request_id=text)


def shown(order: Order, **parts: Any) -> Shown:
    usual: dict[str, Any] = {
        "account": an_account(console_url=CONSOLE),
        "seen_at": NOON,
        "can_cancel": False,
        "cancel_reason": "",
        "problem": None,
    }
    return Shown(order, **(usual | parts))


def a_card(order: Order, *, shared_by: str = "", **parts: Any) -> Rendered:
    return order_card(shown(order, **parts), "c0", zone="UTC", now=NOON, shared_by=shared_by)


def a_list(
    *orders: Order,
    total: int | None = None,
    offset: int = 0,
    unknown: int = 0,
    states: tuple[AccountState, ...] | None = None,
    **wanted: Any,
) -> Rendered:
    """An unpaid list of these orders."""
    page = SnapshotPage(
        tuple(Snapshot(order, NOON) for order in orders),
        offset + len(orders) if total is None else total,
        unknown,
    )
    listed = OrderList(
        a_filter(**({"payment_status": PaymentStatus.UNPAID} | wanted)),
        page,
        offset,
        (AccountState(an_account(), NOON, None),) if states is None else states,
    )
    ids = [f"c{number}" for number in range(len(orders))]
    return list_card(listed, row_ids=ids, turn_id="t0", zone="UTC", now=NOON)


def every_surface(text: str) -> dict[str, Rendered]:
    """Each view with *text* wherever text from outside can stand: what a cloud sends, and what a
    person types."""
    order = an_order_saying(text)
    failed = a_failure_saying(text)
    account = an_account(console_url=CONSOLE)
    state = AccountState(account, NOON, NOON - timedelta(days=1), problem=failed)
    products = tuple(Product(Provider.HUAWEI, account.name, text, text, text) for _ in range(3))
    return {
        "card": a_card(order),
        "card as last seen": a_card(order, problem=failed),
        "shared card": a_card(order, problem=failed, shared_by="U0ALICE"),
        "details": details_view(shown(order), 0, "p0", "n0", zone="UTC"),
        "choice": choice_card(Choice(text, (account, account)), ("c0", "c1")),
        "list": a_list(*[order] * 8, total=99, offset=8, unknown=3, states=(state,) * 12),
        "panel": panel(7, NOON, [(Snapshot(order, NOON), "c0")] * 3, "p0", zone="UTC", waiting=2),
        "accounts": accounts_card(
            [AccountLine(account, AccountAnswer(account.name, NOON, NOON, text))], zone="UTC"
        ),
        "products": products_card(
            [
                ProductList(account, products, 3, text),
                ProductList(account, (), 0, text, failed),
            ],
            offset=0,
            turn_id="t0",
        ),
        "refusal": sentence(str(UsageError(text))),
        "help": help_card((account,)),
    }


def a_find_form(accounts: list[Account], draft: dict[str, str]) -> dict[str, Any]:
    return find_form(accounts, draft, "f0")
