"""Web API: apps.connections.open. A URL of the socket is good for one connection."""

from __future__ import annotations

import secrets
from typing import Any

from bot.sandbox.workspace.people import APP_ID
from bot.sandbox.workspace.refusals import Args
from bot.sandbox.workspace.state import State


def open_connection(state: State, _args: Args) -> dict[str, Any]:
    ticket = secrets.token_urlsafe(18)
    state.tickets.add(ticket)
    address = state.url.replace("http://", "ws://", 1)
    return {"url": f"{address}/link/?ticket={ticket}&app_id={APP_ID}"}
