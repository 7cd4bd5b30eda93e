"""Every limit of Block Kit as pure functions over plain dicts: what a payload does wrong.

Source: Block Kit reference (blocks, elements, composition objects, views) and chat.postMessage.
An empty list means that Slack would take the payload. Sentences begin with where the fault is; the
two faults with an error code of their own begin with it (`msg_blocks_too_long`, `view_too_large`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

from bot.sandbox.workspace.block_elements import (
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    check_element,
    check_image_source,
)
from bot.sandbox.workspace.block_parts import PLAIN, Findings, check_text, type_of
from bot.sandbox.workspace.block_tables import (
    characters_in,
    check_alert,
    check_card,
    check_chart,
    check_data_table,
    check_rich_text,
    check_table,
    check_totals,
)

Surface = Literal["message", "modal", "home"]

MESSAGE_CHARACTERS = 13_200  # over all blocks of a message; observed, not documented
MESSAGE_TEXT = 4_000  # what Slack advises; it cuts at 40,000
VIEW_BYTES = 250_000
_BLOCKS = {"message": 50, "modal": 100, "home": 100}
_EVERYWHERE = frozenset({"message", "modal", "home"})
_ON: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        ("section", "context", "actions", "divider", "header", "image", "rich_text", "input"),
        _EVERYWHERE,
    ),
    **dict.fromkeys(
        ("table", "data_table", "container", "carousel"), frozenset({"message", "home"})
    ),
    **dict.fromkeys(("task_card", "plan"), _EVERYWHERE - {"modal", "home"}),
    **dict.fromkeys(
        ("markdown", "data_visualization", "context_actions", "card"), frozenset({"message"})
    ),
    "alert": frozenset({"modal"}),
}
_IN_CONTAINER = {
    "actions", "context", "divider", "header", "image", "input", "rich_text", "section", "table"
}  # fmt: skip
_KEYS: dict[str, set[str]] = {
    "section": {"text", "fields", "accessory", "expand"},
    "divider": set(),
    "header": {"text", "level"},
    "context": {"elements"},
    "actions": {"elements"},
    "context_actions": {"elements"},
    "image": {"image_url", "slack_file", "alt_text", "title"},
    "input": {"label", "element", "hint", "optional", "dispatch_action"},
    "rich_text": {"elements"},
    "markdown": {"text"},
    "table": {"rows", "column_settings"},
    "data_table": {"rows", "caption", "page_size", "row_header_column_index"},
    "data_visualization": {"title", "chart"},
    "alert": {"text", "level"},
    "card": {"hero_image", "icon", "slack_icon", "title", "subtitle", "body", "subtext", "actions"},
    "carousel": {"elements"},
    "container": {
        "title", "rich_text_title", "subtitle", "child_blocks", "width", "icon", "is_collapsible",
        "default_collapsed", "has_header_divider",
    },
    "task_card": {"task_id", "title", "details", "output", "sources", "status"},
    "plan": {"title", "tasks"},
}  # fmt: skip
_VIEW_KEYS = {
    "type", "title", "submit", "close", "blocks", "callback_id", "private_metadata", "external_id",
    "clear_on_close", "notify_on_close", "submit_disabled",
}  # fmt: skip


def problems(blocks: list[dict[str, Any]], surface: Surface) -> list[str]:
    """What Slack would refuse in *blocks* on a *surface*."""
    found = Findings()
    listed = found.several("blocks", blocks, least=0, most=_BLOCKS[surface])
    for n, block in enumerate(listed):
        _check_block(found, f"blocks[{n}]", block, surface)
    check_totals(found, surface)
    total = characters_in(listed)
    if surface == "message" and total > MESSAGE_CHARACTERS:
        found.add("msg_blocks_too_long", f"{total} characters over all blocks, over 13200")
    return found.sentences


def view_problems(view: dict[str, Any]) -> list[str]:
    """What Slack would refuse in a *view* (modal or home)."""
    if type_of(view) not in ("modal", "home"):
        return ["view.type: must be modal or home"]
    kind: Surface = "modal" if view["type"] == "modal" else "home"
    found = Findings()
    found.thing("view", view, _VIEW_KEYS)
    _check_frame(found, view, kind)
    for name, most in (("callback_id", 255), ("private_metadata", 3000), ("external_id", 255)):
        found.string(f"view.{name}", view.get(name), most=most, least=0)
    for name in ("clear_on_close", "notify_on_close", "submit_disabled"):
        found.flag(f"view.{name}", view.get(name))
    if not view.get("blocks"):
        found.add("view.blocks", "a view holds at least one block")
    size = len(json.dumps(view, ensure_ascii=False).encode())
    if size > VIEW_BYTES:
        found.add("view_too_large", f"{size} bytes, over 250000")
    return found.sentences + problems(view.get("blocks") or [], kind)


def message_problems(payload: dict[str, Any]) -> list[str]:
    """What is wrong with a message: its blocks, and a `text` that must mean something alone.

    Slack itself takes blocks without a text; screen readers and phones then have nothing to read.
    """
    found = Findings()
    text, blocks = payload.get("text"), payload.get("blocks")
    if not isinstance(text, str) or not text.strip():
        found.add("text", "is missing or empty")
    elif len(text) > MESSAGE_TEXT:
        found.add("text", f"has {len(text)} characters, best are at most 4000")
    if isinstance(blocks, str):
        blocks = json.loads(blocks)
    return found.sentences + (problems(blocks, "message") if blocks else [])


def _check_frame(found: Findings, view: dict[str, Any], kind: str) -> None:
    """The title and buttons around the blocks, which only a modal has."""
    if kind == "home":
        for name in sorted({"title", "submit", "close"} & set(view)):
            found.add(f"view.{name}", "a home view has none")
        return
    check_text(found, "view.title", view.get("title"), most=24, kinds=PLAIN)
    for name in ("submit", "close"):
        check_text(found, f"view.{name}", view.get(name), most=24, kinds=PLAIN, required=False)
    blocks = view.get("blocks")
    listed = blocks if isinstance(blocks, list) else []
    has_input = any(type_of(block) == "input" for block in listed)
    if has_input and view.get("submit") is None:
        found.add("view.submit", "is missing, and there are input blocks")


def _check_block(found: Findings, where: str, value: object, surface: Surface) -> None:
    kind = type_of(value)
    if kind not in _ON:
        found.add(where, f"unknown block type {kind!r}")
        return
    if surface not in _ON[kind]:
        found.add(where, f"a {kind} block is not allowed on this surface ({surface})")
    block = found.thing(where, value, _KEYS[kind] | {"type", "block_id"})
    if block is None:
        return
    block_id = block.get("block_id")
    found.string(f"{where}.block_id", block_id, most=255)
    if isinstance(block_id, str):
        if block_id in found.block_ids:
            found.add(where, f"the block_id {block_id!r} occurs twice")
        found.block_ids.add(block_id)
    if kind == "container":
        _check_container(found, where, block, surface)
    elif kind in _CHECKS:
        _CHECKS[kind](found, where, block)


def _check_section(found: Findings, where: str, block: dict[str, Any]) -> None:
    fields = block.get("fields")
    if block.get("text") is None and fields is None:
        found.add(where, "needs text or fields")
    check_text(found, f"{where}.text", block.get("text"), required=False)
    if fields is not None:
        for n, one in enumerate(found.several(f"{where}.fields", fields, most=10)):
            check_text(found, f"{where}.fields[{n}]", one, most=2000)
    if block.get("accessory") is not None:
        check_element(found, f"{where}.accessory", block["accessory"], IN_SECTION, set())
    found.flag(f"{where}.expand", block.get("expand"))


def _check_header(found: Findings, where: str, block: dict[str, Any]) -> None:
    check_text(found, f"{where}.text", block.get("text"), most=150, kinds=PLAIN)
    found.number(f"{where}.level", block.get("level"), least=1, most=4)


def _check_context(found: Findings, where: str, block: dict[str, Any]) -> None:
    for n, one in enumerate(found.several(f"{where}.elements", block.get("elements"), most=10)):
        at = f"{where}.elements[{n}]"
        if type_of(one) == "image":
            check_element(found, at, one, {"image"}, set())
        else:
            check_text(found, at, one)


def _check_actions(found: Findings, where: str, block: dict[str, Any]) -> None:
    is_plain = block["type"] == "actions"
    allowed, most = (IN_ACTIONS, 25) if is_plain else (IN_CONTEXT_ACTIONS, 5)
    ids: set[str] = set()
    for n, one in enumerate(found.several(f"{where}.elements", block.get("elements"), most=most)):
        check_element(found, f"{where}.elements[{n}]", one, allowed, ids)


def _check_image(found: Findings, where: str, block: dict[str, Any]) -> None:
    check_image_source(found, where, block)
    check_text(found, f"{where}.title", block.get("title"), most=2000, kinds=PLAIN, required=False)


def _check_input(found: Findings, where: str, block: dict[str, Any]) -> None:
    check_text(found, f"{where}.label", block.get("label"), most=2000, kinds=PLAIN)
    check_text(found, f"{where}.hint", block.get("hint"), most=2000, kinds=PLAIN, required=False)
    check_element(found, f"{where}.element", block.get("element"), IN_INPUT, set())
    found.flag(f"{where}.optional", block.get("optional"))
    found.flag(f"{where}.dispatch_action", block.get("dispatch_action"))


def _check_markdown(found: Findings, where: str, block: dict[str, Any]) -> None:
    text = block.get("text")
    found.string(f"{where}.text", text, most=12_000, required=True)
    found.markdown_characters += len(text) if isinstance(text, str) else 0


def _check_carousel(found: Findings, where: str, block: dict[str, Any]) -> None:
    for n, card in enumerate(found.several(f"{where}.elements", block.get("elements"), most=10)):
        at = f"{where}.elements[{n}]"
        one = found.thing(at, card, _KEYS["card"] | {"type", "block_id"})
        if one is not None:
            check_card(found, at, one)


def _check_container(found: Findings, where: str, block: dict[str, Any], surface: Surface) -> None:
    if block.get("title") is None and block.get("rich_text_title") is None:
        found.add(where, "needs title or rich_text_title")
    for name in ("title", "subtitle"):
        check_text(found, f"{where}.{name}", block.get(name), most=150, required=False)
    found.word(f"{where}.width", block.get("width"), {"narrow", "standard", "wide", "full"})
    if block.get("is_collapsible") and block.get("has_header_divider") is not None:
        found.add(where, "has_header_divider cannot go with is_collapsible")
    children = found.several(f"{where}.child_blocks", block.get("child_blocks"), most=10)
    for n, child in enumerate(children):
        at = f"{where}.child_blocks[{n}]"
        if type_of(child) not in _IN_CONTAINER:
            found.add(at, f"a {type_of(child)!r} block is not allowed in a container")
        else:
            _check_block(found, at, child, surface)


_CHECKS: dict[str, Callable[[Findings, str, dict[str, Any]], None]] = {
    "section": _check_section,
    "header": _check_header,
    "context": _check_context,
    "actions": _check_actions,
    "context_actions": _check_actions,
    "image": _check_image,
    "input": _check_input,
    "rich_text": check_rich_text,
    "markdown": _check_markdown,
    "table": check_table,
    "data_table": check_data_table,
    "data_visualization": check_chart,
    "alert": check_alert,
    "card": check_card,
    "carousel": _check_carousel,
}
