"""Web API: modals and Home. Sources: views.open, views.push, views.update, views.publish."""

from __future__ import annotations

from typing import Any

from bot.sandbox.workspace import views
from bot.sandbox.workspace.refusals import Args, Refused, checked_view, text_of
from bot.sandbox.workspace.state import State

Answer = dict[str, Any]


def views_open(state: State, args: Args) -> Answer:
    return _on_trigger(state, args, push=False)


def views_push(state: State, args: Args) -> Answer:
    return _on_trigger(state, args, push=True)


def views_update(state: State, args: Args) -> Answer:
    view = views.find_view(state, view_id=args.get("view_id"), external_id=args.get("external_id"))
    sent = checked_view(args, str(view.sent["type"]))
    views.update_view(state, view, sent, hash_seen=args.get("hash"))
    return {"view": view.as_json()}


def views_publish(state: State, args: Args) -> Answer:
    sent = checked_view(args, "home")
    user_id = text_of(args, "user_id", "invalid_arguments")
    person = state.people.get(user_id)
    if person is None or person.deleted or person.is_bot:
        raise Refused("user_not_found")
    view = views.publish_view(state, user_id, sent, hash_seen=args.get("hash"))
    return {"view": view.as_json()}


def _on_trigger(state: State, args: Args, *, push: bool) -> Answer:
    """A view with a fault does not use up the trigger."""
    sent = checked_view(args, "modal")
    views.check_external_id(state, sent)
    user_id = views.use_trigger(state, args.get("trigger_id"), inside=push)
    return {"view": views.open_view(state, user_id, sent, push=push).as_json()}
