"""What people typed and chose: elements of a surface, their state, and what the client asks for.

Source: Block Kit reference, "Elements"; `view.state.values` of the interaction payloads.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from bot.sandbox.workspace.block_parts import offered_options

Block = dict[str, Any]
Element = dict[str, Any]
Typed = dict[tuple[str, str], dict[str, Any]]  # (block_id, action_id) -> entry of state.values

_STATELESS = {"button", "overflow", "workflow_button", "image", "icon_button", "feedback_buttons"}
# element type -> (property of its state, property with what is there at first)
_HELD = {
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "rich_text_input": ("rich_text_value", "initial_value"),
}
_TYPED = ("value", "initial_value")
_LISTS = {"actions": "elements", "context_actions": "elements", "card": "actions"}


class NotPossible(Exception):
    """Nobody could do this in a Slack client: no such button, option, message or open view."""


def with_ids(blocks: list[Block], new_id: Any) -> list[Block]:
    """A copy in which every block and every interactive element has an id, as Slack adds them."""
    copied = deepcopy(blocks)
    for block in copied:
        block.setdefault("block_id", new_id())
        for child in _inner_blocks(block):
            child.setdefault("block_id", new_id())
    for _, element in elements(copied):
        if element["type"] != "image":
            element.setdefault("action_id", new_id())
    return copied


def elements(blocks: list[Block]) -> Iterator[tuple[Block, Element]]:
    """Every element with its block, in reading order."""
    for block in blocks:
        for name in ("accessory", "element"):
            if isinstance(block.get(name), dict):
                yield block, block[name]
        for element in block.get(_LISTS.get(block["type"], "")) or ():
            yield block, element
        yield from elements(_inner_blocks(block))


def _inner_blocks(block: Block) -> list[Block]:
    """The blocks of a container, the cards of a carousel."""
    name = {"container": "child_blocks", "carousel": "elements"}.get(block["type"], "")
    inner: list[Block] = block.get(name) or []
    return inner


def state_values(blocks: list[Block], typed: Typed) -> dict[str, dict[str, Any]]:
    """`state.values`: every element that holds something, what was typed before what was there."""
    values: dict[str, dict[str, Any]] = {}
    for block, element in elements(blocks):
        if element["type"] not in _STATELESS:
            key = (block["block_id"], element["action_id"])
            values.setdefault(key[0], {})[key[1]] = typed.get(key) or _at_first(element)
    return values


def still_there(blocks: list[Block], typed: Typed) -> Typed:
    """What stays typed when a view is redrawn: the pairs of ids that exist as before."""
    there = {(block["block_id"], element.get("action_id")) for block, element in elements(blocks)}
    return {key: entry for key, entry in typed.items() if key in there}


def entry(element: Element, value: Any) -> dict[str, Any]:
    """An entry of `state.values` for *value*: a text, an option's value, an id, or a list of them.

    Raises:
        NotPossible: the element offers no such option.
    """
    held, _ = _HELD.get(element["type"], _TYPED)
    if held == "selected_option" and value is not None:
        value = option_of(element, value)
    elif held == "selected_options":
        value = [option_of(element, one) for one in value or []]
    return {"type": element["type"], held: value}


def option_of(element: Element, value: str) -> dict[str, Any]:
    for option in offered_options(element):
        if option["value"] == value:
            return option
    raise NotPossible(f"the {element['type']} offers no option {value!r}")


def complaints(blocks: list[Block], typed: Typed) -> dict[str, str]:
    """What the client says under an input before it sends anything: {block_id: sentence}."""
    said: dict[str, str] = {}
    for block, element in elements(blocks):
        if block["type"] != "input":
            continue
        held, _ = _HELD.get(element["type"], _TYPED)
        value = (typed.get((block["block_id"], element["action_id"])) or _at_first(element))[held]
        sentence = _complaint(element, value, optional=block.get("optional") is True)
        if sentence:
            said[block["block_id"]] = sentence
    return said


def _complaint(element: Element, value: Any, *, optional: bool) -> str | None:
    if not value:
        return None if optional else "Please complete this required field."
    least, most = element.get("min_length") or 0, element.get("max_length") or 3000
    if element["type"] == "plain_text_input" and not least <= len(value) <= most:
        return f"Please enter {least} to {most} characters."
    return None


def _at_first(element: Element) -> dict[str, Any]:
    held, initial = _HELD.get(element["type"], _TYPED)
    empty: Any = [] if initial.endswith("s") else None
    return {"type": element["type"], held: element.get(initial, empty)}
