"""The forms that ask for a reason: of a cancellation, of a denial, of a snooze."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from bot.domain.approvals import ApprovalRequest
from bot.domain.orders import Order
from bot.i18n import _
from handlers.ids import REASON_BLOCK, UNTIL_BLOCK, ActionId, CallbackId
from handlers.views import words
from handlers.views.phrases import deadline_text
from handlers.views.requests import REASON, asked_by, asked_for, quoted
from handlers.views.stakes import stakes
from handlers.views.surface import header, note, plain
from handlers.views.text import clean, literal, short

NUMBER = 64


def cancel_form(order: Order, reason: str, private: str) -> dict[str, Any]:
    """*reason* is what was typed before, *private* the opaque id of what the form is about."""
    what = f"{words.amount(order)} · {words.subject(order)} · {order.account}"
    number = _("Order {order_id}", order_id=short(order.order_id, NUMBER))
    said = " · ".join(part for part in (number, deadline_text(order, "UTC")) if part)
    shown = [
        header(_("Cancel {what}?", what=what)),
        *stakes(order),
        note(literal(said)),
        note(literal(_("Nothing is done until a second person has approved it."))),
    ]
    asked = _reason(_("Why should it be cancelled?"), reason, ActionId.DRAFT)
    return {
        "type": "modal",
        "callback_id": CallbackId.CANCEL_FORM.value,
        "title": _plain(_("Request cancel")),
        "submit": _plain(_("Ask for it")),
        "close": _plain(_("Close")),
        "notify_on_close": True,
        "private_metadata": private,
        "blocks": [*(block.to_dict() for block in shown), {**asked, "dispatch_action": True}],
    }


def deny_form(request: ApprovalRequest, private: str) -> dict[str, Any]:
    shown = [
        plain(asked_for(request)),
        plain(quoted(request.reason, REASON)),
        note(asked_by(request)),
    ]
    asked = _reason(_("Why not?"), "", ActionId.TYPED)
    return {
        "type": "modal",
        "callback_id": CallbackId.DENY_FORM.value,
        "title": _plain(_("Deny")),
        "submit": _plain(_("Deny")),
        "close": _plain(_("Close")),
        "private_metadata": private,
        "blocks": [*(block.to_dict() for block in shown), asked],
    }


def snooze_form(order: str, draft: Mapping[str, str], first: date, private: str) -> dict[str, Any]:
    """*order* is what it is about in a few words, *draft* what was typed before, *first* the
    earliest day that can be picked."""
    before = draft.get(UNTIL_BLOCK, "")
    element = {
        "type": "datepicker",
        "action_id": ActionId.DRAFT.value,
        "initial_date": max(first.isoformat(), before),
    }
    until = {
        "type": "input",
        "block_id": UNTIL_BLOCK,
        "label": _plain(_("Until which day?")),
        "hint": _plain(
            _("The digest of that day shows it again, an earlier one if it is about to lapse.")
        ),
        "dispatch_action": True,
        "element": element,
    }
    asked = _reason(_("Why can it wait?"), draft.get(REASON_BLOCK, ""), ActionId.DRAFT)
    return {
        "type": "modal",
        "callback_id": CallbackId.SNOOZE_FORM.value,
        "title": _plain(_("Snooze")),
        "submit": _plain(_("Snooze")),
        "close": _plain(_("Close")),
        "notify_on_close": True,
        "private_metadata": private,
        "blocks": [plain(order).to_dict(), until, {**asked, "dispatch_action": True}],
    }


def typed_reason(view: dict[str, Any]) -> str:
    """What stands in the form of either kind; "" when it says nothing."""
    elements = ((view.get("state") or {}).get("values") or {}).get(REASON_BLOCK) or {}
    typed = next((str(element.get("value") or "") for element in elements.values()), "")
    return typed[:REASON] if clean(typed) else ""


def _reason(label: str, before: str, action: ActionId) -> dict[str, Any]:
    element: dict[str, Any] = {
        "type": "plain_text_input",
        "action_id": action.value,
        "multiline": True,
        "max_length": REASON,
        "focus_on_load": True,
    }
    if action is ActionId.DRAFT:
        element["dispatch_action_config"] = {"trigger_actions_on": ["on_character_entered"]}
    if initial := clean(before, lines=True)[:REASON]:
        element["initial_value"] = initial
    return {
        "type": "input",
        "block_id": REASON_BLOCK,
        "label": _plain(label),
        "element": element,
    }


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
