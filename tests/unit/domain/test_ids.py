"""An order id is found in whatever a person pastes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.accounts import Provider
from bot.domain.ids import clean_order_id, order_id_in, order_ids_in, providers_of

ALIBABA = "500491030350914"
HUAWEI = "CS18122203217MRPB"


@pytest.mark.parametrize(
    "pasted",
    [
        ALIBABA,
        " 500491030350914 ",
        "5004 9103 0350 914",
        "`500491030350914`",
        "“500491030350914”",
        "５００４９１０３０３５０９１４",
        "<tel:500491030350914|500491030350914>",
        "<tel:500491030350914>",
        "#500491030350914,",
        "\u202a500491030350914\u202c",
        "https://usercenter2.aliyun.com/order/detail?spm=a2c4g.1&orderId=500491030350914",
        "<https://usercenter2.aliyun.com/order/detail?orderId=500491030350914>",
        "<https://usercenter2.aliyun.com/o/500491030350914|order>",
        "https://account.example.com/#/orders/500491030350914?tab=1",
        "https://account.example.com/#/orders?trace=123456789012&orderId=500491030350914",
        "https://account.example.com/#/orders?case=123456789012&orderId=500491030350914",
        "<https://account.example.com/|500491030350914>",
        "<https://account.example.com/help> 500491030350914",
        "<https://account.example.com/help> 5004 9103 0350 914",
        "look: https://account.example.com/orders/500491030350914",
        "https://[broken/ https://account.example.com/orders/500491030350914",
    ],
)
def test_an_id_is_found_however_it_is_pasted(pasted: str) -> None:
    assert clean_order_id(pasted) == ALIBABA


@pytest.mark.parametrize("mark", [".", ". ", "*", "_", "~", "-", "*_~", " . "])
def test_marks_around_an_id_are_no_part_of_it(mark: str) -> None:
    """Phones make a full stop of two blanks; bold and italic words are pasted with their marks."""
    assert clean_order_id(f"{ALIBABA}{mark}") == ALIBABA
    assert clean_order_id(f"{mark}{HUAWEI}{mark}") == HUAWEI
    assert order_ids_in(f"see {mark}{HUAWEI}{mark}") == (HUAWEI,)


@pytest.mark.parametrize(
    ("pasted", "order_id"),
    [
        (f"订单号：{ALIBABA}", ALIBABA),
        (f"Order ID: {HUAWEI}", HUAWEI),
        (f"<https://c.example/o|order {ALIBABA}>", ALIBABA),
        ("5004 9103 0350 914", ALIBABA),
        (f"{ALIBABA} or {HUAWEI}", f"{ALIBABA}OR{HUAWEI}"),
        ("2026-abc", "2026-ABC"),
    ],
)
def test_a_label_before_an_id_is_no_part_of_it(pasted: str, order_id: str) -> None:
    assert order_id_in(pasted) == order_id


@pytest.mark.parametrize(
    "link",
    [
        "https://ws.slack.com/archives/C04AB12CD/p1700000000123456",
        "https://SLACK.com/archives/C0123456789/p1700000000123456",
    ],
)
def test_a_link_to_a_message_holds_no_id(link: str) -> None:
    assert clean_order_id(link) == ""


@pytest.mark.parametrize(
    ("link", "order_id"),
    [
        ("https://console.example/orders/12345678", "12345678"),
        ("https://console.example/list?id=500491030350914", "500491030350914"),
        ("https://console.example/list?id=12345678&lang=en", "12345678"),
    ],
)
def test_a_number_in_a_typed_link_needs_no_name(link: str, order_id: str) -> None:
    assert clean_order_id(link) == order_id


def test_a_sure_number_of_a_link_goes_before_a_moment() -> None:
    assert clean_order_id(f"https://c.example/?ts=1700000000000#/o/{ALIBABA}") == ALIBABA


def test_a_lower_case_huawei_id_is_read_as_the_cloud_writes_it() -> None:
    assert clean_order_id("cs18122203217mrpb") == HUAWEI


@pytest.mark.parametrize(
    ("order_id", "providers"),
    [
        (ALIBABA, (Provider.ALIBABA,)),
        (HUAWEI, (Provider.HUAWEI,)),
        ("S1812220321", (Provider.HUAWEI,)),
        ("P21784954245923", (Provider.UNICLOUD,)),
        ("1144119593783001088", (Provider.UNICLOUD,)),
        ("UNPAID", ()),
        ("HELLOWORLD", ()),
        ("HELLOWORLD12", ()),
        ("UNPAYED30D", ()),
        ("CS18122203217MRPB\n", ()),
        ("٥٠٠٤٩١٠٣٠٣٥٠٩١٤", ()),
        ("12", ()),
        ("", ()),
    ],
)
def test_the_form_of_an_id_tells_the_provider(
    order_id: str, providers: tuple[Provider, ...]
) -> None:
    assert providers_of(order_id) == providers


@pytest.mark.parametrize("text", ["http://[", "https://\u2100.example/", "://", "<http://[|x>"])
def test_a_broken_link_holds_no_id(text: str) -> None:
    assert clean_order_id(text) == ""


PIECES = st.sampled_from(["http://[", "://", "<", ">", "|", "tel:", "#", "?orderId=", "&", "%"])


@given(st.lists(st.one_of(PIECES, st.text(st.characters(codec=None), max_size=8))).map("".join))
def test_no_text_breaks_the_reading_of_an_id(text: str) -> None:
    cleaned = clean_order_id(text)
    assert not any(character.isspace() for character in cleaned)


@given(st.from_regex(r"[0-9]{8,20}", fullmatch=True), st.sampled_from(" \t\u3000\u00a0"))
def test_spaces_anywhere_do_not_change_an_id(digits: str, space: str) -> None:
    assert clean_order_id(space.join(digits)) == clean_order_id(digits)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"who bought {ALIBABA}, and (cs18122203217mrpb)?", (ALIBABA, HUAWEI)),
        (f"{HUAWEI} {HUAWEI} {ALIBABA}", (HUAWEI, ALIBABA)),
        ("P21784954245923/1144119593783001088", ("P21784954245923", "1144119593783001088")),
        ("５００４９１０３０３５０９１４", (ALIBABA,)),
        (f"<https://x.example/o?orderId={ALIBABA}&amp;a=1|the order>", (ALIBABA,)),
        (f"see https://x.example/orders/{ALIBABA}.", (ALIBABA,)),
        ("see https://x.example/orders/CS18122203217MRPX.", ("CS18122203217MRPX",)),
        ("5004\u200b91030350914", (ALIBABA,)),
        (f"<tel:{ALIBABA}|{ALIBABA}> *{HUAWEI}*", (ALIBABA, HUAWEI)),
        (f"`{ALIBABA}`\n>{HUAWEI}", (ALIBABA, HUAWEI)),
        ("call 13800138000 on 20261120 or 1795003200.000001, 12,480.00 CNY", ()),
        ("<@U0123456789> <#C0123456789|general> <!date^1795003200^{date}|18 Nov 2026 12:00>", ()),
        ("commit a1b2c3d4e5f60718 of 550e8400-e29b-41d4-a716-446655440000", ()),
        ("<https://ws.slack.com/archives/C04AB12CD/p1700000000123456|this>", ()),
        (f"<https://ws.slack.com/archives/C04AB12CD/p1700000000123456|{ALIBABA}>", (ALIBABA,)),
        ("<https://grafana.example/d/x?from=1700000000000&to=1700000060000|graph>", ()),
        ("https://github.com/o/r/issues/12345678, https://x.zoom.us/j/81234567890", ()),
        ("https://c.example/o?ts=1700000000000&orderId=12345678", ("12345678",)),
        (f"<https://grafana.example/d/x?from=1700000000000|{HUAWEI} of today>", (HUAWEI,)),
        ("<@U0123456789> <#C0123456789> <#C0123456789|>", ()),
        ("", ()),
    ],
)
def test_ids_are_found_in_what_people_write(text: str, found: tuple[str, ...]) -> None:
    assert order_ids_in(text) == found


@pytest.mark.parametrize("piece", ["a.", "㏂", "<", "http://", "x://#", "a+b-"])
def test_a_long_text_without_a_number_is_read_in_no_time(piece: str) -> None:
    """The bot answers nobody meanwhile: a search that looks back at each character would not come
    to its end. The second one is `a.m.` to the reader."""
    assert order_ids_in(piece * (200_000 // len(piece))) == ()


@given(st.text(max_size=200))
def test_whatever_is_found_in_a_text_has_the_form_of_an_id(text: str) -> None:
    assert all(providers_of(order_id) for order_id in order_ids_in(text))
