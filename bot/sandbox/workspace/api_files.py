"""Web API: files.getUploadURLExternal, files.completeUploadExternal.

A preference of this workspace: apps share files in direct messages only.
"""

from __future__ import annotations

import json
from typing import Any

from bot.sandbox.workspace.api_people import visible_channel
from bot.sandbox.workspace.files import LARGEST, UPLOAD_LIFE, File
from bot.sandbox.workspace.inputs import with_ids
from bot.sandbox.workspace.people import BOT_USER_ID, Channel
from bot.sandbox.workspace.refusals import Args, Refused, checked_blocks, text_of
from bot.sandbox.workspace.state import Message, State

Answer = dict[str, Any]
UPLOADS = "/upload/v1/"
SCOPE = "files:write"


def get_upload_url(state: State, args: Args) -> Answer:
    _need_scope(state)
    name = text_of(args, "filename", "invalid_arguments")
    try:
        length = int(args.get("length") or 0)
    except (TypeError, ValueError):
        raise Refused("invalid_arguments", ["length: must be an integer"]) from None
    if length <= 0:
        raise Refused("invalid_arguments", ["length: must be more than 0"])
    if length > LARGEST:
        raise Refused("file_upload_size_restricted")
    file = File(
        file_id=state.next_id("F"),
        name=name,
        length=length,
        expires_at=state.now() + UPLOAD_LIFE,
    )
    return {
        "upload_url": f"{state.url}{UPLOADS}{state.files.expect(file)}",
        "file_id": file.file_id,
    }


def complete_upload(state: State, args: Args) -> Answer:
    """Share what was uploaded as one message; `initial_comment` before `blocks`, as Slack has
    it."""
    _need_scope(state)
    files = [_uploaded(state, each) for each in _listed(args)]
    channel = _direct_messages(state, args.get("channel_id"))
    blocks = checked_blocks(args)
    comment = str(args.get("initial_comment") or "")
    for file in files:
        file.channel_id = channel.channel_id
    state.post(
        Message(
            ts=state.next_ts(),
            channel_id=channel.channel_id,
            user_id=BOT_USER_ID,
            text=comment,
            blocks=[] if comment else with_ids(blocks or [], state.next_id),
            files=[file.as_json() for file in files],
        )
    )
    return {"files": [file.as_json() for file in files]}


def _need_scope(state: State) -> None:
    if SCOPE not in state.scopes.split(","):
        raise Refused("missing_scope", needed=SCOPE, provided=state.scopes)


def _listed(args: Args) -> list[dict[str, Any]]:
    """`files`, a list of `{"id", "title"?}`, as JSON text where a form carries it."""
    listed = args.get("files")
    try:
        listed = json.loads(listed) if isinstance(listed, str) else listed
    except ValueError:
        listed = None
    if not isinstance(listed, list) or not listed or not all(isinstance(x, dict) for x in listed):
        raise Refused("invalid_arguments", ["files: must be an array of objects"])
    return listed


def _uploaded(state: State, listed: dict[str, Any]) -> File:
    file = state.files.get(listed.get("id"))
    if file is None or file.content is None or file.channel_id:
        raise Refused("file_not_found")
    file.title = str(listed.get("title") or "")
    return file


def _direct_messages(state: State, channel_id: object) -> Channel:
    if not isinstance(channel_id, str) or channel_id[:1] not in ("C", "G", "D", "Z"):
        message = "input must match regex pattern: ^[CGDZ][A-Z0-9]{8,}$ [json-pointer:/channel_id]"
        raise Refused("invalid_arguments", [message])
    channel = visible_channel(state, channel_id)
    if not channel.im_user:
        raise Refused("restricted_action")
    return channel
