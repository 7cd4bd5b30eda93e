"""What the bot takes on this machine when it starts: addresses, files for the record's head, and
the lock that keeps two copies from sharing one Slack app."""

from __future__ import annotations

import errno
import os
import socket
import stat
from contextlib import closing
from pathlib import Path

from bot.doctor.findings import Code, Notes
from bot.errors import StorageError
from bot.i18n import _
from bot.settings import Listen, Settings
from bot.wiring.alone import hold_app


def check_addresses(settings: Settings, notes: Notes, *, running: bool) -> None:
    """*running*: a bot on this database holds its addresses already."""
    wanted = {"ops.listen": settings.ops_listen}
    if settings.slack.mode == "http":
        wanted["slack.listen"] = settings.slack.listen
    what = _("addresses of {keys}", keys=", ".join(wanted))
    if running:
        notes.skip(what, _("the bot is running and holds them"))
        return
    for key, where in wanted.items():
        if problem := _bind_problem(where):
            _refused(key, where, problem, notes)
    if wanted.get("slack.listen") == settings.ops_listen and settings.ops_listen.port:
        _refused("slack.listen", settings.slack.listen, errno.EADDRINUSE, notes)
    notes.check(what)


def check_alone(bot_token: str, notes: Notes, *, running: bool) -> None:
    """Whether another copy on this machine serves the same app; *running* is the one of this very
    database."""
    if running:
        return
    try:
        hold_app(bot_token).close()
    except StorageError:
        notes.find(
            Code.APP_IN_USE,
            "SLACK_BOT_TOKEN",
            _("Another countersign here serves the same Slack app with another database."),
            _("Stop the other one, or give this one a Slack app of its own."),
        )
    except OSError as error:
        notes.skip(_("other copies on this machine"), error.strerror or type(error).__name__)


def check_heads(settings: Settings, notes: Notes) -> None:
    files = [each for each in settings.audit.heads if isinstance(each, Path)]
    for file in files:
        if problem := write_problem(file):
            notes.find(
                Code.HEADS_NOT_WRITABLE,
                str(file),
                _("The record's daily head cannot be written there ({reason}).", reason=problem),
                _("Make the folder, and give the bot's user the right to write the file."),
            )
    if files:
        notes.check(_("{count} files for the record's head", count=len(files)))


def write_problem(path: Path) -> str:
    """Why this user could not write *path*, in the system's words; "" where they could. Nothing is
    written."""
    try:
        target = path if path.exists() else path.parent
        is_folder = stat.S_ISDIR(target.stat().st_mode)
    except OSError as error:
        return error.strerror or type(error).__name__
    if is_folder == (target is path):
        return os.strerror(errno.EISDIR if is_folder else errno.ENOTDIR)
    effective = os.access in os.supports_effective_ids
    may = os.access(target, os.W_OK, effective_ids=effective)
    return "" if may else os.strerror(errno.EACCES)


def _bind_problem(where: Listen) -> int:
    """The system's error number for taking *where*, 0 where it can be taken."""
    if not where.port:
        return 0
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(
            where.host, where.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with closing(socket.socket(family, kind, protocol)) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
    except OSError as error:
        return error.errno or errno.EADDRNOTAVAIL
    return 0


def _refused(key: str, where: Listen, problem: int, notes: Notes) -> None:
    taken = problem == errno.EADDRINUSE
    reason = os.strerror(problem) if problem > 0 else _("no such host")
    notes.find(
        Code.ADDRESS_TAKEN if taken else Code.ADDRESS_REFUSED,
        key,
        _(
            "{host}:{port} cannot be taken ({reason}).",
            host=where.host,
            port=where.port,
            reason=reason,
        ),
        _("Free the port, or choose another under {key}.", key=key)
        if taken
        else _("Write an address of this machine, with a port from 1024 on, under {key}.", key=key),
    )
