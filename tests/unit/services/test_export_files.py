"""The files of an export: what a spreadsheet, a program and a hostile name find in them."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.filters import Snapshot
from bot.domain.orders import Order, OrderType
from bot.services.export_files import COLUMNS, ExportFormat, OrderFile, order_row, text_cell
from tests.builders import NOON, a_detailed_order, an_order, money

UNICLOUD = "1144119593783001088"
SIGNS = "=+-@＝＋－＠"


def written(form: ExportFormat, *orders: Order) -> bytes:
    file = io.BytesIO()
    made = OrderFile(file, form, {"huawei-main": NOON})
    made.begin({"accounts": ["huawei-main"]})
    made.add([Snapshot(order, NOON) for order in orders])
    assert (made.count, made.size) == (len(orders), len(file.getvalue()))
    return file.getvalue()


def read_csv(*orders: Order) -> list[dict[str, str]]:
    text = written(ExportFormat.CSV, *orders).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def cell(column: str, **parts: Any) -> str:
    [row] = read_csv(an_order(**parts))
    return row[column]


def test_a_csv_file_is_what_a_spreadsheet_takes_for_utf_8() -> None:
    order = a_detailed_order(product_name="云服务器, “x”", region="cn-north-4", owner_id="77")
    lines = written(ExportFormat.CSV, order).split(b"\r\n")
    assert lines[0] == b"\xef\xbb\xbf" + ",".join(COLUMNS).encode()
    assert lines[1].decode() == (
        "huawei-main,huawei,CS2611171200ABCDE,,unpaid,6,new,12480.00,CNY,hws.service.type.ec2,"
        '"云服务器, “x”",cn-north-4,2026-11-17T12:00:00Z,,2026-11-21T12:00:00Z,lin,77,'
        "2026-11-18T12:00:00Z,2026-11-18T12:00:00Z"
    )
    assert lines[2:] == [b""]


def test_json_lines_begin_with_what_they_are_of_and_name_the_same_columns() -> None:
    order = a_detailed_order(product_name="云\u2028=1", payable=None, created_at=None)
    text = written(ExportFormat.JSONL, order).decode("ascii")
    meta, row = (json.loads(line) for line in text.splitlines())
    assert meta == {"meta": {"accounts": ["huawei-main"]}}
    assert tuple(row) == COLUMNS
    assert row == order_row(Snapshot(order, NOON), NOON)
    assert (row["product_name"], row["payable"], row["created_at"]) == ("云\u2028=1", None, None)


def test_an_amount_is_a_number_in_csv_and_exact_text_in_json() -> None:
    refund = an_order(payable=money("-0.10 CNY"), order_type=OrderType.REFUND)
    assert read_csv(refund)[0]["payable"] == "-0.10"
    line = written(ExportFormat.JSONL, refund).splitlines()[1]
    assert json.loads(line)["payable"] == "-0.10"
    assert cell("payable", payable=money("1E+2")) == "100"
    assert cell("payable", payable=money("1E+90")) == "'1E+90"
    assert cell("payable", payable=None) == ""


@pytest.mark.parametrize("order_id", [UNICLOUD, "123456789012345678", "0012", "12E4"])
def test_an_id_that_a_spreadsheet_would_round_stays_text(order_id: str) -> None:
    assert cell("order_id", order_id=order_id) == f"'{order_id}"
    assert cell("owner_id", owner_id=order_id) == f"'{order_id}"


@pytest.mark.parametrize("order_id", ["500491030350914", "7", "0", "CS2611171200ABCDE"])
def test_an_id_that_no_spreadsheet_changes_stays_as_it_is(order_id: str) -> None:
    assert cell("order_id", order_id=order_id) == order_id


@pytest.mark.parametrize("sign", [*SIGNS, "\t=", "\r=", "\n="])
@pytest.mark.parametrize("before", ["", " ", "\u3000", '"', "' ", "“", "\u200b", "\u202e "])
def test_no_cell_is_a_formula(sign: str, before: str) -> None:
    name = f"{before}{sign}HYPERLINK(1)"
    for column in ("product_name", "payment_word", "placed_by", "region"):
        assert cell(column, **{column: name})[0] == "'"
    assert cell("order_id", order_id=name)[0] == "'"


def test_a_currency_is_text_also_beside_an_amount() -> None:
    assert cell("currency", payable=money("1 =CMD()")) == "'=CMD()"


@given(st.text(st.characters(exclude_characters=";"), max_size=12))
@example("'")
@example("''=1")
@example(UNICLOUD)
def test_one_leading_apostrophe_taken_away_gives_the_text_back(text: str) -> None:
    printed = "".join(each if each.isprintable() else " " for each in text)
    assert text_cell(text).removeprefix("'") == printed


PIECES = st.text(st.sampled_from("=+-@＝＠;,\"'“\t\r\n a1"), max_size=8)


@given(PIECES, PIECES)
@example('x;"=1', "")
@example("\n=1", ";=1")
def test_however_its_lines_are_parted_no_piece_is_a_formula(name: str, word: str) -> None:
    order = an_order(product_name=name, payment_word=word)
    [row] = read_csv(order)
    assert row["product_name"].lstrip(' "“')[:1] not in set(SIGNS)
    _header, line, end = written(ExportFormat.CSV, order).decode("utf-8-sig").split("\r\n")
    assert end == ""
    assert "\n" not in line
    assert "\t" not in line
    for piece in line.split(";"):
        assert piece.lstrip(' "“')[:1] not in set(SIGNS)


def test_times_are_utc_and_keep_their_fraction() -> None:
    at = NOON + timedelta(milliseconds=5)
    assert cell("created_at", created_at=at) == "2026-11-18T12:00:00.005000Z"


@pytest.mark.parametrize("name", ["n" * 40_000, "=1;" * 12_000, "\n=" * 20_000])
def test_what_no_cell_holds_is_cut_visibly_and_runs_into_no_other_row(name: str) -> None:
    shown = cell("product_name", product_name=name)
    assert len(shown) <= 32_001
    assert shown.endswith(" … (cut)")
    line = written(ExportFormat.JSONL, an_order(product_name=name)).splitlines()[1]
    assert json.loads(line)["product_name"] == name
