"""Answers through a response_url: who sees them, what they replace, how often and how long.

Source: "Handling user interaction". A command's URL replaces nothing: there is no message of the
app to replace (bolt-python issue 1268, bolt-js issue 2287), so the answer is a new message.
"""

from __future__ import annotations

from bot.sandbox.workspace.api_chat import compose_parts, rewrite
from bot.sandbox.workspace.people import BOT_USER_ID
from bot.sandbox.workspace.refusals import Args, Refused, is_true
from bot.sandbox.workspace.state import RESPONSE_URL_USES, Message, ResponseUrl, State


def use(state: State, key: str, args: Args) -> None:
    """One use of a response_url.

    Raises:
        Refused: `expired_url` after 30 minutes, `used_url` after 5 uses, or a fault in the message.
    """
    target = state.response_urls.get(key)
    if target is None or state.now() > target.expires_at:
        raise Refused("expired_url")
    if target.uses >= RESPONSE_URL_USES:
        raise Refused("used_url")
    target.uses += 1
    answer(state, target, args)


def answer(state: State, target: ResponseUrl, args: Args) -> None:
    """Show what the app answers, as an ephemeral unless it says in_channel; the bot's
    membership does not matter. Raises Refused: a fault in the message."""
    source = target.source
    if source is not None and is_true(args.get("delete_original")):
        state.remove(source)
        return
    if source is not None and is_true(args.get("replace_original")):
        if source not in state.messages:
            raise Refused("message_not_found")
        compose_parts(state, args)
        rewrite(state, source, args)
        return
    text, blocks = compose_parts(state, args)
    in_channel = args.get("response_type") == "in_channel"
    thread_ts = args.get("thread_ts")
    state.post(
        Message(
            ts=state.next_ts(),
            channel_id=target.channel_id,
            user_id=BOT_USER_ID,
            text=text,
            blocks=blocks,
            thread_ts=str(thread_ts) if thread_ts else None,
            ephemeral_to=None if in_channel else target.user_id,
        )
    )
