"""The stack of modals and the Home tab: open, push, update, publish, pop.

Sources: "Modals", views.open, views.push, views.update, views.publish.
"""

from __future__ import annotations

import secrets
from typing import Any

from bot.sandbox.workspace.inputs import still_there, with_ids
from bot.sandbox.workspace.refusals import Refused
from bot.sandbox.workspace.state import OpenView, State

STACK = 3


def use_trigger(state: State, trigger_id: object, *, inside: bool) -> str:
    """Whose trigger it is; it is used up. *inside* = it must come from an open modal.

    Raises:
        Refused: unknown, older than three seconds, used before, or not from a modal.
    """
    trigger = state.triggers.get(trigger_id) if isinstance(trigger_id, str) else None
    if trigger is None:
        raise Refused("invalid_arguments", ["invalid `trigger_id`"])
    if trigger.used:
        raise Refused("trigger_exchanged")
    if state.now() > trigger.expires_at:
        raise Refused("expired_trigger_id")
    if inside and not (trigger.from_view and state.stack(trigger.user_id)):
        raise Refused("not_found", ["no open view to push onto"])
    if inside and len(state.stack(trigger.user_id)) >= STACK:
        raise Refused("push_limit_reached")
    trigger.used = True
    return trigger.user_id


def open_view(state: State, user_id: str, sent: dict[str, Any], *, push: bool) -> OpenView:
    """Put a modal on top of the stack, or in place of the whole stack."""
    stack = state.stack(user_id)
    if push and len(stack) >= STACK:
        raise Refused("push_limit_reached")
    check_external_id(state, sent)
    if not push:
        stack.clear()
    view = _new(state, user_id, sent)
    if stack:
        view.root_view_id, view.previous_view_id = stack[0].view_id, stack[-1].view_id
    stack.append(view)
    state.changed()
    return view


def update_view(
    state: State, view: OpenView, sent: dict[str, Any], *, hash_seen: object = None
) -> OpenView:
    """Redraw a view in place; what was typed stays where both ids stay.

    Raises:
        Refused: `hash_conflict` if *hash_seen* is not the hash of what is shown.
    """
    if hash_seen and hash_seen != view.hash:
        raise Refused("hash_conflict")
    check_external_id(state, sent, but=view)
    view.sent = _with_block_ids(state, sent)
    view.typed = still_there(view.blocks, view.typed)
    view.errors = {}
    view.hash = _hash(state)
    state.changed()
    return view


def publish_view(
    state: State, user_id: str, sent: dict[str, Any], *, hash_seen: object
) -> OpenView:
    """Set a person's Home; the first one is created."""
    home = state.homes.get(user_id)
    if home is not None:
        return update_view(state, home, sent, hash_seen=hash_seen)
    if hash_seen:
        raise Refused("hash_conflict")
    check_external_id(state, sent)
    state.homes[user_id] = _new(state, user_id, sent)
    state.changed()
    return state.homes[user_id]


def find_view(state: State, *, view_id: object, external_id: object) -> OpenView:
    """An open modal or a Home by either id. Raises Refused: `not_found` once it is closed."""
    for view in _all(state):
        if view.view_id == view_id or (external_id and view.sent.get("external_id") == external_id):
            return view
    raise Refused("not_found")


def check_external_id(state: State, sent: dict[str, Any], but: OpenView | None = None) -> None:
    external_id = sent.get("external_id")
    taken = (view.sent.get("external_id") for view in _all(state) if view is not but)
    if external_id and external_id in taken:
        raise Refused("duplicate_external_id")


def _all(state: State) -> list[OpenView]:
    stacked = [view for stack in state.stacks.values() for view in stack]
    return stacked + list(state.homes.values())


def _new(state: State, user_id: str, sent: dict[str, Any]) -> OpenView:
    view_id = state.next_id("V")
    return OpenView(
        view_id=view_id,
        user_id=user_id,
        sent=_with_block_ids(state, sent),
        hash=_hash(state),
        root_view_id=view_id,
    )


def _with_block_ids(state: State, sent: dict[str, Any]) -> dict[str, Any]:
    return {**sent, "blocks": with_ids(sent["blocks"], state.next_id)}


def _hash(state: State) -> str:
    return f"{int(state.now().timestamp())}.{secrets.token_hex(4)}"
