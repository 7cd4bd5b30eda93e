"""The *Find…* form and the modals that show answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain.accounts import Account
from bot.domain.orders import OrderType, PaymentStatus
from bot.i18n import _
from handlers.ids import ActionId, CallbackId
from handlers.views import words
from handlers.views.panel import sentence
from handlers.views.surface import Rendered, modal
from handlers.views.text import clean, cut

ANY = "any"
TYPED = 100  # characters of a field
PLACED = ("7d", "30d", "90d", "365d")


def find_form(
    accounts: Sequence[Account], draft: Mapping[str, str], private: str
) -> dict[str, Any]:
    """The form, prefilled with what was typed before it was closed. *private* is an opaque id.

    Block ids name the fields: order_id, account, status, type, since, product, over."""
    names = [(account.name, account.name) for account in accounts[:99]]
    statuses = [(status.value, words.status_choice(status)) for status in PaymentStatus]
    types = [(each.value, words.type_word(each)) for each in OrderType]
    placed = [(span, _("the last {span}", span=span)) for span in PLACED]
    blocks = [
        _typed("order_id", _("Order number"), draft, hint=_("Then the rest is not needed.")),
        _chosen("account", _("Account"), names, draft),
        _chosen("status", _("Payment status"), statuses, draft),
        _chosen("type", _("Type"), types, draft),
        _chosen("since", _("Placed in"), placed, draft),
        _typed("product", _("Product"), draft),
        _typed("over", _("More than (amount)"), draft),
    ]
    return {
        "type": "modal",
        "callback_id": CallbackId.FIND_FORM.value,
        "title": _plain(_("Find orders")),
        "submit": _plain(_("Find")),
        "close": _plain(_("Close")),
        "notify_on_close": True,
        "private_metadata": private,
        "blocks": blocks,
    }


def answer_modal(rendered: Rendered, title: str = "") -> dict[str, Any]:
    return modal(title or _("Cloud orders"), rendered, callback_id=CallbackId.RESULTS)


def loading() -> Rendered:
    return sentence(_("Asking the clouds …"))


def loading_modal() -> dict[str, Any]:
    return answer_modal(loading())


def typed_values(view: Mapping[str, Any]) -> dict[str, str]:
    """What a form holds now, by block id; empty fields and *any* left out."""
    found: dict[str, str] = {}
    for block_id, elements in view.get("state", {}).get("values", {}).items():
        for element in elements.values():
            option = element.get("selected_option") or {}
            day = element.get("selected_date")
            value = element.get("value") or option.get("value") or day or ""
            if value and value != ANY:
                found[block_id] = value
    return found


def _typed(
    name: str, label: str, draft: Mapping[str, str], *, hint: str | None = None
) -> dict[str, Any]:
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": ActionId.DRAFT.value,
        "max_length": TYPED,
        "dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]},
    }
    if before := clean(draft.get(name, ""))[:TYPED]:
        element["initial_value"] = before
    block = _input(name, label, element)
    if hint:
        block["hint"] = _plain(hint)
    return block


def _chosen(
    name: str, label: str, options: Sequence[tuple[str, str]], draft: Mapping[str, str]
) -> dict[str, Any]:
    choices = {ANY: _option(ANY, _("any"))}
    choices.update((value, _option(value, text)) for value, text in options)
    element = {
        "type": "static_select",
        "action_id": ActionId.DRAFT.value,
        "options": list(choices.values()),
        "initial_option": choices.get(draft.get(name, ANY), choices[ANY]),
    }
    return _input(name, label, element)


def _input(name: str, label: str, element: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": name,
        "label": _plain(label),
        "optional": True,
        "dispatch_action": True,
        "element": element,
    }


def _option(value: str, text: str) -> dict[str, Any]:
    return {"text": _plain(cut(text, 75)), "value": cut(value, 150)}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
