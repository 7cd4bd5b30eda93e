"""Web API: apps.connections.open, apps.manifest.export. A URL of the socket is good for one
connection."""

from __future__ import annotations

import secrets
from typing import Any

from bot.sandbox.workspace.people import APP_ID
from bot.sandbox.workspace.refusals import Args, Refused
from bot.sandbox.workspace.state import State


def open_connection(state: State, _args: Args) -> dict[str, Any]:
    ticket = secrets.token_urlsafe(18)
    state.tickets.add(ticket)
    address = state.url.replace("http://", "ws://", 1)
    return {"url": f"{address}/link/?ticket={ticket}&app_id={APP_ID}"}


def export_manifest(state: State, args: Args) -> dict[str, Any]:
    if args.get("app_id") != APP_ID:
        raise Refused("invalid_app_id")
    if state.manifest is None:
        raise Refused("failed_export")
    return {"manifest": state.manifest}
