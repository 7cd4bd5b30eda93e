"""Where texts come in by other ways than an order: commands, errors, the command line, the page."""

from __future__ import annotations

import io
import json
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout, suppress
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError

from bot.cli import main
from bot.errors import StorageError, UsageError, UserError
from bot.sandbox.page.seen import Seen
from bot.sandbox.workspace import Workspace
from bot.sandbox.workspace.escaping import escaped
from bot.sandbox.workspace.people import BOT_USER_ID
from bot.sandbox.workspace.state import Message
from handlers.answers import errors_shown
from handlers.filters import List, read_filters
from handlers.parsing import parse_command
from handlers.views.panel import sentence
from handlers.views.surface import Rendered
from tests.proofs.hostile_files import terminal_lines
from tests.proofs.hostile_judge import Effect, Judge
from tests.proofs.hostile_strings import MARK
from tests.proofs.hostile_surfaces import Drawn
from tests.proofs.hostile_world import ALICE, NOW, World

TYPED = (
    *("", "show ", "list ", "list account:", "list status:", "unpaid older:", "list over:"),
    *("cancel ", "why ", "digest ", "digest time ", "digest on product:", "export format:"),
    *("history ", "products ", "order ", "list since:"),
)
LOGGED = 5  # of the causes in `broken`; what a person typed wrong is none
CONFIG = """[policy]
approvers = [{0}]
quorum = 1
[[accounts]]
name = {1}
provider = {2}
{3} = {4}
"""


def typed(world: World) -> Iterator[Drawn]:
    """What a person is told who types something that is no command."""
    for before in TYPED:
        text = before + world.coin()
        try:
            command = parse_command(text)
            if isinstance(command, List):
                read_filters(command, now=NOW, zone=UTC)
        except UserError as error:
            shown = sentence(str(error))
            yield Drawn("typed", shown.text, shown.as_dicts())


class _Told:
    """An answer that keeps what it shows."""

    def __init__(self) -> None:
        self.shown: list[Rendered] = []

    async def show(self, rendered: Rendered) -> None:
        self.shown.append(rendered)


async def _recorded(_error: UserError) -> None:
    return None


async def broken(world: World) -> list[tuple[str, str, Any]]:
    """What a person is told of work that fails; the log hears of it as well."""
    causes = (
        world.failure(),
        UsageError(world.say()),
        SlackApiError(world.tell(), {"error": world.say()}),  # type: ignore[no-untyped-call]
        TimeoutError(world.tell()),
        StorageError(world.tell()),
        RuntimeError(world.tell()),
    )
    answer = _Told()
    for cause in causes:
        async with errors_shown(answer, _recorded):
            raise cause
    return [("broken", each.text, each.as_dicts()) for each in answer.shown]


def refused_commands(world: World, judge: Judge) -> None:
    """A refused configuration and wrong arguments: one sentence on a terminal."""
    with TemporaryDirectory(prefix="countersign-proof-") as folder, chdir(folder):
        texts = [_quoted(world.say()) for _ in range(5)]
        Path("hostile.toml").write_text(CONFIG.format(*texts), encoding="utf-8")
        name = _argument(world.say())
        for arguments in (
            ("serve", "--config", "hostile.toml"),
            ("serve", "--config", name),
            ("audit", "verify", "--database", name),
            ("audit", "verify", "--anchor", _argument(world.say())),
            (f"--{_argument(world.say())}",),
        ):
            said = _command(*arguments)
            terminal_lines(said.rstrip("\n"), 0, judge)
            if not said.strip():
                raise Effect(f"command line: {arguments!a} says nothing")


def _command(*arguments: str) -> str:
    """What it says on standard error."""
    said = io.StringIO()
    with _as_before(), redirect_stderr(said), redirect_stdout(io.StringIO()), suppress(SystemExit):
        sys.argv = ["countersign", *arguments]
        main()
    return said.getvalue()


@contextmanager
def _as_before() -> Iterator[None]:
    """What a command changes in its process is put back."""
    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    root, configured, arguments = logging.getLogger(), structlog.get_config(), sys.argv
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    try:
        yield
    finally:
        for number, handler in signals.items():
            signal.signal(number, handler)
        structlog.configure(**configured)
        root.handlers, root.level, sys.argv = handlers, level, arguments


def _quoted(text: str) -> str:
    """As TOML takes it: a string of whole characters."""
    return json.dumps(text.encode(errors="replace").decode(), ensure_ascii=False).replace(
        "\x7f", "\\u007f"
    )


def _argument(text: str) -> str:
    """As a system passes it to a program, not longer than it takes the name of a file."""
    return os.fsdecode(text.replace("\0", "").encode(errors="replace"))[:200]


def page_state(world: World, cards: list[list[dict[str, Any]]], judge: Judge) -> None:
    """The demo's page gets names, texts and cards as JSON, and no key of the app."""
    workspace = Workspace(
        lambda: NOW, should_escape=True, ack_seconds=3, retry_delays=(), events=None
    )
    state = workspace.state
    for person in state.people.values():
        person.real_name = world.say()
    channel = state.channels["C0FINANCE"]
    channel.name = world.say()
    messages: list[tuple[str, str, list[dict[str, Any]]]]
    messages = [(ALICE, escaped(state, world.say()), []) for _ in range(8)]
    messages += [(BOT_USER_ID, world.say(), card) for card in cards]
    for user_id, text, blocks in messages:
        state.post(
            Message(
                ts=state.next_ts(),
                channel_id=channel.channel_id,
                user_id=user_id,
                text=text,
                blocks=blocks,
            )
        )
    text = json.dumps(Seen(workspace, lambda: NOW).by(ALICE, channel.channel_id, None))
    judge.outputs += 1
    judge.harmless("page", text)
    shown = json.loads(text)
    keys = (workspace.bot_token, workspace.app_token, workspace.signing_secret)
    if any(key in text for key in keys):
        raise Effect("page: a key of the app")
    if [each["text"] for each in shown["messages"]] != [text for _user, text, _blocks in messages]:
        raise Effect("page: other messages than were posted")
    judge.seen.update(judge.number(mark) for mark in MARK.findall(text))
