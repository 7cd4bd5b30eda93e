"""Orders as a file: CSV that a spreadsheet opens right and runs nothing of, or JSON lines.

CSV: UTF-8 with a byte order mark, CRLF, a comma between cells, one header row. A spreadsheet takes
some texts for a formula and others for a number that it then rounds; in front of those stands an
apostrophe, as in front of a text that begins with one, so that taking one leading apostrophe away
gives the text back. Characters that are not printed become blanks. What no cell holds is cut, with
a mark: a spreadsheet would let it run into the next row.

JSON lines: ASCII, LF, no byte order mark; the first line is {"meta": {...}}, every other one an
order. Amounts are decimals as text, what is not known is null, texts are as the cloud sent them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import BinaryIO

from bot.domain.filters import Snapshot

COLUMNS = (
    "account",
    "provider",
    "order_id",
    "order_number",
    "payment_status",
    "payment_word",
    "order_type",
    "payable",
    "currency",
    "product_code",
    "product_name",
    "region",
    "created_at",
    "paid_at",
    "deadline",
    "placed_by",
    "owner_id",
    "seen_at",
    "as_of",
)

_MARK = "\ufeff".encode()
_CELL = 32_000  # characters; a spreadsheet holds 32,767
_CUT = " … (cut)"
_LARGEST = 30  # digits before the point, or places behind it, that are still written out
# Source: OWASP, "CSV Injection": the signs, also full-width, and what may stand before them.
_SIGNS = "=+@\\-＝＋－＠﹦﹢﹣﹫−"
_BEFORE = "[\\s\"'`´‘’‚“”„«»‹›＂＇]*"
_FORMULA = re.compile(f"{_BEFORE}[{_SIGNS}]")
_NEXT_CELL = re.compile(f";(?={_BEFORE}[{_SIGNS}])")  # where a semicolon parts cells
_NUMBER = re.compile(r"\d[\d.,\s]*(?:[eE][+-]?\d+)?")
_EXACT_NUMBER = re.compile(r"0|[1-9][0-9]{0,14}")  # a spreadsheet keeps 15 digits
_AMOUNT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")

Row = dict[str, str | None]  # by column


class ExportFormat(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"


class OrderFile:
    """Writes one export into *file*, counting and hashing on the way. *as_of* is the moment that
    the orders of each account show. `begin` and `add` work for a while: call them in a thread."""

    def __init__(
        self, file: BinaryIO, form: ExportFormat, as_of: Mapping[str, datetime | None]
    ) -> None:
        self._file = file
        self._form = form
        self._as_of = as_of
        self._hash = hashlib.sha256()
        self.count = 0
        self.size = 0  # bytes

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def begin(self, meta: Mapping[str, object]) -> None:
        """*meta* is JSON; a CSV file has no place for it but the column `as_of`."""
        if self._form is ExportFormat.CSV:
            self._write(_MARK + csv_lines([COLUMNS]))
        else:
            self._write(_json_line({"meta": meta}))

    def add(self, snapshots: Sequence[Snapshot]) -> None:
        rows = [order_row(each, self._as_of.get(each.order.account)) for each in snapshots]
        if self._form is ExportFormat.CSV:
            self._write(csv_lines(map(_cells, rows)))
        else:
            self._write(b"".join(map(_json_line, rows)))
        self.count += len(rows)

    def _write(self, text: bytes) -> None:
        self._file.write(text)
        self._hash.update(text)
        self.size += len(text)


def order_row(snapshot: Snapshot, as_of: datetime | None) -> Row:
    order, payable = snapshot.order, snapshot.order.payable
    return {
        "account": order.account,
        "provider": order.provider.value,
        "order_id": order.order_id,
        "order_number": order.order_number,
        "payment_status": order.payment_status.value,
        "payment_word": order.payment_word,
        "order_type": order.order_type.value,
        "payable": None if payable is None else _decimal(payable.amount),
        "currency": None if payable is None else payable.currency,
        "product_code": order.product_code,
        "product_name": order.product_name,
        "region": order.region,
        "created_at": utc(order.created_at),
        "paid_at": utc(order.paid_at),
        "deadline": utc(order.deadline),
        "placed_by": order.placed_by,
        "owner_id": order.owner_id,
        "seen_at": utc(snapshot.seen_at),
        "as_of": utc(as_of),
    }


def utc(at: datetime | None) -> str | None:
    """ISO 8601: `2026-11-18T12:00:00Z`, with the fraction of a second where there is one."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def text_cell(text: str) -> str:
    """*text* so that a spreadsheet shows it and does nothing else: no formula, no lost digit, also
    where the machine's language parts cells at semicolons."""
    text = "".join(each if each.isprintable() else " " for each in text[: _CELL + 1])
    text = _NEXT_CELL.sub(";'", text)
    if len(text) > _CELL:
        text = text[: _CELL - len(_CUT)] + _CUT
    rounded = _NUMBER.fullmatch(text.strip()) and not _EXACT_NUMBER.fullmatch(text)
    if text.startswith("'") or rounded or _FORMULA.match(text):
        return f"'{text}"
    return text


def csv_lines(rows: Iterable[Sequence[str]]) -> bytes:
    lines = io.StringIO(newline="")
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return lines.getvalue().encode(errors="replace")


def _cells(row: Row) -> list[str]:
    return [_cell(column, value or "") for column, value in row.items()]


def _cell(column: str, value: str) -> str:
    """An amount is a number, a negative one too."""
    return value if column == "payable" and _AMOUNT.fullmatch(value) else text_cell(value)


def _json_line(value: Mapping[str, object]) -> bytes:
    return json.dumps(value).encode("ascii") + b"\n"


def _decimal(amount: Decimal) -> str:
    if not amount.is_finite() or abs(amount.adjusted()) >= _LARGEST:
        return str(amount)
    return f"{amount:f}"
