"""What decides that an order is still the same, and what does not."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts import Provider
from bot.domain.fingerprint import differences, fingerprint
from bot.domain.orders import Field, LineItem, Order, OrderType, PaymentStatus, Resource
from tests.builders import NOON, a_detailed_order, a_line_item, money

MONEY = '["12480","CNY"]'
ONE, OTHER = a_line_item(line_id="CS1-001"), a_line_item(line_id="CS1-002")
ORDER = a_detailed_order(line_items=(ONE, OTHER), parts=("CS1", "CS2"))

DECIDES = [
    {"provider": Provider.ALIBABA},
    {"account": "huawei-other"},
    {"owner_id": "42"},
    {"order_id": "CS2611171200ABCDF"},
    {"parts": ("CS1",)},
    {"parts": ("CS1,CS2",)},
    {"payment_status": PaymentStatus.PAID},
    {"payable": None},
    {"payable": money("12480.01 CNY")},
    {"payable": money("12480 USD")},
    {"payable": money("-12480 CNY")},
    {"line_items": (ONE,)},
    {"line_items": (ONE, OTHER, OTHER)},
    {"line_items": (ONE, replace(OTHER, line_id="CS1-003"))},
    {"line_items": (ONE, replace(OTHER, product_code="hws.service.type.ebs"))},
    {"line_items": (ONE, replace(OTHER, quantity=Decimal(5)))},
    {"line_items": (ONE, replace(OTHER, quantity=None))},
    {"line_items": (ONE, replace(OTHER, amount=money("12480.01 CNY")))},
    {"line_items": (ONE, replace(OTHER, amount=money("12480.00 USD")))},
    {"line_items": (ONE, replace(OTHER, amount=None))},
    {"line_items": (ONE, replace(OTHER, instance_ids=("i-abd",)))},
    {"line_items": (ONE, replace(OTHER, instance_ids=()))},
    {"line_items": (ONE, replace(OTHER, instance_ids=("i-abc", "i-abd")))},
]
DOES_NOT_DECIDE = [
    {"product_name": "弹性云服务器"},
    {"product_code": "other"},
    {"payment_word": "6 (pending)"},
    {"order_type": OrderType.RENEWAL, "order_type_word": "2"},
    {"deadline": NOON + timedelta(days=9)},
    {"created_at": None},
    {"paid_at": NOON},
    {"order_number": "P1"},
    {"placed_by": "wang"},
    {"region": "cn-north-4"},
    {"fields": (Field("order_info.update_time", "later"),)},
    {"resources": (Resource(resource_id="i-abc"),)},
    {"detailed": False},
    {"inferred": True},
    {"parts": ("CS2", "CS1")},
    {"payable": money("12480 CNY")},
    {"payable": money("1.248E+4 CNY")},
    {"line_items": (OTHER, ONE)},
    {"line_items": (ONE, replace(OTHER, product_name="云", description="云", region="x"))},
    {"line_items": (ONE, replace(OTHER, period="3 month", starts_at=NOON, ends_at=NOON))},
    {"line_items": (ONE, replace(OTHER, quantity=Decimal("4.00")))},
    {"line_items": (ONE, replace(OTHER, amount=money("12480 CNY")))},
]


@pytest.mark.parametrize("changes", DECIDES)
def test_a_change_of_identity_changes_the_fingerprint(changes: dict[str, Any]) -> None:
    changed = replace(ORDER, **changes)
    assert fingerprint(changed) != fingerprint(ORDER)
    ((name, old, new),) = differences(ORDER, changed)
    assert name in changes
    assert old != new or changes == {"parts": ("CS1,CS2",)}


@pytest.mark.parametrize("changes", DOES_NOT_DECIDE)
def test_words_dates_and_the_order_of_lines_do_not_count(changes: dict[str, Any]) -> None:
    changed = replace(ORDER, **changes)
    assert fingerprint(changed) == fingerprint(ORDER)
    assert differences(ORDER, changed) == ()


def test_the_fingerprint_is_the_hash_of_these_very_bytes() -> None:
    """Fingerprints are stored: one made by an older version is compared with one of today's."""
    item = replace(ONE, product_name="云", instance_ids=("i-b", "i-a"), quantity=Decimal("4.0"))
    order = replace(
        ORDER, account="账户", owner_id=None, line_items=(replace(item, amount=None), item)
    )
    line = '["CS1-001","hws.service.type.ec2","4",{amount},["i-a","i-b"]]'
    stored = (
        '{"account":"\\u8d26\\u6237",'
        f'"line_items":[{line.format(amount=MONEY)},{line.format(amount="null")}],'
        f'"order_id":"CS2611171200ABCDE","owner_id":null,"parts":["CS1","CS2"],"payable":{MONEY},'
        '"payment_status":"unpaid","provider":"huawei"}'
    )
    assert fingerprint(order) == hashlib.sha256(stored.encode("ascii")).hexdigest()


