"""What is typed about requests, read."""

from __future__ import annotations

import pytest

from bot.errors import UsageError
from handlers.parsing import Cancel, Command, History, Inbox, WhyNot, parse_command


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("cancel", Cancel()),
        ("cancel 500491030350914", Cancel("500491030350914")),
        ("CANCEL 5004 9103 0350 914 alibaba-main", Cancel("500491030350914", "alibaba-main")),
        ("cancel “cs18122203217mrpb”", Cancel("CS18122203217MRPB")),
        ("inbox", Inbox()),
        ("inbox please", Inbox()),
        ("history 500491030350914", History("500491030350914")),
        ("history CS18122203217MRPB huawei-main", History("CS18122203217MRPB", "huawei-main")),
        ("why R-ABCD2345", WhyNot("R-ABCD2345")),
        ("why `r-abcd2345`", WhyNot("R-ABCD2345")),
        ("history 500491030350914.", History("500491030350914")),
        ("history a1-main 500491030350914", History("500491030350914", "a1-main")),
        ("history 500491030350914 account:hw2", History("500491030350914", "hw2")),
        ("cancel account:ali 500491030350914", Cancel("500491030350914", "ali")),
        ("why R-ABCD2345.", WhyNot("R-ABCD2345")),
        ("why *R–ABCD2345*", WhyNot("R-ABCD2345")),
        ("why ｒ－ａｂｃｄ２３４５ now", WhyNot("R-ABCD2345")),
    ],
)
def test_each_command_about_requests_is_read(typed: str, command: Command) -> None:
    assert parse_command(typed) == command


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("history", "/order history 500491030350914"),
        ("history “”", "/order history 500491030350914"),
        ("why", "/order why R-ABCD2345"),
        ("cancle 500491030350914x", "/order cancel"),
        ("inbx", "/order inbox"),
        ("histori", "/order history"),
        ("cancel " + "9" * 65, "at most 64 characters, for example: /order cancel"),
    ],
)
def test_what_is_missing_or_misspelt_gets_an_example(typed: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        parse_command(typed)
