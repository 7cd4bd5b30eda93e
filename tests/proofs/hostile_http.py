"""The HTTP listener before anybody who can reach it, and before a Slack that sends rubbish: no 500,
no traceback in the log, nothing done for what is not signed; bodies and slow senders are bounded.

The bot is the whole one, as it serves, between the embedded clouds and the embedded workspace.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.proofs.hostile_bugs import HTTP_BUGS
from tests.proofs.hostile_files import Stream, log_to
from tests.proofs.hostile_requests import Bodies, Body, Headers, broken_http, request_bytes
from tests.proofs.hostile_senders import Address, exchange, impatient, large_bodies, slow_senders
from tests.proofs.hostile_strings import ACTING
from tests.proofs.proof import Figures, Proof, Size
from tests.stage import ALICE, Stage, staged

SEED = 6
AT_ONCE = 8  # requests under way
SLOW = 60  # seconds that may pass until a stamp from the future is looked at
ENCODINGS = ("gzip", "deflate", "br", "zstd", "identity", "x")
MORE = (
    ("X-Slack-Retry-Num", "1"),
    ("X-Slack-Retry-Reason", "http_timeout"),
    ("Content-Type", "application/json"),
    ("Content-Type", "text/plain; charset=utf-7"),
    ("Cookie", "a=b; =\xff; ;;="),
    ("Authorization", "Bearer junk"),
    ("X-Forwarded-For", "127.0.0.1, ::1"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("Accept", "*/*"),
    ("Range", "bytes=0-1"),
)
READ = {"200", "400", "404"}
NO_HTTP = {"400", "401", "404", "405", "408", "413", "417", "nothing"}

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
_TYPE = re.compile(
    rb"(?i)\r\ncontent-type: *(text/plain|application/json|application/octet-stream)\b"
)


def run(size: Size) -> Figures:
    """Raises AssertionError with the number of the request, which the seed tells again."""
    return asyncio.run(_run(size))


async def _run(size: Size) -> Figures:
    stream, counts = Stream(terminal=False), Counter[str]()
    with log_to(stream), TemporaryDirectory(prefix="countersign-proof-") as folder:
        async with staged(Path(folder), "http") as stage:
            address = _address(stage)
            fuzz = Fuzz(address, Bodies(f"{SEED}", stage.slack), counts)
            before = _done(stage)
            await fuzz.strangers(size["unsigned"])
            assert _done(stage) == before, "something was done for a request that is not signed"
            slow, served = await _slow(size, address, fuzz)
            large = await large_bodies(address)
            await stage.type(ALICE, "help", until="What can be typed")
        _check_log(stream.written(), stage)
    return {
        f"requests that are not signed (seed {SEED})": size["unsigned"],
        "signed ones of rubbish": size["signed"],
        "answers 500": 0,
        "tracebacks in the log": 0,
        **{f"times {status}": counts[status] for status in sorted(counts)},
        "bodies too large": large,
        "slow senders ended in time": slow,
        "answers to others meanwhile": served,
    }


async def _slow(size: Size, address: Address, fuzz: Fuzz) -> tuple[int, int]:
    """How many slow senders were ended, and how many others were answered meanwhile."""
    async with impatient() as short:
        (slow, served), _nothing = await asyncio.gather(
            slow_senders(short, size["slow"], pause=0.2), fuzz.slack(size["signed"])
        )
    if size["slow_at_the_bot"]:
        more = await slow_senders(address, size["slow_at_the_bot"], pause=1.0)
        slow, served = slow + more[0], served + more[1]
    return slow, served


def _address(stage: Stage) -> Address:
    assert stage.bot is not None
    assert stage.bot.events is not None
    return Address(*stage.bot.events, stage.slack.signing_secret, stage.clock)


def _done(stage: Stage) -> tuple[int, int]:
    """What is on record beside the record's own keeping, and calls to Slack."""
    kept = sum(not record["kind"].startswith("chain:") for record in stage.records())
    return kept, len(stage.slack.calls)


