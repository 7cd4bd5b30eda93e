"""The process dies at the named point and nowhere else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from bot.crash import VARIABLE, point


@pytest.mark.slow
@pytest.mark.parametrize(("named", "code"), [("here", -signal.SIGKILL), ("elsewhere", 0), ("", 0)])
def test_only_the_named_point_kills(named: str, code: int) -> None:
    program = "from bot.crash import point; point('here'); print('alive')"
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {VARIABLE: named},
        capture_output=True,
        check=False,
    )
    assert ended.returncode == code
    assert (b"alive" in ended.stdout) is (code == 0)


def test_without_the_variable_nothing_happens() -> None:
    point("here")
