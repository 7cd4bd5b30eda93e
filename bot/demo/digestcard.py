"""A digest as it stands in its channel, read back: its orders, its sum, what is gone, its head."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from bot.demo.transcript import card_lines
from bot.sandbox.clouds.book import CloudOrder
from bot.sandbox.workspace.state import Message

_SUM = re.compile(r"Unpaid this morning: (\d+) orders · ([\d,.]+) [A-Z]{3}")
_HEAD = re.compile(r"record (\d+) ([0-9a-f]{12})")


@dataclass(frozen=True, slots=True)
class Line:
    """An order above the fold, and what its buttons carry."""

    order: CloudOrder
    ref: str


class DigestCard:
    """*orders* are those of the account that it shows, by id."""

    def __init__(self, message: Message, orders: Mapping[str, CloudOrder]) -> None:
        self.ts = message.ts
        self.text = card_lines(message.blocks)
        self.lines = tuple(_lines(message, orders))

    def sections(self) -> list[str]:
        """The words over its orders, from the top, without their counts."""
        return [line.partition(":")[0] for line in self.text[1:] if re.search(r": \d+$", line)]

    def sum(self) -> tuple[int, Decimal] | None:
        """How many are unpaid, and the amount."""
        found = _SUM.match(self.text[0])
        return found and (int(found[1]), Decimal(found[2].replace(",", "")))

    def head(self) -> tuple[int, str] | None:
        """The newest record when it was composed: its number, and the begin of its hash."""
        found = _HEAD.search(" ".join(self.text))
        return found and (int(found[1]), found[2])

    def gone(self, why: str, order: CloudOrder) -> bool:
        """Whether it names *order* as gone for this reason."""
        return any(line.startswith(f"{why} · ") and order.order_id in line for line in self.text)

    def of(self, order: CloudOrder) -> Line | None:
        return next((line for line in self.lines if line.order is order), None)


def _lines(message: Message, orders: Mapping[str, CloudOrder]) -> Iterator[Line]:
    for about, below in pairwise(message.blocks):
        for element in below.get("elements", []):
            if element.get("type") == "overflow":
                said: Sequence[str] = re.findall(r"\w+", " ".join(card_lines([about])))
                order_id = next(word for word in said if word in orders)
                ref = element["options"][0]["value"].partition(":")[2]
                yield Line(orders[order_id], ref)
