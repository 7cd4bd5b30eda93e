"""Requests as nobody sends them to a bot, repeatable: payloads of Slack's with parts of another
kind in them, bodies of rubbish, and bytes that are no HTTP."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote_plus, urlencode

from bot.sandbox.workspace import Workspace, payloads
from bot.sandbox.workspace.state import Message, OpenView, State
from handlers.ids import ActionId, CallbackId
from tests.proofs.hostile_strings import Strings

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
PATH = "/slack/events"
ALICE, GENERAL = "U0ALICE", "C0GENERAL"

Headers = list[tuple[str, str]]
Payload = dict[str, Any]

_CONTENT_TYPES = (
    *(FORM, JSON, "text/plain", "", "application/json; charset=utf-16", "multipart/form-data"),
    *("multipart/form-data; boundary=x", "application/json;;;=", "///", "application/xml"),
)
_VALUES: tuple[Callable[[], object], ...] = (
    *(lambda: None, lambda: True, lambda: 0, lambda: -1, lambda: 10**40, lambda: 1.5, lambda: ""),
    *(
        list,
        dict,
        lambda: [None],
        lambda: {"": None},
        lambda: [[[]]],
        lambda: "x" * 9000,
    ),
    *(lambda: float("inf"), lambda: float("nan"), lambda: {"id": 5}, lambda: {"id": ALICE}),
    *(lambda: deep(90), lambda: [{"action_id": None}], lambda: "U0NOBODY", lambda: "block_actions"),
)


def deep(levels: int) -> object:
    tree: object = "x"
    for level in range(levels):
        tree = {"a": tree} if level % 2 else [tree]
    return tree


@dataclass(frozen=True, slots=True)
class Body:
    """*kind* says what it began as."""

    kind: str
    raw: bytes
    content_type: str


class Bodies:
    """Bodies of one *seed*, as the people of *slack* would have sent them."""

    def __init__(self, seed: str, slack: Workspace) -> None:
        self._draw = Random(seed)
        self._strings = Strings(seed)
        self._slack = slack

    def next(self) -> Body:
        draw = self._draw
        chance = draw.random()
        if chance < 0.1:
            return self._rubbish()
        kind, payload = self._payload()
        if chance < 0.95:
            for _ in range(draw.choice((1, 1, 1, 2, 3, 6))):
                self._break(payload)
        body = _encoded(kind, payload)
        if chance > 0.85:
            raw = self._damaged(body.raw)
            content_type = draw.choice(_CONTENT_TYPES)
            return Body(f"damaged {kind}", raw, content_type)
        return body

    def _payload(self) -> tuple[str, Payload]:
        state, draw = self._slack.state, self._draw
        alice, channel = state.person(ALICE), state.channel(GENERAL)
        message = Message(ts="1.1", channel_id=GENERAL, user_id=ALICE, text=self._strings.text())
        view = self._view(state)
        pressed = self._pressed()
        kinds: dict[str, Callable[[], Payload]] = {
            "command": lambda: dict(
                payloads.slash_command(
                    state, alice, channel, command="/order", text=self._strings.text()[:3000]
                )
            ),
            "click": lambda: payloads.message_action(state, alice, channel, message, pressed),
            "view click": lambda: payloads.view_action(state, alice, view, pressed),
            "submission": lambda: payloads.view_submission(state, alice, view),
            "closed": lambda: payloads.view_closed(alice, view, is_cleared=False),
            "shortcut": lambda: payloads.message_shortcut(
                state, alice, channel, message, callback_id=CallbackId.LOOK_UP_ORDER
            ),
            "event": lambda: payloads.event(state, self._event()),
        }
        kind = draw.choice(tuple(kinds))
        return kind, copy.deepcopy(kinds[kind]())

    def _pressed(self) -> Payload:
        draw = self._draw
        option = {"text": {"type": "plain_text", "text": "x"}, "value": "mine:D-1.0"}
        return {
            "type": draw.choice(("button", "overflow", "plain_text_input")),
            "block_id": draw.choice(("b", "request", "request:R-1")),
            "action_id": draw.choice(tuple(ActionId)).value,
            "action_ts": "1.1",
            "value": draw.choice(("R-1.1", "c0", self._strings.text()[:2000])),
            **({"selected_option": option} if draw.random() < 0.3 else {}),
        }

    def _view(self, state: State) -> OpenView:
        draw = self._draw
        reason = {
            "type": "input",
            "block_id": "reason",
            "element": {"type": "plain_text_input", "action_id": "typed"},
        }
        sent: Payload = {
            "type": draw.choice(("modal", "home")),
            "callback_id": draw.choice(tuple(CallbackId)).value,
            "private_metadata": draw.choice(("f0", "R-1.1", self._strings.text()[:2000])),
            "blocks": [reason],
        }
        typed = {("reason", "typed"): {"type": "plain_text_input", "value": self._strings.text()}}
        return OpenView(
            view_id=state.next_id("V"),
            user_id=ALICE,
            sent=sent,
            hash="1.1",
            root_view_id="V1",
            typed=typed,
        )

    def _event(self) -> Payload:
        return self._draw.choice(
            (
                {"type": "user_change", "user": {"id": ALICE}},
                {"type": "app_home_opened", "user": ALICE, "tab": "home", "channel": "D0ALICE"},
                {"type": "subteam_updated", "subteam": {"id": "S0FINANCE"}},
                {
                    "type": "message",
                    "channel_type": "im",
                    "user": ALICE,
                    "channel": "D0ALICE",
                    "text": self._strings.text()[:3000],
                    "ts": "1.1",
                },
                {"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}},
            )
        )

    def _break(self, payload: Payload) -> None:
        """One part of it is gone, or is something else."""
        draw = self._draw
        place: Any = payload
        while place:
            key = draw.choice(list(place) if isinstance(place, dict) else range(len(place)))
            if isinstance(place[key], dict | list) and place[key] and draw.random() < 0.75:
                place = place[key]
                continue
            chance = draw.random()
            if chance < 0.25:
                del place[key]
            elif chance < 0.5:
                place[key] = self._strings.text()[:20_000]
            else:
                place[key] = draw.choice(_VALUES)()
            return

    def _damaged(self, raw: bytes) -> bytes:
        draw = self._draw
        at = draw.randrange(len(raw) + 1)
        cut = (
            lambda: raw[:at],
            lambda: raw[:at] + bytes(draw.randrange(256) for _ in range(8)) + raw[at:],
            lambda: raw[at:] + raw[:at],
            lambda: raw + raw,
            lambda: raw[:at] + b"%" + raw[at:],
            lambda: raw.replace(b"%22", b"%2", 1),
            lambda: gzip.compress(raw),
            lambda: raw.decode(errors="replace").encode("utf-16"),
        )
        return draw.choice(cut)()

    def _rubbish(self) -> Body:
        draw = self._draw
        text = self._strings.text().encode(errors="replace")
        raw = draw.choice(
            (
                *(b"", b"{", b"[]", b"null", b"5", b'"x"', b"NaN", b"{}", b"\x00", b"\xff\xfe{}"),
                *(b"payload=", b"payload=null", b"payload=[]", b"payload=%", b"%%%", b"&&&=&=&"),
                *(b"[" * 50_000, b'{"a":' * 50_000, b"payload=" + b"%5B" * 30_000) * 3,
                b"1" * 6000,
                *(b'{"a":' + b"9" * 6000 + b"}", b'{"type": "url_verification"}', b"ssl_check=1"),
                *(b"payload=" + quote_plus(text).encode(), b"text=" + text, text, text * 20),
                draw.randbytes(draw.randrange(3000)),
                json.dumps(
                    {"type": "url_verification", "challenge": self._strings.text()}
                ).encode(),
            )
        )
        return Body("rubbish", raw[: 900 * 1024], draw.choice(_CONTENT_TYPES))


def _encoded(kind: str, payload: Payload) -> Body:
    """As Slack sends it."""
    if kind == "command":
        texts = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in payload.items()
        }
        return Body(kind, urlencode(texts, errors="replace").encode(), FORM)
    text = json.dumps(payload)
    if kind == "event":
        return Body(kind, text.encode(), JSON)
    return Body(kind, urlencode({"payload": text}).encode(), FORM)


def request_bytes(body: bytes, headers: Headers, *, method: str = "POST") -> bytes:
    lines = [f"{method} {PATH} HTTP/1.1", "Host: bot.example", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body


_POST = b"POST /slack/events HTTP/1.1\r\nHost: x\r\n"
BROKEN_HTTP = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"\x00" * 300,
    b"\r\n" * 300 + b"x",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"POST /slack/events HTTP/9.9\r\n\r\n",
    b"POST /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
    b"POST http://[::1/slack/events HTTP/1.1\r\nHost: x\r\n\r\n",
    b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /slack/events HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    _POST + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
    _POST + b"X: a\r\n" * 500 + b"\r\n",
    _POST + b"X-A: \x00\x1b[31m\r\n\r\n",
    _POST + b"Content-Length: -5\r\n\r\n",
    _POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n",
    _POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    _POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n",
    _POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello!!\r\n0",
    _POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n",
    _POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    _POST + b"Expect: nonsense\r\nContent-Length: 2\r\n\r\n{}",
)


def broken_http(draw: Random, whole: bytes) -> bytes:
    """One of the known ways, or *whole* with some of its bytes changed."""
    if draw.random() < 0.3:
        return draw.choice(BROKEN_HTTP)
    data = bytearray(whole[:4000])
    for _ in range(draw.randint(1, 12)):
        at = draw.randrange(len(data))
        data[at : at + draw.randint(0, 3)] = draw.randbytes(draw.randint(0, 3)) or b"\r\n"
        if not data:
            return b"\r\n\r\n"
    return bytes(data)
