"""Money: an exact amount and its currency. No conversion, no float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal

_MICROS = Decimal(1_000_000)
_DIGITS = 30
_DECIMALS = 20
_EXACT = Context(prec=_DIGITS + _DECIMALS + 10)  # the usual 28 digits would round first


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount in the major unit of *currency* (ISO 4217), e.g. 12.50 CNY.

    *currency* is "" where the provider states none (Unicloud): the number is shown alone.
    """

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        """`12,480.00 CNY`: two decimals at least, more where the amount has them. Beyond all
        measure (30 digits before the point, 20 behind it) powers of ten and rounding."""
        return f"{self._number()} {self.currency}".rstrip()

    def _number(self) -> str:
        if not self.amount.is_finite() or abs(self.amount.adjusted()) >= _DIGITS:
            return f"{self.amount:.6E}"
        decimals = f"{self.amount:f}".partition(".")[2].rstrip("0")
        if self.currency == "JPY" and not decimals:
            return f"{self.amount:,.0f}"
        return f"{self.amount:,.{min(max(2, len(decimals)), _DECIMALS)}f}"

    @property
    def micros(self) -> int:
        """Millionths of the major unit, rounded half even: for comparing and sorting in SQL."""
        return int(_EXACT.multiply(self.amount, _MICROS).to_integral_value())
