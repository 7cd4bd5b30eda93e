"""Which messages may have arrived although nobody knows: told by this process's own memory."""

from __future__ import annotations

from collections import Counter

from bot.domain.outbox import Leased


class Attempts:
    """A row leased before by a process that ended counts as one that may have arrived."""

    def __init__(self) -> None:
        self._known: set[int] = set()
        self._inherited: set[int] = set()
        self._unclear: dict[int, Counter[str]] = {}

    def begin(self, leased: Leased) -> None:
        """At each attempt, before anything is sent."""
        if leased.outbox_id not in self._known:
            self._known.add(leased.outbox_id)
            if leased.attempts > 1:
                self._inherited.add(leased.outbox_id)

    def note(self, leased: Leased, place: str) -> int:
        """Something may have arrived at *place*; how often so far."""
        unclear = self._unclear.setdefault(leased.outbox_id, Counter())
        unclear[place] += 1
        return unclear[place]

    def noted(self, leased: Leased, place: str) -> bool:
        return self._unclear.get(leased.outbox_id, Counter())[place] > 0

    def may_have_arrived(self, leased: Leased, place: str) -> bool:
        return leased.outbox_id in self._inherited or self.noted(leased, place)

    def end(self, leased: Leased) -> None:
        """The row is settled."""
        self._known.discard(leased.outbox_id)
        self._inherited.discard(leased.outbox_id)
        self._unclear.pop(leased.outbox_id, None)
