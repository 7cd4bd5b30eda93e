"""One cancel is one call, whatever becomes of the line, on real sockets.

The cloud reads the request to its end, acts, and then drops the line or says something odd. The
bytes on the line are counted there, not at the client.
"""

from __future__ import annotations

import pytest

from bot.domain.orders import CancelEffect
from bot.providers.transport import MAX_BODY_BYTES
from tests.unit.providers.cancelling import (
    ALIBABA,
    BY_TOKEN,
    DONE,
    HUAWEI,
    KINDS,
    ORDER,
    Act,
    BareCloud,
    Then,
    a_bare_cloud,
    a_closed_port,
    an_account,
    key_of,
)

every_kind = pytest.mark.parametrize("kind", KINDS)
METHODS = {ALIBABA: b"POST", HUAWEI: b"PUT", BY_TOKEN: b"PUT"}


def sent_by(kind: str, cloud: BareCloud) -> list[bytes]:
    """Methods of the cancels that arrived; the test fails here on another one."""
    methods = [line.split(b" ")[0] for line in cloud.acted]
    assert set(methods) <= {METHODS[kind]}
    return methods


@every_kind
@pytest.mark.parametrize("then", [Then.FIN, Then.RST])
@pytest.mark.parametrize("earlier", [0, 3])
async def test_pitfall_34_a_line_dropped_after_the_act_is_one_call_and_unknown(
    kind: str, then: Then, earlier: int
) -> None:
    """Pitfall 34, the adapter's part: the first cancel of all, and one after others whose lines the
    cloud kept open for more."""
    done = Act(DONE[kind].wire(), Then.KEEP)
    async with (
        a_bare_cloud(lambda number: done if number < earlier else Act(b"", then)) as cloud,
        an_account(kind, cloud.url) as adapter,
    ):
        for _ in range(earlier):
            assert (await adapter.cancel_order(ORDER)).effect is CancelEffect.YES
        receipt = await adapter.cancel_order(ORDER)
        assert receipt.effect is CancelEffect.UNKNOWN
        assert receipt.text.startswith("the line failed")
        assert len(sent_by(kind, cloud)) == earlier + 1
        assert cloud.lines == earlier + 1 + (kind == BY_TOKEN)  # none is used twice


@every_kind
@pytest.mark.parametrize(
    "says",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"Success": true',
    ],
)
async def test_pitfall_34_an_answer_that_does_not_come_to_its_end_in_time_is_unknown(
    kind: str, says: bytes
) -> None:
    async with (
        a_bare_cloud(lambda _number: Act(says, Then.STALL)) as cloud,
        an_account(kind, cloud.url, timeout_s=0.5) as adapter,
    ):
        receipt = await adapter.cancel_order(ORDER)
        assert (receipt.effect, receipt.text) == (CancelEffect.UNKNOWN, "no answer within 0.5 s")
        assert len(sent_by(kind, cloud)) == 1


@every_kind
@pytest.mark.parametrize(
    "says",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"Success": true',
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 302 Found\r\nLocation: /cancel\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n<html>ok</html>\n",
        b"HTTP/1.1 500 Error\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 5\r\n\r\nsorry",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b" " * (MAX_BODY_BYTES + 1),
    ],
)
async def test_pitfall_34_whatever_is_neither_yes_nor_no_is_one_call_and_unknown(
    kind: str, says: bytes
) -> None:
    async with (
        a_bare_cloud(lambda _number: Act(says, Then.FIN)) as cloud,
        an_account(kind, cloud.url) as adapter,
    ):
        assert (await adapter.cancel_order(ORDER)).effect is CancelEffect.UNKNOWN
        assert len(sent_by(kind, cloud)) == 1


@every_kind
async def test_a_throttled_cancel_is_not_repeated_by_itself(kind: str) -> None:
    says = b"HTTP/1.1 429 Slow\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"
    async with (
        a_bare_cloud(lambda _number: Act(says, Then.KEEP)) as cloud,
        an_account(kind, cloud.url) as adapter,
    ):
        assert (await adapter.cancel_order(ORDER)).effect is CancelEffect.THROTTLED
        assert len(sent_by(kind, cloud)) == 1


@pytest.mark.parametrize("kind", [ALIBABA, HUAWEI])
async def test_a_port_that_nobody_listens_on_was_sent_nothing(kind: str) -> None:
    async with an_account(kind, f"http://127.0.0.1:{a_closed_port()}") as adapter:
        receipt = await adapter.cancel_order(ORDER)
    assert (receipt.effect, receipt.text) == (
        CancelEffect.NOT_SENT,
        "the line failed (ConnectError)",
    )


@pytest.mark.parametrize("kind", [ALIBABA, HUAWEI])
async def test_without_an_encrypted_line_nothing_is_sent(kind: str) -> None:
    """The cloud takes the client's greeting for a request and answers in plain text."""
    async with (
        a_bare_cloud(lambda _number: Act(b"", Then.FIN)) as cloud,
        an_account(kind, cloud.url.replace("http:", "https:"), timeout_s=1.0) as adapter,
    ):
        cloud.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
        receipt = await adapter.cancel_order(ORDER)
        assert receipt.effect is CancelEffect.NOT_SENT
        assert (cloud.lines, cloud.acted) == (1, [])


@pytest.mark.parametrize("kind", [ALIBABA, HUAWEI])
async def test_a_cancel_that_the_rate_limit_holds_back_too_long_is_not_sent(kind: str) -> None:
    done = Act(DONE[kind].wire(), Then.KEEP)
    async with (
        a_bare_cloud(lambda _number: done) as cloud,
        an_account(kind, cloud.url, timeout_s=0.5, per_second=1.0) as adapter,
    ):
        first, second = await adapter.cancel_order(ORDER), await adapter.cancel_order(ORDER)
        assert (first.effect, second.effect) == (CancelEffect.YES, CancelEffect.NOT_SENT)
        assert second.text.startswith("not asked")
        assert len(sent_by(kind, cloud)) == 1


@pytest.mark.parametrize("kind", [ALIBABA, HUAWEI])
async def test_a_token_that_no_header_can_carry_is_not_sent_and_not_shown(kind: str) -> None:
    async with (
        a_bare_cloud(lambda _number: Act(b"", Then.FIN)) as cloud,
        an_account(
            kind, cloud.url, credentials=key_of(kind, security_token="g\u00e9heim")
        ) as adapter,
    ):
        receipt = await adapter.cancel_order(ORDER)
        assert receipt.effect is CancelEffect.NOT_SENT
        assert "heim" not in receipt.text
        assert cloud.lines == 0
