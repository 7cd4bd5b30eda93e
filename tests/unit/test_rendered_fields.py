"""No field of the source documents is lost on the way to Slack: each document's own sample is read
through its adapter and drawn, and every value is on the card or behind *All details*."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from bot.domain.orders import LineItem, Order
from bot.domain.subjects import number
from bot.errors import ProviderError
from bot.providers import build_adapter
from bot.providers.credentials import Credentials
from bot.providers.transport import Transport
from bot.services.orders import Shown
from handlers.views import words
from handlers.views.details import details_pages, details_view
from handlers.views.orders import LINES_SHOWN
from handlers.views.panel import sentence
from handlers.views.text import clean, when
from tests.fakes import FixedClock
from tests.loopback import Reply, loopback
from tests.surfaces import a_card, checked, checked_modal, plain_of, read, shown
from tests.unit.test_source_fields import (
    ACCOUNTS,
    LISTED,
    ROOTS,
    leaves,
    order_id_in,
    order_in,
    read_through_its_adapter,
)


def shown_of(document: str, order: Order) -> Shown:
    return shown(order, account=ACCOUNTS[document])


def details_of(document: str, order: Order) -> list[str]:
    """The lines on all pages behind *All details*, each page as a window that Slack would take."""
    lines: list[str] = []
    for page in range(len(details_pages(order))):
        view = checked_modal(details_view(shown_of(document, order), page, "p", "n", zone="UTC"))
        lines += [line for text in plain_of(view) for line in text.splitlines()]
    return lines


def date(at: datetime) -> str:
    return f"<!date^{int(at.timestamp())}^"


OF_ORDER: dict[str, Callable[[Order], list[str]]] = {
    "order_id": lambda order: [order.order_id],
    "order_number": lambda order: [order.order_number or "?"],
    "payment_word": lambda order: [order.payment_word],
    "order_type_word": lambda order: [order.order_type_word],
    "product_code": lambda order: [order.product_code],
    "product_name": lambda order: [order.product_name],
    "region": lambda order: [order.region],
    "placed_by": lambda order: [order.placed_by],
    "payable": lambda order: [str(order.payable)],
    "created_at": lambda order: [date(order.created_at)] if order.created_at else ["?"],
    "paid_at": lambda order: [date(order.paid_at)] if order.paid_at else ["?"],
    "line_items": lambda order: [clean(order.line_items[0].description)[:20]],
}
OF_LINE: dict[str, Callable[[LineItem], list[str]]] = {
    "product_code": lambda line: [line.product_code],
    "product_name": lambda line: [line.product_name],
    "description": lambda line: [clean(line.description)],
    "quantity": lambda line: [f"{number(line.quantity)} x"] if line.quantity is not None else ["?"],
    "amount": lambda line: [str(line.amount)],
    "period": lambda line: [line.period],  # "" for a service without an end, or a refund
    "ends_at": lambda line: [f"until {when(line.ends_at, 'UTC')}"] if line.ends_at else ["?"],
    "instance_ids": lambda line: list(line.instance_ids),
}


def on_card(row: dict[str, Any], order: Order) -> list[str]:
    """How the value of a listed field reads on the card."""
    attribute: str = row["attribute"]
    if not attribute.startswith("line_items."):
        return OF_ORDER[attribute](order)
    of_line = OF_LINE[attribute.removeprefix("line_items.")]
    return [text for line in order.line_items[:LINES_SHOWN] for text in of_line(line)]


@pytest.mark.parametrize("document", ROOTS)
async def test_every_value_of_the_sample_is_behind_all_details_exactly_as_sent(
    document: str,
) -> None:
    order = await read_through_its_adapter(document, order_id_in(document))
    lines = details_of(document, order)
    for path, value in leaves(order_in(document)):
        line = f"{path}: {value}"
        assert any(each == line or each.startswith(f"{line} (") for each in lines), line


@pytest.mark.parametrize("document", ROOTS)
async def test_what_is_listed_as_shown_on_the_card_is_on_the_card(document: str) -> None:
    """Deadlines aside: the samples are settled orders, and a deadline is for unpaid ones."""
    order = await read_through_its_adapter(document, order_id_in(document))
    card = read(checked(a_card(order, account=ACCOUNTS[document])))
    sent = {re.sub(r"\.\d+", "[]", path) for path, _text in leaves(order_in(document))}
    looked_at = [
        row
        for row in LISTED
        if row["document"] == document
        and row["shown"] == "card"
        and row["field"] in sent
        and row["attribute"] != "deadline"
    ]
    missing = [
        (row["field"], text)
        for row in looked_at
        for text in on_card(row, order)
        if text not in card
    ]
    assert missing == []
    assert len(looked_at) > 8


@pytest.mark.parametrize("document", ROOTS)
async def test_no_number_of_a_sample_is_rounded_on_its_way(document: str) -> None:
    order = await read_through_its_adapter(document, order_id_in(document))
    card = read(a_card(order)).replace(",", "")
    assert order.payable is not None
    assert f"{order.payable.amount:f}".rstrip("0") in card


async def test_what_is_listed_as_shown_in_an_error_is_in_its_sentence() -> None:
    """Huawei's error_code and error_msg, and under HTTP 200 too."""
    document = "huawei-order-details"
    listed = {row["field"] for row in LISTED if row["shown"] == "error"}
    assert listed == {"error_code", "error_msg"}
    failure = {"error_code": "CBC.0151", "error_msg": "Access denied for <this> user."}
    async with loopback(lambda _asked: Reply(failure)) as cloud:
        adapter = build_adapter(
            ACCOUNTS[document],
            Credentials("key-id", {"secret_access_key": "key"}),
            Transport("h", requests_per_second=1000, timeout_s=10, clock=FixedClock()),
            FixedClock(),
            {"endpoint": cloud.url},
        )
        with pytest.raises(ProviderError) as caught:
            await adapter.get_order("CS18122203217MRPB", language="en")
        await adapter.aclose()
    told = read(checked(sentence(words.problem(caught.value))))
    for value in failure.values():
        assert value in told
