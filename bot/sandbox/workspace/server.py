"""The embedded Slack workspace as a server on loopback, and the Python API to act in it."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar

from aiohttp import web

from bot.sandbox.workspace.control import Control, errors_as_json
from bot.sandbox.workspace.delivery import RETRY_DELAYS, Attempt, Courier, Delivery
from bot.sandbox.workspace.delivery_http import HttpWay
from bot.sandbox.workspace.delivery_socket import DisconnectReason, SocketWay
from bot.sandbox.workspace.faults import Fault, FaultKind, Faults
from bot.sandbox.workspace.files import File
from bot.sandbox.workspace.happenings import Happenings
from bot.sandbox.workspace.loopback import only_loopback
from bot.sandbox.workspace.people import APP_ID, BOT_USER_ID, TEAM_ID
from bot.sandbox.workspace.state import ApiCall, Message, OpenView, State
from bot.sandbox.workspace.web_api import WebApi

T = TypeVar("T")
_LARGEST_BODY = 4 * 1024 * 1024


class Workspace(Happenings):
    """One team with the app installed. Acting methods return the `Delivery` that the app got.

    Deliveries go to the sockets that are connected; with none, to the URL of `use_http`.
    """

    team_id = TEAM_ID
    app_id = APP_ID
    bot_user_id = BOT_USER_ID

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        should_escape: bool,
        ack_seconds: float,
        retry_delays: Sequence[float],
        events: Collection[str] | None,
    ) -> None:
        state = State(now)
        state.subscriptions = None if events is None else frozenset(events)
        self.web_api = WebApi(state)
        self.http = HttpWay(state, ack_seconds=ack_seconds)
        self.sockets = SocketWay(state, ack_seconds=ack_seconds)
        courier = Courier(state, self.web_api.faults, (self.sockets, self.http), retry_delays)
        super().__init__(state, courier, should_escape=should_escape)

    @property
    def url(self) -> str:
        return self.state.url

    @property
    def api_url(self) -> str:
        """The base URL of the Web API, ending in /api/."""
        return f"{self.state.url}/api/"

    @property
    def bot_token(self) -> str:
        return self.state.bot_token

    @property
    def app_token(self) -> str:
        return self.state.app_token

    @property
    def signing_secret(self) -> str:
        return self.state.signing_secret

    @property
    def calls(self) -> list[ApiCall]:
        """Every Web API and response_url call, in order."""
        return self.state.calls

    @property
    def files(self) -> list[File]:
        """Every file that the app has shared, with its bytes, oldest first."""
        return self.state.files.shared

    @property
    def deliveries(self) -> list[Delivery]:
        return self.courier.deliveries

    @property
    def faults(self) -> Faults:
        return self.web_api.faults

    def fault(
        self,
        kind: FaultKind,
        method: str | None = None,
        *,
        error: str = "internal_error",
        seconds: float = 1,
        times: int = 1,
    ) -> None:
        """Order a fault; see `Fault`. Raises LookupError for an unknown kind or method."""
        fault = Fault(kind=kind, method=method, error=error, seconds=seconds, times=times)
        self.faults.order(fault)

    def messages(self, channel_id: str, as_user: str) -> list[Message]:
        """What a person sees in a channel outside threads, oldest first."""
        self.state.person(as_user)
        return [one for one in self.state.visible(channel_id, as_user) if not one.thread_ts]

    def replies(self, channel_id: str, ts: str, as_user: str) -> list[Message]:
        """What a person sees in the thread below message *ts*."""
        self.state.person(as_user)
        return [one for one in self.state.visible(channel_id, as_user) if one.thread_ts == ts]

    def views(self, user_id: str) -> list[OpenView]:
        """The person's open modals, the topmost last."""
        return list(self.state.stack(self.state.person(user_id).user_id))

    def home(self, user_id: str) -> OpenView | None:
        return self.state.homes.get(self.state.person(user_id).user_id)

    async def until(self, predicate: Callable[[], T], *, timeout: float = 5) -> T:  # noqa: ASYNC109
        """Wait until *predicate* is true, asked after each change here. Raises TimeoutError."""
        return await self.state.until(predicate, timeout=timeout)

    async def redeliver(self, delivery: Delivery) -> Attempt:
        """Send the same body or envelope again, any time later."""
        return await self.courier.redeliver(delivery)

    def use_http(self, request_url: str | None) -> None:
        """Set the app's request URL for commands, interactivity and events; None unsets it."""
        self.http.request_url = request_url

    async def disconnect_sockets(self, reason: DisconnectReason = "refresh_requested") -> None:
        """Tell the app's sockets to go; a client then connects anew."""
        await self.sockets.disconnect(reason)

    async def close(self) -> None:
        await self.courier.close()
        await self.sockets.close()
        await self.http.close()


def _application(workspace: Workspace) -> web.Application:
    app = web.Application(middlewares=[only_loopback], client_max_size=_LARGEST_BODY)
    app.add_routes(
        [
            web.route("*", "/api/{method}", workspace.web_api.call),
            web.post("/response/{team}/{key}", workspace.web_api.respond),
            web.post("/upload/v1/{key}", workspace.web_api.upload),
            web.get("/link/", workspace.sockets.connect),
        ]
    )
    control = web.Application(middlewares=[errors_as_json])
    control.add_routes(Control(workspace).routes())
    app.add_subapp("/_sandbox/", control)
    return app


def _system_time() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (the clock of a sandbox that nobody gave one)


@asynccontextmanager
async def start_workspace(
    *,
    port: int = 0,
    now: Callable[[], datetime] = _system_time,
    should_escape: bool = True,
    ack_seconds: float = 3,
    retry_delays: Sequence[float] = RETRY_DELAYS,
    events: Collection[str] | None = None,
) -> AsyncIterator[Workspace]:
    """Serve a fresh workspace on 127.0.0.1 (*port* 0 = any free one) for as long as it is entered.

    *now* is its clock (aware UTC): it decides over triggers, response URLs, rate limits and
    signatures. *ack_seconds* is how long it really waits for the app, *retry_delays* the seconds
    before each retry of an event, *events* the manifest's `bot_events` (None = all there are).
    """
    workspace = Workspace(
        now,
        should_escape=should_escape,
        ack_seconds=ack_seconds,
        retry_delays=retry_delays,
        events=events,
    )
    listener = socket.create_server(("127.0.0.1", port))
    runner = web.AppRunner(_application(workspace), access_log=None, shutdown_timeout=1)
    await runner.setup()
    workspace.state.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        await web.SockSite(runner, listener).start()
        yield workspace
    finally:
        await workspace.close()
        await runner.cleanup()
