"""Names on the wire, shared by listeners and views. They are contract: never renamed."""

from __future__ import annotations

from enum import StrEnum

COMMAND = "/order"
REASON_BLOCK = "reason"  # the input block of the forms that ask for one
UNTIL_BLOCK = "until"  # the day of the snooze form
REQUEST_BLOCK = "request"  # the buttons of a request's card


class ActionId(StrEnum):
    APPROVE = "approve"
    DENY = "deny"
    TAKE_BACK = "take_back"
    STOP = "stop"
    WITHDRAW = "withdraw"
    ASK_AGAIN = "ask_again"
    REQUEST_CANCEL = "request_cancel"
    SHARE = "share"
    DETAILS = "details"
    NEXT_PAGE = "next_page"
    PREVIOUS_PAGE = "previous_page"
    REFRESH = "refresh"
    SHOW_ORDER = "show_order"
    SHOW_UNPAID = "show_unpaid"
    SHOW_REQUEST = "show_request"
    SHOW_INBOX = "show_inbox"
    FIND = "find"
    OPEN_CONSOLE = "open_console"  # a link button: Slack sends its click all the same
    DRAFT = "draft"  # a field of a form changed
    TYPED = "typed"  # a field that is read only when its form is sent
    DIGEST_LINE = "digest_line"  # the menu of a digest's line: This is mine, Snooze until…
    REMIND_ME = "remind_me"  # Remind me at 08:30


class CallbackId(StrEnum):
    CANCEL_FORM = "cancel_form"
    DENY_FORM = "deny_form"
    FIND_FORM = "find_form"
    SNOOZE_FORM = "snooze_form"
    LOOK_UP_ORDER = "look_up_order"  # the message shortcut
    RESULTS = "results"  # a modal that shows answers; nothing to submit


class CardKind(StrEnum):
    """What the opaque id of a button refers to."""

    ORDER = "order"
    ORDERS = "orders"
    DETAILS = "details"
    PRODUCTS = "products"
    FORM = "form"
    CANCEL = "cancel"  # the order that an open cancel form is about
    SNOOZE = "snooze"  # the digest's line that an open snooze form is about


def request_block(request_id: str) -> str:
    """The id of one request's buttons where several requests stand on one surface."""
    return f"{REQUEST_BLOCK}:{request_id}"
