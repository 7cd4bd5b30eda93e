"""One workspace and one set of clouds for the tests of a file; a fresh set-up for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.doctor_house import House, Town, healthy_house, town


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def sandbox() -> AsyncIterator[Town]:
    async with town() as opened:
        yield opened


@pytest.fixture
async def house(sandbox: Town, tmp_path: Path) -> AsyncIterator[House]:
    async with healthy_house(tmp_path, sandbox) as set_up:
        yield set_up
