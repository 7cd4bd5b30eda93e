"""An input is worked on once: a live click and the sweep for left-over inputs may both hold it."""

from __future__ import annotations

KEPT = 10_000  # ids remembered; the store itself knows all that were judged


class Once:
    def __init__(self) -> None:
        self._taken: dict[str, None] = {}

    def take(self, input_id: str) -> bool:
        """False when it is being worked on, or was."""
        if input_id in self._taken:
            return False
        self._taken[input_id] = None
        while len(self._taken) > KEPT:
            self._taken.pop(next(iter(self._taken)))
        return True

    def give_back(self, input_id: str) -> None:
        """It was not judged after all and may be tried again."""
        self._taken.pop(input_id, None)
