"""`countersign serve` that does not store clicks before it acks them: what the write costs.

`python -m tests.bench.unwritten --config FILE`. Nothing but this measurement may run it.
"""

from __future__ import annotations

import sys

from bot.cli import main
from bot.domain.inputs import Input
from storage.requests import SqliteRequestStore


async def _taken_for_new(self: SqliteRequestStore, given: Input) -> bool:  # noqa: ARG001
    return True


if __name__ == "__main__":
    SqliteRequestStore.accept = _taken_for_new  # type: ignore[method-assign]
    sys.argv = ["countersign", "serve", *sys.argv[1:]]
    main()