def test_zero_is_one_amount_however_it_is_written() -> None:
    amounts = [money(text) for text in ("0 CNY", "0.00 CNY", "-0 CNY", "-0.0 CNY", "0E+2 CNY")]
    assert len({fingerprint(replace(ORDER, payable=each)) for each in amounts}) == 1


def test_amounts_that_differ_behind_the_28th_digit_differ() -> None:
    long = Decimal("1." + "0" * 30 + "1")
    item = replace(ONE, quantity=long)
    one = fingerprint(replace(ORDER, line_items=(item,)))
    assert one != fingerprint(replace(ORDER, line_items=(replace(ONE, quantity=Decimal(1)),)))


def test_ids_that_hold_a_comma_are_told_apart() -> None:
    one = replace(ORDER, line_items=(replace(ONE, instance_ids=("a,b",)),))
    two = replace(ORDER, line_items=(replace(ONE, instance_ids=("a", "b")),))
    assert fingerprint(one) != fingerprint(two)


def test_a_difference_is_told_in_words() -> None:
    changed = replace(
        ORDER, payable=money("1.5 CNY"), line_items=(replace(ONE, quantity=None), OTHER)
    )
    assert {name: (old, new) for name, old, new in differences(ORDER, changed)} == {
        "payable": ("12,480.00 CNY", "1.50 CNY"),
        "line_items": (
            "CS1-001 hws.service.type.ec2 x 4 12,480.00 CNY i-abc;"
            " CS1-002 hws.service.type.ec2 x 4 12,480.00 CNY i-abc",
            "CS1-001 hws.service.type.ec2 12,480.00 CNY i-abc;"
            " CS1-002 hws.service.type.ec2 x 4 12,480.00 CNY i-abc",
        ),
    }
    assert differences(ORDER, replace(ORDER, payable=None)) == (("payable", "12,480.00 CNY", "-"),)
    assert differences(ORDER, replace(ORDER, parts=())) == (("parts", "CS1, CS2", "-"),)
    assert differences(replace(ORDER, line_items=()), ORDER)[0][1] == "-"
    bare = LineItem(line_id="1", instance_ids=("i-b", "i-a"))
    (said,) = differences(replace(ORDER, line_items=()), replace(ORDER, line_items=(bare,)))
    assert said == ("line_items", "-", "1 i-a, i-b")


LINES = st.builds(
    LineItem,
    line_id=st.sampled_from(["", "1", "2"]),
    product_code=st.sampled_from(["", "ecs"]),
    quantity=st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=3),
    instance_ids=st.lists(st.sampled_from(["i", "j"])).map(tuple),
)
ORDERS = st.builds(
    replace,
    st.just(ORDER),
    line_items=st.lists(LINES, max_size=3).map(tuple),
    payable=st.sampled_from([None, money("1 CNY"), money("1.0 CNY"), money("2 CNY")]),
    parts=st.lists(st.sampled_from(["CS1", "CS2"]), max_size=2).map(tuple),
)


@given(one=ORDERS, other=ORDERS)
def test_differences_are_named_exactly_when_the_fingerprints_differ(
    one: Order, other: Order
) -> None:
    assert (fingerprint(one) == fingerprint(other)) is (differences(one, other) == ())
