"""Acting as people: type a command, click on a message. What Slack shows them comes back.

External people cannot run commands but can click; deactivated people and bots can do nothing.
"""

from __future__ import annotations

from typing import Any

from bot.sandbox.workspace import payloads, response_url
from bot.sandbox.workspace.delivery import Courier, Delivery
from bot.sandbox.workspace.escaping import escaped
from bot.sandbox.workspace.inputs import Block, Element, NotPossible, elements, entry, option_of
from bot.sandbox.workspace.people import Channel, Person
from bot.sandbox.workspace.refusals import Refused
from bot.sandbox.workspace.state import Message, ResponseUrl, State

Choice = str | list[str] | None


class Acting:
    """What people do in channels. Unknown ids raise LookupError.

    *should_escape* is the command's setting in the app's manifest.
    """

    def __init__(self, state: State, courier: Courier, *, should_escape: bool) -> None:
        self.state = state
        self.courier = courier
        self.should_escape = should_escape

    async def command(
        self,
        user_id: str,
        channel_id: str,
        text: str,
        *,
        command: str = "/order",
        as_sent: bool = False,
    ) -> Delivery:
        """Type a slash command. *as_sent* = *text* is already what the app receives."""
        person, channel = self.state.person(user_id), self.state.channel(channel_id)
        if not as_sent and self.should_escape:
            text = escaped(self.state, text)
        stopped = _cannot_type(person, channel)
        if stopped:
            typed = {"command": command, "text": text, "channel_id": channel_id}
            return self.courier.refuse("slash_commands", typed, user_id, stopped)
        payload = payloads.slash_command(self.state, person, channel, command=command, text=text)
        delivery = await self.courier.deliver("slash_commands", payload, user_id)
        if delivery.ok and delivery.answer:
            self._answered(delivery, f"{command} {text}".rstrip())
        return delivery

    async def click_message(
        self,
        user_id: str,
        channel_id: str,
        action_id: str,
        *,
        ts: str | None = None,
        value: str | None = None,
        index: int = 0,
        choose: Choice = None,
    ) -> Delivery:
        """Click or choose on a message: the newest that the person sees with *action_id*, or *ts*.

        Among several such elements *value* (a button's) or *index* picks one. *choose* is what is
        chosen in a menu: an option's value, an id, a date, or a list of them.

        Raises:
            NotPossible: there is no such element for this person to click.
        """
        person, channel = self.state.person(user_id), self.state.channel(channel_id)
        for message in reversed(self.state.visible(channel_id, user_id)):
            if ts not in (None, message.ts):
                continue
            fitting = find_elements(message.blocks, action_id, value)
            if index < len(fitting):
                return await self._click(person, channel, message, fitting[index], choose)
        raise NotPossible(f"{user_id} sees no {action_id!r} in {channel_id}")

    async def say(
        self, user_id: str, channel_id: str, text: str, *, thread_ts: str | None = None
    ) -> Delivery:
        """Post a message as a person. The app hears of it where it is subscribed to such messages:
        `message.im` for those in its own conversations."""
        person, channel = self.state.person(user_id), self.state.channel(channel_id)
        message = Message(
            ts=self.state.next_ts(),
            channel_id=channel_id,
            user_id=user_id,
            text=escaped(self.state, text),
            thread_ts=thread_ts,
        )
        told = payloads.said(person, channel, message)
        if stopped := _cannot_write(person, channel):
            return self.courier.refuse("events_api", told, user_id, stopped)
        self.state.post(message)
        return await self.deliver_event(told, user_id)

    async def use_shortcut(
        self, user_id: str, channel_id: str, ts: str, callback_id: str
    ) -> Delivery:
        """Choose a message shortcut from the menu of the message *ts*.

        Raises:
            NotPossible: the person sees no such message.
        """
        person, channel = self.state.person(user_id), self.state.channel(channel_id)
        seen = [each for each in self.state.visible(channel_id, user_id) if each.ts == ts]
        if not seen:
            raise NotPossible(f"{user_id} sees no message {ts} in {channel_id}")
        payload = payloads.message_shortcut(
            self.state, person, channel, seen[0], callback_id=callback_id
        )
        if stopped := _cannot_type(person, channel):
            return self.courier.refuse("interactive", payload, user_id, stopped)
        return await self.courier.deliver("interactive", payload, user_id)

    async def deliver_event(self, inner: dict[str, Any], user_id: str | None = None) -> Delivery:
        """Send an event that the app is subscribed to; others go nowhere."""
        payload, wanted = payloads.event(self.state, inner), self.state.subscriptions
        if wanted is not None and _subscription(inner) not in wanted:
            return self.courier.refuse("events_api", payload, user_id, "not_subscribed")
        return await self.courier.deliver("events_api", payload, user_id)

    async def _click(
        self,
        person: Person,
        channel: Channel,
        message: Message,
        place: tuple[Block, Element],
        choose: Choice,
    ) -> Delivery:
        made = payloads.action(self.state, *place, chosen(place[1], choose))
        if person.deleted:
            return self.courier.refuse("interactive", made, person.user_id, "account_inactive")
        payload = payloads.message_action(self.state, person, channel, message, made)
        return await self.courier.deliver("interactive", payload, person.user_id)

    def _answered(self, delivery: Delivery, typed: str) -> None:
        """Show what the ack of a command carried; in_channel shows the command to all as well."""
        sent = delivery.payload
        answer = delivery.answer
        args: dict[str, Any] = {"text": answer} if isinstance(answer, str) else dict(answer or {})
        target = ResponseUrl(
            user_id=sent["user_id"], channel_id=sent["channel_id"], expires_at=self.state.now()
        )
        if args.get("response_type") == "in_channel":
            self.state.post(
                Message(
                    ts=self.state.next_ts(),
                    channel_id=target.channel_id,
                    user_id=target.user_id,
                    text=typed,
                )
            )
        try:
            response_url.answer(self.state, target, args)
        except Refused as refused:
            delivery.error = refused.error


def find_elements(
    blocks: list[Block], action_id: str, value: str | None
) -> list[tuple[Block, Element]]:
    """Elements with an action_id (and a button's value) that a person can act on."""
    return [
        (block, element)
        for block, element in elements(blocks)
        if element.get("action_id") == action_id
        and value in (None, element.get("value"))
        and (block["type"] != "input" or block.get("dispatch_action"))
    ]


def chosen(element: Element, choose: Choice) -> dict[str, Any]:
    """What an action on *element* holds. Raises NotPossible for an option that is not offered."""
    if element["type"] == "overflow":
        return {"selected_option": option_of(element, str(choose))}
    return {} if element["type"] == "button" else entry(element, choose)


def _cannot_type(person: Person, channel: Channel) -> str | None:
    """Why Slack does not take a command or a shortcut from this person here."""
    if person.is_external():
        return "command_not_available_to_external_people"
    return _cannot_write(person, channel)


def _cannot_write(person: Person, channel: Channel) -> str | None:
    if person.deleted or person.is_bot:
        return "account_inactive"
    if person.user_id not in channel.members:
        return "not_in_channel"
    return "is_archived" if channel.is_archived else None


def _subscription(inner: dict[str, Any]) -> str:
    """An event's name in the manifest: `message.im`, `user_change`."""
    names = {"im": "im", "mpim": "mpim", "channel": "channels", "group": "groups"}
    place = names.get(str(inner.get("channel_type")), "channels")
    return f"message.{place}" if inner["type"] == "message" else str(inner["type"])
