"""No field of the four source documents is lost: each is listed, and each value is kept."""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields as dataclass_fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.domain.accounts import Account, Provider
from bot.domain.orders import LineItem, Order
from bot.providers import build_adapter
from bot.providers.credentials import Credentials
from bot.providers.transport import Transport
from tests.fakes import FixedClock
from tests.loopback import Asked, Reply, loopback

DATA = Path(__file__).parents[1] / "data"
LISTED = tomllib.loads((DATA / "source_fields.toml").read_text("utf-8"))["fields"]
TABLES = json.loads((DATA / "documents" / "tables.json").read_text("utf-8"))
ACCOUNTS = {
    "alibaba-get-order-detail": Account("a", Provider.ALIBABA, "china"),
    "unicloud-order-detail": Account("u", Provider.UNICLOUD),
    "huawei-order-details": Account("h", Provider.HUAWEI, "china"),
}
ROOTS: dict[str, list[str | int]] = {  # where the order stands in each sample
    "alibaba-get-order-detail": ["Data", "OrderList", "Order", 0],
    "unicloud-order-detail": ["Order"],
    "huawei-order-details": [],
}


def sample(document: str) -> Any:
    text = (DATA / "documents" / f"{document}.json").read_text("utf-8")
    return json.loads(text, parse_float=Decimal)


def order_in(document: str) -> Any:
    found = sample(document)
    for step in ROOTS[document]:
        found = found[step]
    return found


def leaves(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Path and text of every value that is there; the value of a JSON text is what it holds."""
    if isinstance(value, str) and value.startswith("{"):
        value = json.loads(value)
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from leaves(inner, f"{path}.{position}")
    elif isinstance(value, bool):
        yield path, str(value).lower()
    elif value is not None and value != "":
        yield path, str(value)


def names_in(value: object, path: str = "") -> Iterator[str]:
    """The path of every key, null or not, with [] for a list position."""
    if isinstance(value, dict):
        for key, inner in value.items():
            here = f"{path}.{key}" if path else key
            yield here
            yield from names_in(inner, here)
    elif isinstance(value, list):
        for inner in value:
            yield from names_in(inner, f"{path}[]")


def listed_in(document: str) -> set[str]:
    return {row["field"] for row in LISTED if row["document"] == document}


def covers(listed: str, path: str) -> bool:
    """Whether *path* in an answer is the listed field; `amount_info` stands in several places."""
    return path == listed or (listed.startswith("amount_info") and path.endswith(f".{listed}"))


async def read_through_its_adapter(document: str, order_id: str) -> Order:
    account = ACCOUNTS[document]

    def answer(asked: Asked) -> Reply:
        if "service-types" in asked.target:
            return Reply({"total_count": 0, "service_types": []})
        return Reply((DATA / "documents" / f"{document}.json").read_bytes())

    async with loopback(answer) as cloud:
        adapter = build_adapter(
            account,
            Credentials("key-id", {"access_key_secret": "key", "secret_access_key": "key"}),
            Transport(account.name, requests_per_second=1000, timeout_s=10, clock=FixedClock()),
            FixedClock(),
            {"endpoint": cloud.url},
        )
        try:
            return await adapter.get_order(order_id, language="zh")
        finally:
            await adapter.aclose()


def order_id_in(document: str) -> str:
    names = ("OrderId", "Id", "order_info")
    found = order_in(document)
    value = next(found[name] for name in names if name in found)
    return str(value["order_id"] if isinstance(value, dict) else value)


def test_each_document_is_listed_whole() -> None:
    """The guide names one; 17 of the table and 5 of the sample; 25 of the table, 17 of the sample
    and the two objects around them; 67 below the answer's own 5."""
    assert Counter(row["document"] for row in LISTED) == {
        "alibaba-order-guide": 1,
        "alibaba-get-order-detail": 22,
        "unicloud-order-detail": 44,
        "huawei-order-details": 72,
    }
    assert len({(row["document"], row["field"]) for row in LISTED}) == len(LISTED)


@pytest.mark.parametrize("document", TABLES)
def test_every_row_of_a_documents_tables_is_listed_with_its_type(document: str) -> None:
    types = {row["field"].lower(): row["type"] for row in LISTED if row["document"] == document}
    for table in TABLES[document].values():
        for name, kind in table["rows"]:
            listed = types[f"{table['under']}{name}".lower()]
            assert listed == (kind or "String")


@pytest.mark.parametrize("document", TABLES)
def test_every_listed_field_is_in_the_document(document: str) -> None:
    """Letter case apart: one page writes `OrderID` in its table and `OrderId` in its sample."""
    printed = {
        f"{table['under']}{name}".lower()
        for table in TABLES[document].values()
        for name, _kind in table["rows"]
    }
    if document in ROOTS:
        printed |= {name.lower() for name in names_in(order_in(document))}
    assert {field.lower() for field in listed_in(document)} <= printed


@pytest.mark.parametrize("document", ROOTS)
def test_every_name_of_a_documents_sample_is_listed(document: str) -> None:
    listed = listed_in(document)
    unlisted = [
        name
        for name in names_in(order_in(document))
        if not any(covers(field, name) for field in listed)
    ]
    assert unlisted == []


def test_every_listed_attribute_exists_and_says_where_it_is_shown() -> None:
    of_order = {field.name for field in dataclass_fields(Order)}
    of_line = {f"line_items.{field.name}" for field in dataclass_fields(LineItem)}
    for row in LISTED:
        failed = row["attribute"].startswith("ProviderError.")
        assert failed or row["attribute"] in of_order | of_line
        assert failed == (row["shown"] == "error")
        assert row["shown"] in {"card", "all details", "error"}
        if row["attribute"] == "fields":
            assert row["shown"] == "all details"


@pytest.mark.parametrize("document", ROOTS)
async def test_every_value_of_the_sample_is_among_the_fields_of_the_order(document: str) -> None:
    order = await read_through_its_adapter(document, order_id_in(document))
    kept = {(field.path, field.value) for field in order.fields}
    lost = [leaf for leaf in leaves(order_in(document)) if leaf not in kept]
    assert lost == []
    assert len(kept) > 15


@pytest.mark.parametrize("document", ROOTS)
async def test_a_value_with_an_attribute_of_its_own_is_there(document: str) -> None:
    """Deadlines aside: the three samples are settled orders, and a deadline is for unpaid ones."""
    order = await read_through_its_adapter(document, order_id_in(document))
    sent = {re.sub(r"\.\d+", "[]", path) for path, _text in leaves(order_in(document))}
    for row in LISTED:
        attribute = row["attribute"]
        if row["document"] != document or row["field"] not in sent:
            continue
        if attribute.startswith("line_items."):
            name = attribute.removeprefix("line_items.")
            assert all(getattr(line, name) not in ("", None, ()) for line in order.line_items) or (
                name == "period"  # a service without an end, or a refund
            )
            assert order.line_items
        elif attribute != "deadline":
            assert getattr(order, attribute) not in ("", None, ())
