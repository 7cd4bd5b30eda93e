"""How the Web API says no, and how its arguments are read."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from bot.sandbox.workspace.blocks import Surface, problems, view_problems

Args = dict[str, Any]
_JSON_ARGS = ("blocks", "view", "metadata", "attachments")


class Refused(Exception):
    """`ok: false` with an error code; *messages* go into response_metadata, *more* beside it."""

    def __init__(self, error: str, messages: list[str] | None = None, **more: str) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages or []
        self.more = more

    def as_json(self) -> dict[str, Any]:
        answer: dict[str, Any] = {"ok": False, "error": self.error, **self.more}
        if self.messages:
            answer["response_metadata"] = {"messages": [f"[ERROR] {one}" for one in self.messages]}
            if self.error == "invalid_blocks":
                answer["errors"] = self.messages
        return answer


def decoded(args: Args) -> Args:
    """Arguments as values: forms carry blocks, views and metadata as JSON text."""
    read = dict(args)
    for name in _JSON_ARGS:
        if isinstance(read.get(name), str):
            with suppress(ValueError):
                read[name] = json.loads(read[name])
    return read


def is_true(value: object) -> bool:
    """Forms and queries carry true as 1 or true."""
    return value in (True, 1, "1", "true", "True")


def text_of(args: Args, name: str, error: str) -> str:
    """A required argument."""
    value = args.get(name)
    if not isinstance(value, str) or not value:
        raise Refused(error)
    return value


def checked_blocks(args: Args, surface: Surface = "message") -> list[dict[str, Any]] | None:
    """The blocks of a message; None if it has none.

    Raises:
        Refused: with `invalid_blocks_format`, `invalid_blocks` or `msg_blocks_too_long`.
    """
    blocks = args.get("blocks")
    if blocks is None:
        return None
    if isinstance(blocks, str):
        raise Refused("invalid_blocks_format", ["blocks is not JSON"])
    wrong = problems(blocks, surface)
    if wrong:
        too_long = [one for one in wrong if one.startswith("msg_blocks_too_long")]
        raise Refused("msg_blocks_too_long" if too_long == wrong else "invalid_blocks", wrong)
    checked: list[dict[str, Any]] = blocks
    return checked


def checked_view(args: Args, kind: str) -> dict[str, Any]:
    """The `view` argument.

    Raises:
        Refused: with `invalid_arguments` or `view_too_large`.
    """
    view = args.get("view")
    if not isinstance(view, dict):
        raise Refused("invalid_arguments", ["missing required field: view"])
    wrong = view_problems(view)
    if not wrong and view["type"] != kind:
        wrong = [f"view.type: must be {kind}"]
    if wrong:
        large = any(one.startswith("view_too_large") for one in wrong)
        raise Refused("view_too_large" if large else "invalid_arguments", wrong)
    return view
