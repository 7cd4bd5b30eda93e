"""What leaves the bot outside of Slack, read again by a stranger: files, log lines, a terminal."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import structlog
from rich.console import Console

from bot.demo.transcript import Transcript, card_lines
from bot.domain.filters import Snapshot
from bot.logs import configure_logging
from bot.redact import MASK
from bot.services.export_files import ExportFormat, OrderFile
from tests.proofs.hostile_judge import Effect, Judge
from tests.proofs.hostile_strings import CORE, FORGED, MARK, UNSEEN
from tests.proofs.hostile_surfaces import Cast
from tests.proofs.hostile_world import NOW, World

TEXTS = (
    *("account", "order_id", "order_number", "payment_word", "product_code", "product_name"),
    *("region", "placed_by", "owner_id"),
)
CELL = 32_767  # characters that a spreadsheet holds in one
_SIGNS = frozenset("=+-@−")
_AMOUNT = re.compile(r"-?\d+(\.\d+)?")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LINE = re.compile(rf"^{FORGED}", re.MULTILINE)


def exported(world: World, members: Cast, judge: Judge) -> None:
    """Both forms of a file hold every order, and nothing else."""
    orders = (*members.orders, *members.rows)
    meta = {"filters": {"product": world.say()}, "accounts": [world.say()]}
    for form in ExportFormat:
        file = io.BytesIO()
        made = OrderFile(file, form, {})
        made.begin(meta)
        made.add([Snapshot(each, NOW) for each in orders])
        judge.outputs += 1
        told = [_told(each) for each in orders]
        if form is ExportFormat.CSV:
            _csv(file.getvalue(), told, judge)
        else:
            _json_lines(file.getvalue(), told, meta, judge)


def _told(order: Any) -> dict[str, str]:
    texts = {name: getattr(order, name) or "" for name in TEXTS}
    return texts | {"currency": order.payable.currency}


def _csv(data: bytes, told: list[dict[str, str]], judge: Judge) -> None:
    text = data.decode("utf-8-sig")
    judge.harmless("csv", text.replace("\r\n", ""))
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    if len(rows) != len(told):
        raise Effect(f"csv: {len(rows)} rows of {len(told)} orders")
    for row, order in zip(rows, told, strict=True):
        for name, said in order.items():
            shown = _printed(said).replace("'", "")
            cell, cut, _end = row[name].replace("'", "").partition(" … (cut)")
            if len(row[name]) > CELL or not (cell == shown or (cut and shown.startswith(cell))):
                raise Effect(f"csv, {name}: {said[:200]!a} reads {row[name][:200]!a}")
    for parted in ",;\t":
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=parted):
            for cell in cells:
                _no_formula(cell, parted)
    _seen(text, judge)


def _printed(text: str) -> str:
    """With a blank for each character that is not seen."""
    return text if text.isprintable() else UNSEEN.sub(lambda found: " " * len(found[0]), text)


def _no_formula(cell: str, parted: str) -> None:
    """As a spreadsheet takes it that parts cells at *parted*."""
    bare = UNSEEN.sub("", cell[:40])
    if bare and not _AMOUNT.fullmatch(cell):
        sign = unicodedata.normalize("NFKC", bare[0])[:1]
        if sign in _SIGNS:
            raise Effect(f"csv: a formula, cells parted at {parted!r}: {cell[:200]!a}")


def _json_lines(
    data: bytes, told: list[dict[str, str]], meta: Mapping[str, object], judge: Judge
) -> None:
    text = data.decode("ascii")
    judge.harmless("json lines", text)
    first, *rows = [json.loads(line) for line in text.split("\n") if line]
    if first != {"meta": meta} or len(rows) != len(told):
        raise Effect(f"json lines: {len(rows)} rows of {len(told)} orders, after {first!a}"[:400])
    for row, order in zip(rows, told, strict=True):
        for name, said in order.items():
            if (row[name] or "") != said:
                raise Effect(f"json lines, {name}: {said[:200]!a} reads {row[name][:200]!a}")
    _seen(text, judge)


class Stream(io.TextIOWrapper):
    """Standard error, as Python opens it: what is not UTF-8 is written as an escape."""

    def __init__(self, *, terminal: bool) -> None:
        self._bytes = io.BytesIO()
        self._terminal = terminal
        super().__init__(self._bytes, "utf-8", "backslashreplace", newline="")

    def isatty(self) -> bool:
        return self._terminal

    def written(self) -> str:
        self.flush()
        return self._bytes.getvalue().decode("utf-8", "surrogateescape")


@contextmanager
def log_to(stream: Stream) -> Iterator[None]:
    """The bot's own set-up; the proof's is put back."""
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    configure_logging(debug=False, stream=stream)
    try:
        yield
    finally:
        structlog.configure(**configured)
        root.handlers, root.level = handlers, level


def events(world: World) -> list[dict[str, str]]:
    """Write some, by our loggers and by others'; what was said with each, by field."""
    say, tell = world.say, world.tell
    ours, foreign = structlog.get_logger("bot.services.orders"), logging.getLogger("aiohttp.server")
    told: list[dict[str, str]] = []
    for _ in range(6):
        told.append({"account": say(), "code": say(), "request_id": say(), "error": tell()})
        ours.warning("provider_failed", **told[-1])
    told.append({"team": say(), "authorization": tell()})
    ours.error("nested", **told[-1], app={"token": tell(), "names": [say(), (say(),)]})
    told.append({"event": say()})
    foreign.warning("%s", told[-1]["event"])
    told.append({"event": say(), "port": tell()})
    foreign.error(told[-1]["event"], extra={"port": told[-1]["port"]})
    return told


