"""A cloud whose answers were written beforehand: `python -m tests.bench.cloud PORT [DELAY]`.

It answers in the words of the embedded clouds, one order of Alibaba Cloud's or Huawei Cloud's
whatever the id, or pages of 10,000 of Alibaba Cloud's, after DELAY seconds. The embedded clouds
themselves check each signature and draw each page anew: at these speeds they would be measured, and
not who asks them.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.sandbox.clouds import alibaba_wire, world
from bot.sandbox.clouds.book import Book
from bot.sandbox.clouds.huawei_catalogue import ENGLISH
from bot.sandbox.clouds.huawei_orders import details

ORDERS, PAGE = 10_000, 20
ALIBABA, HUAWEI = "alibaba-main", "huawei-main"
LATEST = datetime(2026, 11, 1, tzinfo=UTC)  # the newest order of the pages
APART = timedelta(minutes=7)  # from order to order
_TOP = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"


class Answers:
    """Whole HTTP answers, by what is asked."""

    def __init__(self, book: Book) -> None:
        self._pages = [
            _alibaba({"PageNum": number, "PageSize": PAGE, "TotalCount": ORDERS}, rows)
            for number, rows in enumerate(_pages(book), 1)
        ]
        one = an_order(book, ALIBABA)
        rows = alibaba_wire.detail_rows(book.orders[ALIBABA][one])
        paging = {"PageNum": 1, "PageSize": PAGE, "TotalCount": len(rows)}
        self._alibaba = _alibaba(paging, rows)
        other = book.orders[HUAWEI][an_order(book, HUAWEI)]
        shown = details(other, other.order_id, ENGLISH, offset=0, limit=100)
        self._huawei = _whole(shown)

    def to(self, head: bytes) -> bytes:
        if head.startswith(b"GET /v2/"):
            return self._huawei
        if page := re.search(rb"PageNum=(\d+)", head):
            return self._pages[int(page[1]) - 1]
        return self._alibaba


def an_order(book: Book, account: str) -> str:
    """The id of an unpaid order of one line, as most orders are."""
    lines = "rows" if account == ALIBABA else "lines"
    return next(
        order.order_id
        for order in book.orders[account].values()
        if order.payment_status == "unpaid" and len(order.wire[lines]) == 1
    )


def _pages(book: Book) -> Iterator[list[dict[str, Any]]]:
    """The account's own orders, over and over, under ids and at times of their own."""
    kinds = list(book.orders[ALIBABA].values())
    for first in range(0, ORDERS, PAGE):
        yield [
            alibaba_wire.list_row(
                replace(
                    kinds[number % len(kinds)],
                    order_id=f"21{10**12 + number}0",
                    created_at=LATEST - number * APART,
                )
            )
            for number in range(first, first + PAGE)
        ]


def _alibaba(paging: dict[str, int], rows: list[dict[str, Any]]) -> bytes:
    told = {"Code": "Success", "Message": "Successful!", "RequestId": "BENCH", "Success": True}
    return _whole(told | {"Data": {"HostName": "sandbox", **paging, "OrderList": {"Order": rows}}})


def _whole(answer: dict[str, Any]) -> bytes:
    body = json.dumps(answer, ensure_ascii=False).encode()
    return _TOP % (len(body), body)


class _Line(asyncio.Protocol):
    def __init__(self, answers: Answers, delay: float) -> None:
        self._answers = answers
        self._delay = delay
        self._got = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._got += data
        head = self._got.find(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", self._got)
        if head < 0 or len(self._got) < head + 4 + int(length[1] if length else 0):
            return
        answer = self._answers.to(bytes(self._got[:head]))
        self._got.clear()
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, answer)
        else:
            self._transport.write(answer)


async def _serve(port: int, delay: float) -> None:
    answers = Answers(world.build(1, lambda: datetime.now(UTC)))  # noqa: TID251 - a process's own
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Line(answers, delay), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), float(sys.argv[2]) if sys.argv[2:] else 0.0))
