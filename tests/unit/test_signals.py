"""Ctrl-C and SIGTERM: every command drains and ends with 0."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BOTH = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])

DRAINS = """
import asyncio, sys
from bot.signals import Stop
stop = Stop()
async def work():
    try:
        print("ready", flush=True)
        await asyncio.sleep(30)
    finally:
        await asyncio.sleep(0)
        print("drained", flush=True)
print(stop.run(work()))
"""
IGNORES = """
import time
from bot.signals import Stop
stop = Stop(grace_s=0.1)
async def work():
    print("ready", flush=True)
    while True:
        time.sleep(0.01)
stop.run(work())
"""
ELSEWHERE = """
import asyncio, signal, threading
from bot.signals import Stop
stop = Stop()
async def work():
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
    print("ready", flush=True)
    await asyncio.sleep(30)
stop.run(work())
"""
BREAKS = """
import asyncio
from bot.signals import Stop
stop = Stop()
async def work():
    try:
        print("ready", flush=True)
        await asyncio.sleep(30)
    finally:
        raise RuntimeError("while draining")
print(stop.run(work()))
"""
BEFORE_THE_LOOP = """
import time
from bot.signals import Stop
stop = Stop()
print("ready", flush=True)
time.sleep(30)
"""
IMPORTED = """
import signal
before = [signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)]
import bot.__main__, bot.cli
print(before == [signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)])
"""
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def run(*arguments: str, before: Path = ROOT) -> subprocess.Popen[str]:
        """Modules are looked for in *before* first."""
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env=os.environ | {"PYTHONPATH": f"{before}{os.pathsep}{ROOT}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield run
    for process in running:
        process.kill()
        process.communicate()


def stopped(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str]:
    """Exit code and output after the first line, of a process that is sent *number* then."""
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(number)
    output, _errors = process.communicate(timeout=10)
    return process.returncode, output


@BOTH
def test_work_is_cancelled_once_and_drains(start: Start, number: signal.Signals) -> None:
    assert stopped(start("-c", DRAINS), number) == (0, "drained\nNone\n")


@BOTH
def test_work_that_does_not_listen_ends_when_its_grace_is_over(
    start: Start, number: signal.Signals
) -> None:
    assert stopped(start("-c", IGNORES), number)[0] == 0


@BOTH
def test_a_signal_that_does_not_interrupt_the_waiting_loop_is_heard_at_once(
    start: Start, number: signal.Signals
) -> None:
    """It may come right before the loop begins to wait, or, as here, to another thread."""
    assert stopped(start("-c", ELSEWHERE), number)[0] == 0


def test_a_failure_while_draining_is_logged_and_still_ends_with_0(start: Start) -> None:
    assert stopped(start("-c", BREAKS), signal.SIGTERM)[0] == 0


@BOTH
def test_a_signal_before_any_work_ends_with_0(start: Start, number: signal.Signals) -> None:
    assert stopped(start("-c", BEFORE_THE_LOOP), number) == (0, "")


def script() -> str:
    """What pip makes of the project's command."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _colon, function = project["scripts"]["countersign"].partition(":")
    return f"import sys; from {module} import {function}; sys.exit({function}())"


@BOTH
@pytest.mark.parametrize("command", [("-m", "bot"), ("-c", script())], ids=["module", "script"])
def test_a_signal_during_the_imports_ends_with_0(
    start: Start, number: signal.Signals, command: tuple[str, ...], tmp_path: Path
) -> None:
    slow = 'import time\nprint("ready", flush=True)\nfor _ in range(3000): time.sleep(0.01)\n'
    (tmp_path / "typer.py").write_text(slow)
    assert stopped(start(*command, "manifest", before=tmp_path), number) == (0, "")


def test_who_only_imports_the_command_line_keeps_their_own_signals(start: Start) -> None:
    assert start("-c", IMPORTED).communicate(timeout=10)[0] == "True\n"


@BOTH
def test_the_embedded_clouds_end_with_0(start: Start, number: signal.Signals) -> None:
    assert stopped(start("-m", "bot", "clouds", "--port", "0"), number)[0] == 0
