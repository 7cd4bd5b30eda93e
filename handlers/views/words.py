"""Our words for statuses, types and remedies."""

from __future__ import annotations

from bot.domain.orders import Order, OrderType, PaymentStatus
from bot.domain.subjects import number, own_quantity
from bot.errors import (
    ProviderError,
    ProviderMalformed,
    ProviderThrottled,
    ProviderUnavailable,
    ProviderUnfinished,
    Remedy,
)
from bot.i18n import _
from bot.redact import mask
from handlers.views.text import beginning, clean, money, short

NAME = 80  # characters of a product's name, a provider's word, a code

LOOKED_AT = 4000  # characters of a text that are searched for secrets; fewer are ever shown
SECRET = 1500  # characters of a secret: a temporary token has about a thousand


def status_word(order: Order) -> str:
    return _status_word(order.payment_status, probable=order.inferred)


def status_choice(status: PaymentStatus) -> str:
    return _status_word(status, probable=False)


def _status_word(status: PaymentStatus, *, probable: bool) -> str:
    match status:
        case PaymentStatus.UNPAID:
            return _("Probably unpaid") if probable else _("Unpaid")
        case PaymentStatus.PAID:
            return _("Paid")
        case PaymentStatus.CANCELLED:
            return _("Cancelled")
        case PaymentStatus.UNKNOWN:
            return _("Status not known")


def type_word(order_type: OrderType) -> str:
    words = {
        OrderType.NEW: _("New"),
        OrderType.RENEWAL: _("Renewal"),
        OrderType.UPGRADE: _("Upgrade"),
        OrderType.DOWNGRADE: _("Downgrade"),
        OrderType.CHANGE: _("Change"),
        OrderType.CONVERT: _("Change of billing"),
        OrderType.REFUND: _("Refund"),
        OrderType.TRIAL: _("Trial"),
        OrderType.OTHER: _("Other"),
    }
    return words[order_type]


def subject(order: Order) -> str:
    """`ECS x 4`: the product and how many of it, as one plain line."""
    name = short(order.product_name, NAME) or short(order.product_code, NAME)
    product = name or _("unnamed product")
    quantity = own_quantity(order)
    return product if quantity is None else f"{product} x {number(quantity)}"


def amount(order: Order) -> str:
    return money(order.payable)


def said(order: Order) -> str:
    """The provider's own words for payment status and type, as one plain line."""
    words = (order.payment_word, order.order_type_word)
    return ", ".join(short(word, NAME) for word in words if clean(word))


def masked(text: str, limit: int) -> str:
    """Outside text that may quote a secret, as one part of a line of ours. Where a long text ends
    in the middle of a secret, nobody knows that one: so far is not shown."""
    shown = mask(text[:LOOKED_AT])
    if len(text) <= LOOKED_AT:
        return short(shown, limit)
    return beginning(shown[:-SECRET], limit)


def next_step(error: ProviderError) -> str:
    """What to do about a cloud's refusal, in one sentence."""
    steps = {
        Remedy.TRY_AGAIN: _("Try again in a minute."),
        Remedy.CHECK_ID: _("Check the number."),
        Remedy.CHECK_KEY: _("The account's key was refused: check its key id and secret."),
        Remedy.RENEW_TOKEN: _("The account's temporary token ran out: renew it."),
        Remedy.GRANT_PERMISSION: _("The account's key lacks the right to read orders: grant it."),
        Remedy.CHECK_SITE: _(
            "The account seems to belong to the provider's other site:"
            " check site (china or international) in the configuration."
        ),
        Remedy.CHECK_OWNER: _("owner_id is not a customer of this key: check the configuration."),
        Remedy.CHECK_CLOCK: _("The clock of the bot's machine is off: set it right."),
        Remedy.REST: _(
            "Its key was refused a moment ago; the account rests for five minutes so that"
            " the provider does not lock the key."
        ),
        Remedy.TELL_OPERATOR: _("Tell whoever runs this bot."),
    }
    return steps[error.remedy]


def problem(error: ProviderError) -> str:
    """A cloud's failure as the person who asked reads it, with what the provider said."""
    told = masked(str(error), 300)
    if not told:
        return brief_problem(error)
    return _("{problem} Details: {told}", problem=brief_problem(error), told=told)


def brief_problem(error: ProviderError) -> str:
    """Who failed, how, the next step, and the code to quote."""
    if isinstance(error, ProviderThrottled):
        what = _("{account} asks us to slow down.", account=error.account)
    elif isinstance(error, ProviderUnfinished):
        what = _("{account} is still being read.", account=error.account)
    elif isinstance(error, ProviderUnavailable):
        what = _("No answer from {account}.", account=error.account)
    elif isinstance(error, ProviderMalformed):
        what = _("{account} gave an answer that cannot be used.", account=error.account)
    else:
        what = _("{account} refused the request.", account=error.account)
    code = masked(error.code, NAME)
    request_id = masked(error.request_id, NAME)
    parts = (
        what,
        next_step(error),
        _("Code {code}.", code=code) if code else "",
        _("Request {request_id}.", request_id=request_id) if request_id else "",
    )
    return " ".join(part for part in parts if part)
