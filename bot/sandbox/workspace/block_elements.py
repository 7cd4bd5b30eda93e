"""Block elements, checked: buttons, menus, inputs. Source: Block Kit reference, "Elements"."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bot.sandbox.workspace.block_parts import (
    ANY_TEXT,
    PLAIN,
    Findings,
    check_confirm,
    check_initial,
    check_option,
    check_option_lists,
    check_text,
    type_of,
)

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PICKS = ("users", "conversations", "channels")
SELECTS = {"static_select", "external_select", *(f"{pick}_select" for pick in _PICKS)}
MULTI_SELECTS = {f"multi_{name}" for name in SELECTS}
_PICKERS = {"datepicker", "timepicker"}
_CHOICES = {"checkboxes", "radio_buttons"}
_TYPED = {
    "plain_text_input",
    "number_input",
    "email_text_input",
    "url_text_input",
    "rich_text_input",
}

IN_SECTION = {"button", "overflow", "image", "workflow_button"} | (
    SELECTS | MULTI_SELECTS | _PICKERS | _CHOICES
)
IN_ACTIONS = {"button", "overflow", "workflow_button", "datetimepicker", "rich_text_input"} | (
    SELECTS | MULTI_SELECTS | _PICKERS | _CHOICES
)
IN_INPUT = {"datetimepicker", "file_input"} | (
    SELECTS | MULTI_SELECTS | _PICKERS | _CHOICES | _TYPED
)
IN_CONTEXT_ACTIONS = {"feedback_buttons", "icon_button"}

_COMMON = {"type", "action_id"}
_MENU = _COMMON | {"placeholder", "confirm", "focus_on_load"}
_INPUT = _COMMON | {"placeholder", "focus_on_load", "dispatch_action_config", "initial_value"}
_STATIC = _MENU | {"options", "option_groups"}
_CONVERSATION = {"default_to_current_conversation", "filter"}
_MANY = {"max_selected_items"}

KEYS: dict[str, set[str]] = {
    "button": _COMMON
    | {"text", "url", "value", "style", "confirm", "accessibility_label", "visible_to_user_ids"},
    "workflow_button": _COMMON | {"text", "workflow", "style", "accessibility_label"},
    "overflow": _COMMON | {"options", "confirm"},
    "image": {"type", "image_url", "slack_file", "alt_text"},
    "checkboxes": _MENU - {"placeholder"} | {"options", "initial_options"},
    "radio_buttons": _MENU - {"placeholder"} | {"options", "initial_option"},
    "datepicker": _MENU | {"initial_date"},
    "timepicker": _MENU | {"initial_time", "timezone"},
    "datetimepicker": _MENU - {"placeholder"} | {"initial_date_time"},
    "static_select": _STATIC | {"initial_option"},
    "multi_static_select": _STATIC | _MANY | {"initial_options"},
    "external_select": _MENU | {"min_query_length", "initial_option"},
    "multi_external_select": _MENU | _MANY | {"min_query_length", "initial_options"},
    "users_select": _MENU | {"initial_user"},
    "multi_users_select": _MENU | _MANY | {"initial_users"},
    "conversations_select": _MENU
    | _CONVERSATION
    | {"initial_conversation", "response_url_enabled"},
    "multi_conversations_select": _MENU | _CONVERSATION | _MANY | {"initial_conversations"},
    "channels_select": _MENU | {"initial_channel", "response_url_enabled"},
    "multi_channels_select": _MENU | _MANY | {"initial_channels"},
    "plain_text_input": _INPUT | {"multiline", "min_length", "max_length"},
    "number_input": _INPUT | {"is_decimal_allowed", "min_value", "max_value"},
    "email_text_input": _INPUT,
    "url_text_input": _INPUT,
    "rich_text_input": _INPUT | {"min_lines", "max_lines"},
    "file_input": _COMMON | {"filetypes", "max_files"},
    "feedback_buttons": _COMMON | {"positive_button", "negative_button"},
    "icon_button": _COMMON
    | {"icon", "text", "accessibility_label", "value", "visible_to_user_ids", "confirm"},
}


def check_element(
    found: Findings, where: str, value: object, allowed: set[str], action_ids: set[str]
) -> None:
    """One element; its action_id must differ from the others of its block (*action_ids*)."""
    kind = type_of(value)
    if kind not in allowed:
        found.add(where, f"an element of type {kind!r} is not allowed here")
        return
    element = found.thing(where, value, KEYS[kind])
    if element is None:
        return
    action_id = element.get("action_id")
    found.string(f"{where}.action_id", action_id, most=255)
    if isinstance(action_id, str):
        if action_id in action_ids:
            found.add(where, f"the action_id {action_id!r} occurs twice in its block")
        action_ids.add(action_id)
    _check_common(found, where, element)
    check = _CHECKS.get(kind)
    if check is not None:
        check(found, where, element)


def check_image_source(found: Findings, where: str, image: dict[str, Any]) -> None:
    """Where an image comes from, and the text that stands in for it."""
    if (image.get("image_url") is None) == (image.get("slack_file") is None):
        found.add(where, "needs either image_url or slack_file")
    found.url(f"{where}.image_url", image.get("image_url"))
    found.string(f"{where}.alt_text", image.get("alt_text"), most=2000, required=True)


def _check_common(found: Findings, where: str, element: dict[str, Any]) -> None:
    check_confirm(found, f"{where}.confirm", element.get("confirm"))
    placeholder = element.get("placeholder")
    check_text(found, f"{where}.placeholder", placeholder, most=150, kinds=PLAIN, required=False)
    found.flag(f"{where}.focus_on_load", element.get("focus_on_load"))
    found.focused += element.get("focus_on_load") is True
    found.number(
        f"{where}.max_selected_items", element.get("max_selected_items"), least=1, most=100
    )


def _check_button(found: Findings, where: str, button: dict[str, Any]) -> None:
    check_text(found, f"{where}.text", button.get("text"), most=75, kinds=PLAIN)
    found.string(f"{where}.value", button.get("value"), most=2000, least=0)
    found.url(f"{where}.url", button.get("url"))
    found.word(f"{where}.style", button.get("style"), {"primary", "danger"})
    found.string(f"{where}.accessibility_label", button.get("accessibility_label"), most=75)
    people = button.get("visible_to_user_ids")
    if people is not None:
        found.several(f"{where}.visible_to_user_ids", people, most=10)


def _check_icon_button(found: Findings, where: str, button: dict[str, Any]) -> None:
    found.word(f"{where}.icon", button.get("icon", "(missing)"), {"trash"})
    _check_button(found, where, button)


def _check_feedback(found: Findings, where: str, element: dict[str, Any]) -> None:
    for name in ("positive_button", "negative_button"):
        at = f"{where}.{name}"
        button = found.thing(at, element.get(name), {"text", "value", "accessibility_label"})
        if button is not None:
            _check_button(found, at, button)
            found.string(f"{at}.value", button.get("value"), most=2000, required=True)


def _check_overflow(found: Findings, where: str, element: dict[str, Any]) -> None:
    for n, option in enumerate(found.several(f"{where}.options", element.get("options"), most=5)):
        check_option(found, f"{where}.options[{n}]", option, kinds=PLAIN, link=True)


def _check_choices(found: Findings, where: str, element: dict[str, Any]) -> None:
    for n, option in enumerate(found.several(f"{where}.options", element.get("options"), most=10)):
        check_option(found, f"{where}.options[{n}]", option, kinds=ANY_TEXT)
    check_initial(found, where, element)


def _check_static(found: Findings, where: str, element: dict[str, Any]) -> None:
    check_option_lists(found, where, element)
    check_initial(found, where, element)


def _check_date(found: Findings, where: str, element: dict[str, Any]) -> None:
    day = element.get("initial_date")
    if day is not None and not (isinstance(day, str) and _DATE.fullmatch(day)):
        found.add(f"{where}.initial_date", "must be written YYYY-MM-DD")


def _check_external(found: Findings, where: str, element: dict[str, Any]) -> None:
    found.number(f"{where}.min_query_length", element.get("min_query_length"), least=0, most=255)


def _check_plain_text_input(found: Findings, where: str, element: dict[str, Any]) -> None:
    least, most = element.get("min_length"), element.get("max_length")
    found.number(f"{where}.min_length", least, least=0, most=3000)
    found.number(f"{where}.max_length", most, least=1, most=3000)
    if isinstance(least, int) and isinstance(most, int) and least > most:
        found.add(where, "min_length is larger than max_length")
    found.flag(f"{where}.multiline", element.get("multiline"))
    found.string(f"{where}.initial_value", element.get("initial_value"), most=3000, least=0)


def _check_number_input(found: Findings, where: str, element: dict[str, Any]) -> None:
    if not isinstance(element.get("is_decimal_allowed"), bool):
        found.add(f"{where}.is_decimal_allowed", "must be true or false")
    for name in ("initial_value", "min_value", "max_value"):
        found.string(f"{where}.{name}", element.get(name), most=255)


_CHECKS: dict[str, Callable[[Findings, str, dict[str, Any]], None]] = {
    "button": _check_button,
    "icon_button": _check_icon_button,
    "feedback_buttons": _check_feedback,
    "overflow": _check_overflow,
    "image": check_image_source,
    "checkboxes": _check_choices,
    "radio_buttons": _check_choices,
    "static_select": _check_static,
    "multi_static_select": _check_static,
    "datepicker": _check_date,
    "external_select": _check_external,
    "multi_external_select": _check_external,
    "plain_text_input": _check_plain_text_input,
    "number_input": _check_number_input,
}
