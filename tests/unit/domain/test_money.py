"""Amounts are exact, and read the same wherever they are shown."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.money import Money

amounts = st.decimals(
    min_value=-(10**29), max_value=10**29, allow_nan=False, allow_infinity=False, places=4
)


@pytest.mark.parametrize(
    ("amount", "currency", "said"),
    [
        ("12480", "CNY", "12,480.00 CNY"),
        ("12.5", "CNY", "12.50 CNY"),
        ("12.50000", "CNY", "12.50 CNY"),
        ("0.125", "USD", "0.125 USD"),
        ("-277.92", "CNY", "-277.92 CNY"),
        ("0", "", "0.00"),
        ("1200", "JPY", "1,200 JPY"),
        ("1200.5", "JPY", "1,200.50 JPY"),
        ("1E+3", "EUR", "1,000.00 EUR"),
        ("10.00", "CNY (unit 7)", "10.00 CNY (unit 7)"),
        ("123456789012345678901234567890.12", "CNY",
         "123,456,789,012,345,678,901,234,567,890.12 CNY"),
        ("1E+999999", "CNY", "1.000000E+999999 CNY"),
        ("1E-999999", "CNY", "1.000000E-999999 CNY"),
        ("1E+29", "CNY", "100,000,000,000,000,000,000,000,000,000.00 CNY"),
        ("1E+30", "CNY", "1.000000E+30 CNY"),
        ("1E-20", "CNY", "0.00000000000000000001 CNY"),
        ("1.5E-20", "CNY", "0.00000000000000000002 CNY"),
        ("1E-30", "CNY", "1.000000E-30 CNY"),
        ("NaN", "CNY", "NaN CNY"),
        ("1200.00", "JPY", "1,200 JPY"),
    ],
)  # fmt: skip
def test_an_amount_reads_with_separators_and_two_decimals_at_least(
    amount: str, currency: str, said: str
) -> None:
    assert str(Money(Decimal(amount), currency)) == said


@given(amounts)
def test_what_is_shown_is_the_exact_amount(amount: Decimal) -> None:
    assert Decimal(str(Money(amount, "CNY")).removesuffix(" CNY").replace(",", "")) == amount


@given(st.decimals(allow_nan=False, allow_infinity=False), st.text(max_size=3))
def test_no_amount_takes_more_than_a_line(amount: Decimal, currency: str) -> None:
    assert len(str(Money(amount, currency))) < 80


@given(amounts, amounts)
@example(
    one=Decimal("17548144634157327321684397935.0"),
    other=Decimal("17548144634157327321684397935.0001"),
)
def test_millionths_compare_like_the_amounts(one: Decimal, other: Decimal) -> None:
    assert (Money(one, "").micros < Money(other, "").micros) == (one < other)


def test_millionths_are_whole() -> None:
    assert Money(Decimal("12.50"), "CNY").micros == 12_500_000
    assert Money(Decimal("0.0000015"), "CNY").micros == 2
