"""Account: a name for one set of credentials at one provider. No credentials here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Provider(StrEnum):
    ALIBABA = "alibaba"
    HUAWEI = "huawei"
    UNICLOUD = "unicloud"


@dataclass(frozen=True, slots=True)
class Account:
    """*site* is "china", "international" or "" (Unicloud); *owner_id* a distributor's customer."""

    name: str
    provider: Provider
    site: str = ""
    owner_id: str | None = None
    console_url: str = ""  # where *Open in console* leads; may hold {order_id}


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an adapter can do, as data; *cancel_reason* says why not where it cannot cancel."""

    can_cancel: bool
    cancel_reason: str = ""
    filters_payment_status: bool = True  # list_orders may be narrowed by status at the provider
    lists_deadline: bool = False  # list rows carry the payment deadline
    has_deadline: bool = True  # the details call gives a payment deadline
    has_resources: bool = False  # list_resources answers
    max_window_days: int | None = None  # the longest creation window of one list call
