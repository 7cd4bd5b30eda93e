"""What every test shares: asyncio as the loop, and no Slack or proxy settings of the machine."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import stamina


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def clean_environment() -> Iterator[None]:
    """Names that slack_sdk, Bolt or httpx would read by themselves are absent, then restored."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(("SLACK_", "COUNTERSIGN_")) or name.upper().endswith("_PROXY"):
            del os.environ[name]
    yield
    if os.environ != before:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(autouse=True)
def retries_do_not_wait() -> Iterator[None]:
    stamina.set_testing(True, attempts=3)
    yield
    stamina.set_testing(False)
