"""`python -m bot` is `countersign`. What this module imports, it imports before a stop signal is
heard: so it is little."""

from __future__ import annotations

import os
import signal


def main() -> None:
    """Run one command. A stop signal ends it with 0 from here on: what a command imports takes a
    tenth of a second before `Stop` takes over."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    from bot.cli import main as run  # noqa: PLC0415 - after the handler stands

    run()


def _leave(*_received: object) -> None:
    """Nothing has begun, so nothing is left to close."""
    os._exit(0)


if __name__ == "__main__":
    main()
