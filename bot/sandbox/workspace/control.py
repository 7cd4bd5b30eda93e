"""The control API under /_sandbox: what the Python API does, as JSON, for the page and for checks.

An unknown person, channel, fault or act answers 404, what no client could do 409, both with
`{"error": sentence}`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.sandbox.workspace.delivery import Delivery
from bot.sandbox.workspace.faults import Fault
from bot.sandbox.workspace.inputs import NotPossible

if TYPE_CHECKING:
    from bot.sandbox.workspace.server import Workspace

Act = Callable[..., Awaitable[Any]]
_FAULT_KEYS = {"kind", "method", "error", "seconds", "times"}


class Control:
    """Routes below /_sandbox."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._acts: dict[str, Act] = {
            "command": workspace.command,
            "say": workspace.say,
            "use_shortcut": workspace.use_shortcut,
            "click_message": workspace.click_message,
            "click_modal": workspace.click_modal,
            "click_home": workspace.click_home,
            "submit": workspace.submit,
            "close_view": workspace.close_view,
            "open_home": workspace.open_home,
            "send_event": workspace.send_event,
            "change_person": workspace.change_person,
            "change_group": workspace.change_group,
            "uninstall": workspace.uninstall,
            "redeliver": self._redeliver,
            "disconnect_sockets": workspace.disconnect_sockets,
            "use_http": self._use_http,
        }

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/app", self._app),
            web.get("/people", self._people),
            web.get("/channels", self._channels),
            web.get("/messages", self._messages),
            web.get("/views", self._views),
            web.get("/home", self._home),
            web.get("/calls", self._calls),
            web.get("/deliveries", self._deliveries),
            web.post("/act", self.act),
            web.post("/faults", self._order_fault),
            web.delete("/faults", self._clear_faults),
        ]

    async def _app(self, _request: web.Request) -> web.Response:
        workspace = self._workspace
        names = (
            "api_url", "bot_token", "app_token", "signing_secret", "team_id", "app_id",
            "bot_user_id",
        )  # fmt: skip
        return web.json_response({name: getattr(workspace, name) for name in names})

    async def _people(self, _request: web.Request) -> web.Response:
        return web.json_response([asdict(one) for one in self._workspace.state.people.values()])

    async def _channels(self, _request: web.Request) -> web.Response:
        return web.json_response([asdict(one) for one in self._workspace.state.channels.values()])

    async def _messages(self, request: web.Request) -> web.Response:
        channel, person = request.query.get("channel", ""), request.query.get("as", "")
        shown = self._workspace.messages(channel, person)
        return web.json_response(
            [one.as_json() | {"is_ephemeral": one.ephemeral_to is not None} for one in shown]
        )

    async def _views(self, request: web.Request) -> web.Response:
        shown = self._workspace.views(request.query.get("as", ""))
        return web.json_response([one.as_json() | {"errors": one.errors} for one in shown])

    async def _home(self, request: web.Request) -> web.Response:
        home = self._workspace.home(request.query.get("as", ""))
        return web.json_response(home.as_json() if home else None)

    async def _calls(self, _request: web.Request) -> web.Response:
        calls = self._workspace.calls
        return web.json_response([asdict(one) | {"at": one.at.isoformat()} for one in calls])

    async def _deliveries(self, _request: web.Request) -> web.Response:
        return web.json_response([_shown(one) for one in self._workspace.deliveries])

    async def act(self, request: web.Request) -> web.Response:
        """`{"do": name, …arguments of the Python method}`; `as` stands for `user_id`, `channel`
        for `channel_id`. Answers the delivery, a list of them, or null."""
        wanted = await _body(request)
        name = wanted.pop("do", None)
        if name not in self._acts:
            raise LookupError(f"no such act: {name}")
        for short, long in (("as", "user_id"), ("channel", "channel_id")):
            if short in wanted:
                wanted[long] = wanted.pop(short)
        return web.json_response(_shown(await self._acts[name](**wanted)))

    async def _order_fault(self, request: web.Request) -> web.Response:
        wanted = await _body(request)
        unknown = sorted(set(wanted) - _FAULT_KEYS)
        if unknown or "kind" not in wanted:
            raise LookupError(f"a fault has {', '.join(sorted(_FAULT_KEYS))}, not {unknown}")
        self._workspace.faults.order(Fault(**wanted))
        return web.json_response({"ok": True})

    async def _clear_faults(self, _request: web.Request) -> web.Response:
        self._workspace.faults.ordered.clear()
        return web.json_response({"ok": True})

    async def _redeliver(self, delivery: str) -> Delivery:
        found = self._workspace.courier.find(delivery)
        await self._workspace.redeliver(found)
        return found

    async def _use_http(self, request_url: str | None) -> None:
        self._workspace.use_http(request_url)


@web.middleware
async def errors_as_json(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Wrong requests to the control API in words; the Web API has its own way of saying no."""
    try:
        return await handler(request)
    except LookupError as error:
        return web.json_response({"error": str(error)}, status=404)
    except NotPossible as error:
        return web.json_response({"error": str(error)}, status=409)
    except (TypeError, ValueError) as error:
        return web.json_response({"error": f"wrong arguments: {error}"}, status=400)


async def _body(request: web.Request) -> dict[str, Any]:
    body = json.loads(await request.read() or b"{}")
    if not isinstance(body, dict):
        raise TypeError("an object is expected")
    return body


def _shown(outcome: Any) -> Any:
    if isinstance(outcome, list):
        return [_shown(one) for one in outcome]
    if not isinstance(outcome, Delivery):
        return None
    return asdict(outcome) | {
        "ok": outcome.ok,
        "status": outcome.status,
        "answer": outcome.answer,
        "elapsed_ms": outcome.elapsed_ms,
    }
