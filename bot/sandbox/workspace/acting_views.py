"""Acting as people in modals and on Home: type, click, submit, close; open Home.

Source: "Modals" (stack, response actions), app_home_opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.workspace import payloads, views
from bot.sandbox.workspace.acting import Acting, Choice, chosen, find_elements
from bot.sandbox.workspace.api_people import direct_messages
from bot.sandbox.workspace.delivery import Delivery
from bot.sandbox.workspace.inputs import NotPossible, complaints, elements, entry
from bot.sandbox.workspace.refusals import Refused, checked_view
from bot.sandbox.workspace.state import OpenView

_TROUBLE = "trouble_connecting"  # "We had some trouble connecting. Try again?"
Values = Mapping[str, Choice]


class ActingOnViews(Acting):
    """What people do in their topmost modal and on their Home."""

    async def click_modal(
        self,
        user_id: str,
        action_id: str,
        *,
        value: str | None = None,
        index: int = 0,
        choose: Choice = None,
    ) -> Delivery:
        """Click or choose in the topmost modal; arguments as in `click_message`."""
        view = self._top(user_id)
        return await self._click_view(view, action_id, value=value, index=index, choose=choose)

    async def click_home(
        self,
        user_id: str,
        action_id: str,
        *,
        value: str | None = None,
        index: int = 0,
        choose: Choice = None,
    ) -> Delivery:
        """Click or choose on the person's Home; arguments as in `click_message`."""
        view = self.state.homes.get(user_id)
        if view is None:
            raise NotPossible(f"{user_id} has no Home yet")
        return await self._click_view(view, action_id, value=value, index=index, choose=choose)

    def fill(self, user_id: str, values: Values) -> None:
        """Type into the topmost modal without sending: {block_id or action_id: text or option}.

        Raises:
            NotPossible: no modal is open, or it has no such input or option.
        """
        view = self._top(user_id)
        for name, value in values.items():
            places = [
                (block, element)
                for block, element in elements(view.blocks)
                if name in (block["block_id"], element.get("action_id"))
            ]
            if len(places) != 1:
                raise NotPossible(f"{len(places)} inputs are called {name!r} in the open modal")
            block, element = places[0]
            view.typed[block["block_id"], element["action_id"]] = entry(element, value)

    async def submit(self, user_id: str, values: Values | None = None) -> Delivery:
        """Fill in *values*, then submit the topmost modal; the app's answer is applied.

        What the client finds missing is shown under the inputs and nothing is sent.
        """
        view, person = self._top(user_id), self.state.person(user_id)
        if view.sent.get("submit") is None:
            raise NotPossible("the open modal has no submit button")
        self.fill(user_id, values or {})
        view.errors = complaints(view.blocks, view.typed)
        payload = payloads.view_submission(self.state, person, view)
        if view.errors:
            return self.courier.refuse(
                "interactive", payload, user_id, "; ".join(view.errors.values())
            )
        delivery = await self.courier.deliver("interactive", payload, user_id)
        if delivery.ok:
            try:
                self._apply(view, delivery.answer or {})
            except Refused:
                delivery.error = _TROUBLE
        return delivery

    async def close_view(self, user_id: str, *, all_views: bool = False) -> Delivery | None:
        """Close the topmost modal, or the whole stack. The app hears of it only if it asked to."""
        view, person = self._top(user_id), self.state.person(user_id)
        stack = self.state.stack(user_id)
        everything = all_views or bool(view.sent.get("clear_on_close"))
        if everything:
            view = stack[0]
            stack.clear()
        else:
            stack.remove(view)
        self.state.changed()
        if not view.sent.get("notify_on_close"):
            return None
        payload = payloads.view_closed(person, view, is_cleared=everything)
        return await self.courier.deliver("interactive", payload, user_id)

    async def open_home(self, user_id: str, *, tab: str = "home") -> Delivery:
        """Open the app's Home, or with *tab* its messages."""
        opened: dict[str, Any] = {"type": "app_home_opened", "user": user_id, "tab": tab}
        try:
            channel = direct_messages(self.state, self.state.person(user_id).user_id)
        except Refused as refused:
            return self.courier.refuse("events_api", opened, user_id, refused.error)
        opened["channel"] = channel.channel_id
        if user_id in self.state.homes:
            opened["view"] = self.state.homes[user_id].as_json()
        return await self.deliver_event(opened, user_id)

    async def _click_view(
        self, view: OpenView, action_id: str, *, value: str | None, index: int, choose: Choice
    ) -> Delivery:
        fitting = find_elements(view.blocks, action_id, value)
        if index >= len(fitting):
            raise NotPossible(f"the view shows no {action_id!r}")
        block, element = fitting[index]
        held = chosen(element, choose)
        if element["type"] not in ("button", "overflow"):
            view.typed[block["block_id"], element["action_id"]] = held
        made = payloads.action(self.state, block, element, held)
        person = self.state.person(view.user_id)
        payload = payloads.view_action(self.state, person, view, made)
        return await self.courier.deliver("interactive", payload, view.user_id)

    def _apply(self, view: OpenView, answer: Mapping[str, Any] | str) -> None:
        """The response action of a submission. Raises Refused where Slack could not show it."""
        if not isinstance(answer, Mapping):
            raise Refused("invalid_response")
        stack = self.state.stack(view.user_id)
        word = answer.get("response_action")
        if word == "errors":
            view.errors = _checked_errors(view, answer.get("errors"))
        elif word == "update":
            views.update_view(self.state, view, checked_view(dict(answer), "modal"))
        elif word == "push":
            sent = checked_view(dict(answer), "modal")
            views.open_view(self.state, view.user_id, sent, push=True)
        elif word == "clear":
            stack.clear()
        elif answer:
            raise Refused("invalid_response")
        elif view in stack:
            stack.remove(view)
        self.state.changed()

    def _top(self, user_id: str) -> OpenView:
        stack = self.state.stack(user_id)
        if not stack:
            raise NotPossible(f"{user_id} has no modal open")
        return stack[-1]


def _checked_errors(view: OpenView, errors: object) -> dict[str, str]:
    """Errors can only stand under input blocks of this view."""
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise Refused("invalid_response")
    return {str(block_id): str(sentence) for block_id, sentence in errors.items()}
