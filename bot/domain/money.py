"""Money: an exact amount and its currency. No conversion, no float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

_MICROS = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in the major unit of *currency* (ISO 4217), e.g. 12.50 CNY.

    *currency* is "" where the provider states none (Unicloud): the number is shown alone.
    """

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        """`12,480.00 CNY`: two decimals at least, more where the amount has them."""
        exponent = self.amount.normalize().as_tuple().exponent
        places = max(2, -exponent) if isinstance(exponent, int) else 2
        if self.currency == "JPY" and self.amount == self.amount.to_integral_value():
            places = 0
        return f"{self.amount:,.{places}f} {self.currency}".rstrip()

    @property
    def micros(self) -> int:
        """Millionths of the major unit, rounded half even: for comparing and sorting in SQL."""
        return int((self.amount * _MICROS).to_integral_value())
