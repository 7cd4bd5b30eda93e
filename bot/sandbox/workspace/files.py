"""Files: what the app was given an address for, sent there, and shared as a message."""

from __future__ import annotations

import mimetypes
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

UPLOAD_LIFE = timedelta(minutes=10)
LARGEST = 1024**3  # bytes of one file


@dataclass(slots=True, kw_only=True)
class File:
    """*content* is None until it was sent, *channel_id* "" until the file was shared."""

    file_id: str
    name: str
    length: int
    expires_at: datetime  # of the address that takes its bytes
    title: str = ""
    content: bytes | None = None
    channel_id: str = ""

    def as_json(self) -> dict[str, Any]:
        """The file object of the Web API and of messages."""
        return {
            "id": self.file_id,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": mimetypes.guess_type(self.name)[0] or "application/octet-stream",
            "filetype": self.name.rpartition(".")[2],
            "size": self.length,
            "mode": "hosted",
            "is_external": False,
            "is_public": False,
        }


class Files:
    """Every file by its id, and by the key in the address that takes its bytes once."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}
        self._keys: dict[str, File] = {}

    @property
    def shared(self) -> list[File]:
        """Those that stand in a message, oldest first."""
        return [file for file in self._files.values() if file.channel_id]

    def expect(self, file: File) -> str:
        """The key of the address for the bytes of *file*."""
        key = secrets.token_urlsafe(48)
        self._files[file.file_id] = file
        self._keys[key] = file
        return key

    def get(self, file_id: object) -> File | None:
        return self._files.get(file_id) if isinstance(file_id, str) else None

    def receive(self, key: str, content: bytes, now: datetime) -> tuple[int, str]:
        """HTTP status and text for bytes that came to an address: once, in time, and as many as
        were announced."""
        file = self._keys.pop(key, None)
        if file is None or now > file.expires_at:
            return 404, "no such upload"
        if len(content) != file.length:
            return 400, f"{file.length} bytes were announced, not {len(content)}"
        file.content = content
        return 200, f"OK - {len(content)}"
