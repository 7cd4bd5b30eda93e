"""What every test shares: asyncio as the loop, and no Slack or proxy settings of the machine."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterator

import pytest
import stamina
import structlog
from hypothesis import settings

settings.register_profile("quick", max_examples=20, deadline=None, derandomize=True)
settings.register_profile(  # make test-slow: other examples each time, but where a change is judged
    "thorough", max_examples=150, deadline=None, derandomize="CI" in os.environ
)
settings.load_profile("quick")


def pytest_collection_finish() -> None:
    """Seven thousand tests are never garbage: looking at them again and again costs an eighth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def clean_environment() -> Iterator[None]:
    """Names that slack_sdk, Bolt or httpx would read by themselves are absent, then restored."""
    before = _environment()
    for name in before:
        if name.startswith(("SLACK_", "COUNTERSIGN_")) or name.upper().endswith("_PROXY"):
            del os.environ[name]
    yield
    if _environment() != before:
        for name in _environment():
            del os.environ[name]
        os.environ.update(before)


def _environment() -> dict[str, str]:
    """Without what pytest itself changes at each step."""
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


@pytest.fixture(autouse=True)
def retries_do_not_wait() -> Iterator[None]:
    stamina.set_testing(True, attempts=3)
    yield
    stamina.set_testing(False)


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A command that is run in this process sets up logging for all that follow."""
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        root = logging.getLogger()
        root.setLevel(logging.WARNING)
        for handler in [each for each in root.handlers if type(each) is logging.StreamHandler]:
            root.removeHandler(handler)
