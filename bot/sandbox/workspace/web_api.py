"""The Web API over HTTP: arguments, tokens, faults, rate limits, and the record of every call.

Source: "Using the Slack Web API".
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web

from bot.sandbox.workspace import api_chat, api_files, api_people, api_views, response_url
from bot.sandbox.workspace.api_apps import export_manifest, open_connection
from bot.sandbox.workspace.faults import Fault, Faults
from bot.sandbox.workspace.limits import RateLimits
from bot.sandbox.workspace.refusals import Args, Refused, decoded
from bot.sandbox.workspace.scopes import check_right, kind_of, scopes_of
from bot.sandbox.workspace.state import State

METHODS: dict[str, Callable[[State, Args], dict[str, Any]]] = {
    "auth.test": api_people.auth_test,
    "bots.info": api_people.bots_info,
    "users.info": api_people.users_info,
    "usergroups.list": api_people.usergroups_list,
    "usergroups.users.list": api_people.usergroups_users_list,
    "conversations.info": api_people.conversations_info,
    "conversations.members": api_people.conversations_members,
    "conversations.open": api_people.conversations_open,
    "chat.postMessage": api_chat.post_message,
    "chat.postEphemeral": api_chat.post_ephemeral,
    "chat.update": api_chat.update,
    "chat.delete": api_chat.delete,
    "files.getUploadURLExternal": api_files.get_upload_url,
    "files.completeUploadExternal": api_files.complete_upload,
    "views.open": api_views.views_open,
    "views.push": api_views.views_push,
    "views.update": api_views.views_update,
    "views.publish": api_views.views_publish,
    "apps.connections.open": open_connection,
    "apps.manifest.export": export_manifest,
}
RESPONSE_URL = "response_url"
UPLOAD = "upload"  # of a file's bytes


class WebApi:
    """Answers `/api/METHOD`, `/response/TEAM/KEY` and `/upload/v1/KEY`."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.faults = Faults([*METHODS, RESPONSE_URL, UPLOAD])
        self._limits = RateLimits()

    async def call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        args, token = await _read(request)
        return await self._with_faults(
            request, method, args, lambda: self._act(method, args, token)
        )

    async def respond(self, request: web.Request) -> web.Response:
        args, _ = await _read(request)
        key = request.match_info["key"]
        return await self._with_faults(
            request, RESPONSE_URL, args, lambda: self._respond(key, args)
        )

    async def upload(self, request: web.Request) -> web.Response:
        """Bytes for an address of files.getUploadURLExternal."""
        content = await request.content.read()
        key, args = request.match_info["key"], {"bytes": len(content)}
        return await self._with_faults(
            request, UPLOAD, args, lambda: self._upload(key, content, args)
        )

    async def _with_faults(
        self, request: web.Request, method: str, args: Args, act: Callable[[], web.Response]
    ) -> web.Response:
        fault = self.faults.for_call(method)
        if fault is None:
            return act()
        if fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            return act()
        if fault.kind == "drop_after":
            answer = act()
        else:
            answer = _refusal(fault, method)
            self.state.record(method, args, _error_of(fault))
        if fault.kind in ("drop_before", "drop_after") and request.transport is not None:
            request.transport.close()
        return answer

    def _act(self, method: str, args: Args, token: str | None) -> web.Response:
        state = self.state
        wait = self._limits.retry_after(method, args, state.now()) if state.rate_limits else None
        if wait is not None:
            state.record(method, args, "ratelimited")
            return _throttled(wait)
        try:
            answer = {"ok": True, **self._answer(method, args, token)}
        except Refused as refused:
            state.record(method, args, refused.error)
            answer = refused.as_json()
        else:
            state.record(method, args, None)
        return web.json_response(answer, headers={"X-OAuth-Scopes": _announced(state, token)})

    def _answer(self, method: str, args: Args, token: str | None) -> dict[str, Any]:
        if method not in METHODS:
            raise Refused("unknown_method")
        state = self.state
        if not token:
            raise Refused("not_authed")
        kind = kind_of(state, token)
        if state.revoked:
            raise Refused("token_revoked")
        if kind == "app" and method == "auth.test":
            return {"app_name": "countersign", "app_id": state.app_token_app_id}
        check_right(state, method, kind)
        return METHODS[method](state, args)

    def _respond(self, key: str, args: Args) -> web.Response:
        try:
            response_url.use(self.state, key, args)
        except Refused as refused:
            self.state.record(RESPONSE_URL, args, refused.error)
            status = 404 if refused.error in ("expired_url", "used_url") else 400
            return web.json_response(refused.as_json(), status=status)
        self.state.record(RESPONSE_URL, args, None)
        return web.Response(text="ok")

    def _upload(self, key: str, content: bytes, args: Args) -> web.Response:
        status, text = self.state.files.receive(key, content, self.state.now())
        self.state.record(UPLOAD, args, None if status == HTTPStatus.OK else text)
        return web.Response(status=status, text=text)


def _announced(state: State, token: str | None) -> str:
    try:
        return scopes_of(state, kind_of(state, token or ""))
    except Refused:
        return ""


async def _read(request: web.Request) -> tuple[Args, str | None]:
    """Arguments from the query and a form or JSON body, and the token, which is kept apart."""
    args: Args = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read() or b"{}")
        except ValueError:
            body = {}
        args |= body if isinstance(body, dict) else {}
    elif request.can_read_body:
        args |= dict(await request.post())
    in_args = args.pop("token", None)
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else in_args
    return decoded(args), token


def _error_of(fault: Fault) -> str:
    return {"error": fault.error, "rate_limited": "ratelimited"}.get(fault.kind, "dropped")


def _refusal(fault: Fault, method: str) -> web.Response:
    if fault.kind == "rate_limited":
        return _throttled(max(1, round(fault.seconds)))
    if method == UPLOAD:
        return web.Response(status=500, text=fault.error)
    return web.json_response({"ok": False, "error": fault.error})


def _throttled(seconds: int) -> web.Response:
    return web.json_response(
        {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(seconds)}
    )
