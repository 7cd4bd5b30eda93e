"""Huawei Cloud's answers as they come, only what the domain reads of them.

Source: BSS OpenAPI v2, CustomerOrderV2 (list), CustomerOrderV3 (details), OrderLineItemEntityV2,
ServiceTypes, OrderInstanceV2. Every other value reaches the reader through `fields_of`.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from bot.providers.wire import Amount, Text, UtcTime, Wire

Row = dict[str, Any]
RequiredText = Annotated[Text, Field(min_length=1)]


def _null_is_empty(value: object) -> object:
    return () if value is None else value


Rows = Annotated[tuple[Row, ...], BeforeValidator(_null_is_empty)]  # [], null, or no key at all


class WireSubOrder(Wire):
    order_id: RequiredText


SubOrders = Annotated[tuple[WireSubOrder, ...], BeforeValidator(_null_is_empty)]


class WireOrder(Wire):
    """One order; *user_name* and *pending_payment_end_time* come in details only."""

    order_id: RequiredText
    service_type_code: Text = ""
    service_type_name: Text = ""
    status: Text = ""
    order_type: Text = ""
    amount_after_discount: Amount = None
    measure_id: Text = ""
    currency: Text = ""
    create_time: UtcTime = None
    payment_time: UtcTime = None
    user_name: Text = ""
    pending_payment_end_time: UtcTime = None
    sub_order_infos: SubOrders = ()


class WireLine(Wire):
    order_line_item_id: Text = ""
    service_type_code: Text = ""
    service_type_name: Text = ""
    product_spec_desc: Text = ""
    period_type: Text = ""
    period_num: Text = ""
    effective_time: UtcTime = None
    expire_time: UtcTime = None
    subscription_num: Amount = None
    amount_after_discount: Amount = None
    currency: Text = ""


class WireResource(Wire):
    id: Text = ""
    resource_id: Text = ""
    resource_name: Text = ""
    region_code: Text = ""
    resource_type_code: Text = ""
    resource_type_name: Text = ""
    status: Text = ""
    expire_time: UtcTime = None
    expire_policy: Text = ""


class WireServiceType(Wire):
    service_type_code: RequiredText
    service_type_name: Text = ""
    abbreviation: Text = ""


class ListAnswer(Wire):
    total_count: int  # always there: an answer without it is no empty list
    order_infos: Rows = ()


class DetailsAnswer(Wire):
    """`total_count` counts line items; null lines mean that the provider gives none."""

    total_count: int | None = None
    order_info: WireOrder
    order_line_items: tuple[Row, ...] | None = None


class ResourcesAnswer(Wire):
    total_count: int
    data: Rows = ()


class ServiceTypesAnswer(Wire):
    total_count: int
    service_types: Rows = ()


class TokenBody(Wire):
    expires_at: UtcTime = None


class TokenAnswer(Wire):
    token: TokenBody = TokenBody()