def failures(world: World) -> list[dict[str, str]]:
    """The same with tracebacks."""
    try:
        _fail(world)
    except RuntimeError:
        told = {"account": world.say()}
        structlog.get_logger("handlers.tasks").exception("task_failed", **told)
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    return [told, {}]


def _fail(world: World) -> NoReturn:
    raise RuntimeError(world.tell()) from ValueError(world.say())


def log_lines(text: str, told: list[dict[str, str]], judge: Judge) -> None:
    """One JSON object a line, saying what was said."""
    judge.outputs += 1
    lines = text.split("\n")
    if len(lines) != len(told) + 1 or lines[-1]:
        raise Effect(f"log: {len(lines) - 1} lines of {len(told)} events: {text[-600:]!a}")
    for line, said in zip(lines, told, strict=False):
        judge.harmless("log", line)
        written = json.loads(line)
        for name, value in said.items():
            same = written.get(name) == value
            if not (same or MASK in str(written.get(name)) or CORE in value):
                raise Effect(f"log, {name}: {value[:200]!a} reads {written.get(name)!a}"[:600])
    _seen(text, judge)


def terminal_lines(text: str, escapes: int, judge: Judge, *, lines: bool = False) -> None:
    """A terminal obeys *escapes* sequences of ours, and nothing else. With *lines* a text may have
    lines of its own, as an exception in a traceback has."""
    judge.outputs += 1
    if text.count("\x1b") != escapes:
        found = max((part for part in text.split("\x1b") if MARK.search(part)), default="")
        raise Effect(f"terminal: {text.count(chr(27))} escapes, {escapes} ours: {found[:300]!a}")
    bare = _COLOUR.sub("", text)
    judge.harmless("terminal", bare, lines=True)
    if not lines and _LINE.search(bare):
        raise Effect(f"terminal: a line of its own: {bare[:300]!a}")
    _seen(text, judge)


def transcript(cards: list[list[dict[str, Any]]], judge: Judge) -> None:
    """The demo's story, as it shows cards."""
    page = io.StringIO()
    told = Transcript(Console(file=page, color_system=None, highlight=False, soft_wrap=True))
    for card in cards:
        told.sees(card_lines(card), most=60)
    terminal_lines(page.getvalue(), 0, judge)


def _seen(text: str, judge: Judge) -> None:
    judge.seen.update(judge.number(mark) for mark in MARK.findall(text))
