"""One bot per Slack app on a machine: Slack would split its events between two copies, each with a
record of its own."""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bot.errors import StorageError
from bot.i18n import _


def hold_app(token: str) -> ExitStack:
    """Held until the stack is closed; the kernel frees it on a kill. Raises StorageError while
    another process of this user on this machine holds it."""
    digest = hashlib.sha256(token.encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"countersign-{os.getuid()}-{digest}.lock"
    with ExitStack() as stack:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        stack.callback(os.close, descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StorageError(
                _("Another countersign here serves the same Slack app; stop it first.")
            ) from error
        return stack.pop_all()
