"""Half-filled forms: what stands in them is kept for a day, should they be closed."""

from __future__ import annotations

from typing import Any

from slack_bolt.context.ack.async_ack import AsyncAck

from handlers.desk import Desk
from handlers.ids import CallbackId, CardKind
from handlers.views.forms import typed_values

FIND = CallbackId.FIND_FORM.value


def cancel_key(account: str, order_id: str) -> str:
    """One form per order."""
    return f"{CallbackId.CANCEL_FORM.value}:{account}/{order_id}"


def snooze_key(account: str, order_id: str) -> str:
    return f"{CallbackId.SNOOZE_FORM.value}:{account}/{order_id}"


class Drafts:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def changed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """A field changed: what stands in the form now is kept."""
        await ack()
        self._desk.tasks.spawn(self._keep(body))

    async def closed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        self._desk.tasks.spawn(self._keep(body))

    async def load(self, user: str, key: str) -> dict[str, str]:
        return await self._desk.drafts.draft(user, key, at=self._desk.clock.now())

    async def save(self, user: str, key: str, values: dict[str, str]) -> None:
        await self._desk.drafts.save_draft(user, key, values, at=self._desk.clock.now())

    async def drop(self, user: str, key: str) -> None:
        await self._desk.drafts.drop_draft(user, key)

    async def _keep(self, body: dict[str, Any]) -> None:
        """Slack may leave the fields out when a form is closed: what was kept before stays."""
        view = body["view"]
        if not (view.get("state") or {}).get("values"):
            return
        if key := await self._key(view):
            await self.save(body["user"]["id"], key, typed_values(view))

    async def _key(self, view: dict[str, Any]) -> str:
        """ "" for a window whose fields are not kept."""
        match view.get("callback_id"):
            case CallbackId.FIND_FORM.value:
                return FIND
            case CallbackId.CANCEL_FORM.value:
                about = await self._desk.cards.find(CardKind.CANCEL, view["private_metadata"])
                return cancel_key(about["account"], about["order_id"]) if about else ""
            case CallbackId.SNOOZE_FORM.value:
                about = await self._desk.cards.find(CardKind.SNOOZE, view["private_metadata"])
                return snooze_key(about["account"], about["order_id"]) if about else ""
            case _:
                return ""
