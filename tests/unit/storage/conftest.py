"""An open database in a temporary folder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Storage
from tests.builders import NOON


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "countersign.db"


@pytest.fixture
async def storage(path: Path) -> AsyncIterator[Storage]:
    opened = await Storage.open(path, now=NOON)
    yield opened
    await opened.aclose()
