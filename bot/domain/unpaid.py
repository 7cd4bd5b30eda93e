"""What is unpaid in one account, added up."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.filters import Snapshot
from bot.domain.money import Money


@dataclass(frozen=True, slots=True)
class Unpaid:
    """As last seen. *count* also counts orders without an amount; *sums* holds one amount per
    currency, sorted by it; *status_unknown* counts orders of which nobody can say; *lapsing* are
    the orders that lapse first."""

    count: int = 0
    sums: tuple[Money, ...] = ()
    status_unknown: int = 0
    lapsing: tuple[Snapshot, ...] = ()
