"""Signed payload in, HTTP to the embedded clouds, cards out: one stage for the tests of a file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import structlog

from tests.stage import Mode, Stage, staged


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def plain_log() -> None:
    """Without the coloured tracebacks of structlog's default, which take half a second each."""
    renderer = structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )
    structlog.configure(processors=[structlog.processors.add_log_level, renderer])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Delivery is tried both ways; a file about what comes after it names one in `MODES`."""
    named = any("mode" in each.args[0] for each in metafunc.definition.iter_markers("parametrize"))
    if "mode" in metafunc.fixturenames and not named:
        modes = getattr(metafunc.module, "MODES", ("http", "socket"))
        metafunc.parametrize("mode", modes, scope="module", indirect=True)


@pytest.fixture(scope="module")
def mode(request: pytest.FixtureRequest) -> Mode:
    chosen: Mode = request.param
    return chosen


@pytest.fixture(scope="module")
async def stage(mode: Mode, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp(mode), mode) as stage:
        yield stage


@pytest.fixture(autouse=True)
def slack_took_every_call(request: pytest.FixtureRequest) -> Iterator[None]:
    """No card, view or answer of the bot was refused, but for what a test has *expected*."""
    if "stage" not in request.fixturenames:
        yield
        return
    stage: Stage = request.getfixturevalue("stage")
    stage.slack.calls.clear()
    stage.expected.clear()
    yield
    stage.slack.faults.ordered.clear()
    stage.clouds.book.faults.clear()
    for who in stage.slack.state.stacks.values():
        who.clear()
    assert stage.refused_calls() == []