class Fuzz:
    def __init__(self, address: Address, bodies: Bodies, counts: Counter[str]) -> None:
        self._address = address
        self._bodies = bodies
        self._counts = counts
        self._draw = Random(f"{SEED}")
        self._number = 0

    async def strangers(self, count: int) -> None:
        """Whatever they send, it is 401, or 400 where it is no HTTP."""
        for _ in range(0, count, AT_ONCE):
            await asyncio.gather(*(self._stranger() for _ in range(AT_ONCE)))

    async def slack(self, count: int) -> None:
        """200, or 400 and 404 for what nobody can read."""
        for _ in range(0, count, AT_ONCE):
            await asyncio.gather(*(self._signed(self._bodies.next()) for _ in range(AT_ONCE)))

    async def _stranger(self) -> None:
        body = self._bodies.next()
        headers = self._headers(body, self._unsigned(body.raw))
        data = request_bytes(body.raw, headers)
        if self._draw.random() < 0.25:
            data = broken_http(self._draw, data)
            self._judge(data, await exchange(self._address, data, end=True), NO_HTTP)
        else:
            expected = {"400"} if _says_twice(headers) else {"401"}
            self._judge(data, await exchange(self._address, data), expected)

    async def _signed(self, body: Body) -> None:
        data = request_bytes(body.raw, self._headers(body, self._address.signed(body.raw)))
        expected = READ if _is_text(body.raw) else {"400", "401"}
        self._judge(data, await exchange(self._address, data), expected)

    def _headers(self, body: Body, signed: Headers) -> Headers:
        """With others that mean nothing, some of them twice."""
        draw, headers = self._draw, [*signed]
        if body.content_type:
            headers.insert(draw.randrange(len(headers) + 1), ("Content-Type", body.content_type))
        headers += draw.choices(MORE, k=draw.choice((0, 0, 0, 1, 2, 4)))
        if draw.random() < 0.1:
            headers.append(("Content-Encoding", draw.choice(ENCODINGS)))
        return headers

    def _unsigned(self, raw: bytes) -> Headers:
        draw, address = self._draw, self._address
        right = dict(address.signed(raw))
        stamp, mark = right.values()
        first, second = right
        late = draw.choice((-1, 1)) * draw.randint(301 + SLOW, 10**7)
        wrong: tuple[Headers, ...] = (
            [],
            address.signed(raw + b" "),
            address.signed(raw, secret="another"),
            address.signed(raw, late=late),
            [(first, stamp)],
            [(second, mark)],
            [(first, stamp), (second, mark[3:])],
            [(first, stamp), (second, mark.upper())],
            [(first, stamp), (second, f"{mark}0")],
            [(first, stamp), (second, "v0=\xfc")],
            [(first, f"{stamp}.0"), (second, mark)],
            [(first, f"+{stamp}"), (second, mark)],
            [(first, draw.choice(("soon", "", "-1", "9" * 400, "1e9", "\xb2"))), (second, mark)],
            [(first, stamp), (second, f"v0={draw.randbytes(32).hex()}"), (second, mark)],
        )
        return draw.choice(wrong)

    def _judge(self, data: bytes, answer: bytes, expected: set[str]) -> None:
        self._number += 1
        found = _STATUS.match(answer)
        status = found[1].decode() if found else "nothing"
        self._counts[status] += 1
        told = (
            f"request {self._number} of seed {SEED} ({data[:600]!r}) is answered {answer[:300]!r}"
        )
        assert status in expected, told
        has_body = bool(answer.partition(b"\r\n\r\n")[2])
        assert not has_body or _TYPE.search(answer), f"as a page: {told}"


def _is_text(raw: bytes) -> bool:
    """A signature is that of a text; nothing else is signed."""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _says_twice(headers: Headers) -> bool:
    """What a body is: no HTTP."""
    return sum(name == "Content-Type" for name, _value in headers) > 1


def _check_log(text: str, stage: Stage) -> None:
    slack = stage.slack
    for line in text.split("\n"):
        event = json.loads(line or "{}")
        assert "exception" not in event, f"a traceback: {line[-1500:]}"
        assert "Traceback" not in line, f"a traceback: {line[-1500:]}"
        assert not ACTING.search(line), f"the log: {line[:600]!a}"
        for secret in (slack.signing_secret, slack.bot_token, slack.app_token):
            assert secret not in line, f"a secret in the log: {line[:600]}"


PROOF = Proof(
    name="hostile http",
    promise="The listener stands whatever is sent to it",
    commit={"unsigned": 600, "signed": 600, "slow": 40, "slow_at_the_bot": 0},
    full={"unsigned": 10_000, "signed": 10_000, "slow": 400, "slow_at_the_bot": 300},
    bug={"unsigned": 400, "signed": 300, "slow": 12, "slow_at_the_bot": 0},
    run=run,
    bugs=HTTP_BUGS,
)
