"""What a payload must be before anybody reads it: where Slack puts a text stands a text, and what
it always sends is there. All else is let through.

Sources: "Interaction payload reference", "The Events API", "Implementing slash commands".
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from handlers.ids import ActionId

DEEPEST = 60  # lists and objects within each other; in Slack's own messages about a dozen


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class _Named(_Part):
    id: str | None = None
    team_id: str | None = None
    enterprise_id: str | None = None


class _Person(_Named):
    id: str


_Who = _Named | str | None


def _shallow(tree: dict[str, Any]) -> dict[str, Any]:
    layer: list[Any] = [tree]
    for _ in range(DEEPEST):
        inside = [
            inner for each in layer for inner in (each.values() if isinstance(each, dict) else each)
        ]
        layer = [each for each in inside if isinstance(each, dict | list)]
        if not layer:
            return tree
    raise ValueError("nested too deep")


_Tree = Annotated[dict[str, Any], AfterValidator(_shallow)]


class _Option(_Part):
    value: str | None = None


class _Action(_Part):
    type: str | None = None
    action_id: str
    block_id: str | None = None
    value: str | None = None
    selected_option: _Option | None = None


class _Typed(_Part):
    """What one field of a form holds."""

    value: str | None = None
    selected_option: _Option | None = None
    selected_date: str | None = None


class _State(_Part):
    values: dict[str, dict[str, _Typed]] = {}


class _Block(_Part):
    type: str | None = None
    block_id: str | None = None


class _View(_Part):
    id: str
    type: str
    callback_id: str
    private_metadata: str = ""
    state: _State | None = None
    blocks: list[_Block] | None = None
    app_installed_team_id: str | None = None


class _Container(_Part):
    type: str | None = None
    channel_id: str | None = None
    message_ts: str | None = None
    is_ephemeral: bool | None = None


class _Tokens(_Part):
    bot: list[str] | None = None


class _Event(_Part):
    type: str
    user: _Who = None
    channel: _Who = None
    team: _Who = None
    enterprise: _Who = None
    user_team: str | None = None
    item: _Named | str | None = None
    message: _Named | None = None
    previous_message: _Named | None = None
    assistant_thread: _Named | None = None
    subteam: _Named | None = None
    tokens: _Tokens | None = None

    @model_validator(mode="after")
    def _names_its_person(self) -> _Event:
        named = {"user_change": _Named, "app_home_opened": str}.get(self.type)
        if named is not None and not isinstance(self.user, named):
            raise ValueError("no user")
        return self


class _Body(_Part):
    """What stands in payloads of any kind."""

    type: str | None = None
    command: str | None = None
    text: str | None = None
    user: _Who = None
    team: _Who = None
    channel: _Who = None
    enterprise: _Who = None
    user_id: str | None = None
    team_id: str | None = None
    channel_id: str | None = None
    api_app_id: str | None = None
    trigger_id: str | None = None
    response_url: str | None = None
    response_urls: list[dict[str, Any]] | None = None
    callback_id: str | None = None
    container: _Container | None = None
    authorizations: list[_Named] | None = None
    actions: list[_Action] | None = None
    view: _View | None = None
    event: _Event | None = None
    message: _Tree | None = None


class _Click(_Body):
    user: _Person
    trigger_id: str
    actions: Annotated[list[_Action], Field(min_length=1)]

    @model_validator(mode="after")
    def _has_its_window(self) -> _Click:
        in_view = self.container is not None and self.container.type == "view"
        in_form = any(each.action_id == ActionId.DRAFT for each in self.actions)
        if (in_view or in_form) and self.view is None:
            raise ValueError("no view")
        return self


class _Closed(_Body):
    user: _Person
    view: _View


class _Submitted(_Closed):
    trigger_id: str


class _Shortcut(_Body):
    user: _Person
    callback_id: str
    channel: _Named | None = None


class _Happened(_Body):
    event: _Event
    event_id: str


class _Command(_Body):
    user_id: Annotated[str, Field(min_length=1)]


_KINDS: dict[str, type[_Body]] = {
    "block_actions": _Click,
    "view_submission": _Submitted,
    "view_closed": _Closed,
    "message_action": _Shortcut,
    "shortcut": _Shortcut,
    "event_callback": _Happened,
}


class Unreadable(Exception):
    """*where* the payload is none of Slack's: `actions.0.action_id`."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.where = where


def check(body: dict[str, Any]) -> None:
    """Raises Unreadable; what may be missing, or null, is then as if it were empty."""
    for name in [name for name, value in body.items() if value is None]:
        del body[name]
    kind = _Command if "command" in body else _KINDS.get(str(body.get("type")), _Body)
    try:
        kind.model_validate(body)
    except ValidationError as error:
        place = error.errors(include_url=False, include_input=False)[0]["loc"]
        raise Unreadable(".".join(str(step) for step in place)[:100]) from None
    body.setdefault("trigger_id", "")
    for action in body.get("actions", ()):
        action["value"] = action.get("value") or ""
    if view := body.get("view"):
        view.setdefault("private_metadata", "")
        view["state"] = view.get("state") or {}
