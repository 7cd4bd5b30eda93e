"""Web API: messages. Sources: chat.postMessage, chat.update, chat.delete, chat.postEphemeral."""

from __future__ import annotations

from typing import Any

from bot.sandbox.workspace.api_people import direct_messages, visible_channel
from bot.sandbox.workspace.inputs import with_ids
from bot.sandbox.workspace.people import BOT_USER_ID, Channel
from bot.sandbox.workspace.refusals import Args, Refused, checked_blocks, text_of
from bot.sandbox.workspace.state import Message, State

Answer = dict[str, Any]
TEXT_CUT = 40_000


def post_message(state: State, args: Args) -> Answer:
    channel = _writable(state, args.get("channel"))
    message = state.post(_compose(state, args, channel.channel_id))
    return {"channel": channel.channel_id, "ts": message.ts, "message": message.as_json()}


def post_ephemeral(state: State, args: Args) -> Answer:
    channel = _writable(state, args.get("channel"))
    user_id = text_of(args, "user", "user_not_in_channel")
    if user_id not in channel.members or state.people[user_id].deleted:
        raise Refused("user_not_in_channel")
    message = _compose(state, args, channel.channel_id)
    message.ephemeral_to = user_id
    return {"message_ts": state.post(message).ts}


def update(state: State, args: Args) -> Answer:
    message = _own(state, args, "cant_update_message")
    if args.get("text") is None and args.get("blocks") is None and args.get("metadata") is None:
        raise Refused("no_text")
    rewrite(state, message, args)
    message.edited = True
    return {
        "channel": message.channel_id,
        "ts": message.ts,
        "text": message.text,
        "message": message.as_json(),
    }


def delete(state: State, args: Args) -> Answer:
    message = _own(state, args, "cant_delete_message")
    state.remove(message)
    return {"channel": message.channel_id, "ts": message.ts}


def compose_parts(state: State, args: Args) -> tuple[str, list[dict[str, Any]]]:
    """Text and blocks of a new message. Raises Refused: `no_text`, or what is wrong with blocks."""
    blocks = checked_blocks(args)
    text = args.get("text") or ""
    if not text and not blocks:
        raise Refused("no_text")
    return str(text)[:TEXT_CUT], with_ids(blocks or [], state.next_id)


def rewrite(state: State, message: Message, args: Args) -> None:
    """Put new text and blocks into a message: text alone removes the blocks, neither keeps them."""
    blocks = checked_blocks(args)
    if blocks is not None:
        message.blocks = with_ids(blocks, state.next_id)
    elif args.get("text") is not None:
        message.blocks = []
    if args.get("text") is not None:
        message.text = str(args["text"])[:TEXT_CUT]
    if isinstance(args.get("metadata"), dict):
        message.metadata = args["metadata"]
    state.changed()


def _compose(state: State, args: Args, channel_id: str) -> Message:
    text, blocks = compose_parts(state, args)
    thread_ts, metadata = args.get("thread_ts"), args.get("metadata")
    return Message(
        ts=state.next_ts(),
        channel_id=channel_id,
        user_id=BOT_USER_ID,
        text=text,
        blocks=blocks,
        thread_ts=str(thread_ts) if thread_ts else None,
        metadata=metadata if isinstance(metadata, dict) else None,
    )


def _writable(state: State, channel_id: object) -> Channel:
    """Where the bot may post; a person's id stands for the direct messages with them."""
    if isinstance(channel_id, str) and channel_id.startswith("U"):
        return direct_messages(state, channel_id)
    channel = visible_channel(state, channel_id)
    if channel.is_archived:
        raise Refused("is_archived")
    if BOT_USER_ID not in channel.members:
        raise Refused("not_in_channel")
    return channel


def _own(state: State, args: Args, not_own: str) -> Message:
    """The bot's message that is to be changed; ephemeral ones cannot be found."""
    channel = visible_channel(state, args.get("channel"))
    if channel.is_archived:
        raise Refused("is_archived")
    if BOT_USER_ID not in channel.members:
        raise Refused("not_in_channel")
    for message in state.messages:
        place = (message.channel_id, message.ts)
        if place == (channel.channel_id, args.get("ts")) and message.ephemeral_to is None:
            if message.user_id != BOT_USER_ID:
                raise Refused(not_own)
            return message
    raise Refused("message_not_found")
