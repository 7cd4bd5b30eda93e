"""Which messages may have arrived although nobody knows: told by this process's own memory."""

from __future__ import annotations

from collections import Counter

from bot.domain.outbox import Leased


class Attempts:
    """A row leased before by a process that ended counts as one that may have arrived. A *place*
    is where a message goes: a notice has one of its own, the cards of a request share theirs."""

    def __init__(self) -> None:
        self._known: set[int] = set()
        self._inherited: set[int] = set()
        self._unclear: dict[str, int] = {}  # place: the row that spent the second post there, or 0
        self._counts: dict[int, Counter[str]] = {}

    def begin(self, leased: Leased) -> None:
        """At each attempt, before anything is sent."""
        if leased.outbox_id not in self._known:
            self._known.add(leased.outbox_id)
            if leased.attempts > 1:
                self._inherited.add(leased.outbox_id)

    def end(self, leased: Leased) -> None:
        """The row is settled."""
        self._known.discard(leased.outbox_id)
        self._inherited.discard(leased.outbox_id)
        self._counts.pop(leased.outbox_id, None)
        self._unclear.pop(leased.owed.dedup, None)

    def unclear(self, place: str) -> None:
        """A first post may have arrived at *place*."""
        self._unclear.setdefault(place, 0)

    def spend(self, leased: Leased, place: str) -> None:
        """So may the second one. Rows owed later may post there again: they tell something new."""
        self._unclear[place] = leased.outbox_id

    def may_have_arrived(self, leased: Leased, place: str) -> bool:
        return leased.outbox_id in self._inherited or place in self._unclear

    def is_spent(self, leased: Leased, place: str) -> bool:
        return self._unclear.get(place, 0) >= leased.outbox_id

    def note(self, leased: Leased, what: str) -> int:
        """*what* was done for this row; how often so far."""
        counts = self._counts.setdefault(leased.outbox_id, Counter())
        counts[what] += 1
        return counts[what]

    def noted(self, leased: Leased, what: str) -> bool:
        return self._counts.get(leased.outbox_id, Counter())[what] > 0
