"""`countersign doctor` as a process: what it prints, and what it ends with."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.doctor.findings import Code
from tests.doctor_house import House

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


async def doctor(house: House, *options: str) -> Done:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "doctor", *options),
        cwd=house.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | house.environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(40):
        stdout, stderr = await process.communicate()
    assert process.returncode is not None
    return Done(process.returncode, stdout.decode(), stderr.decode())


async def test_nothing_found_ends_with_0(house: House) -> None:
    house.settings()
    house.environ |= dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY"), "http://127.0.0.1:9")
    done = await doctor(house, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["ok"] is True
    assert told["findings"] == []


async def test_findings_end_with_1_and_are_readable(house: House) -> None:
    house.environ["SLACK_APP_TOKEN"] = house.environ["SLACK_BOT_TOKEN"]
    house.environ["WRONG"] = "not-the-secret"
    house.account(access_key_secret="env:WRONG")
    house.settings()
    done = await doctor(house)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("2 findings.\n\ntoken_kind  SLACK_APP_TOKEN\n  ")
    assert "\n\ncloud_secret_wrong  alibaba-main\n  " in done.stdout
    assert done.stdout.count("\n  Fix: ") == 2
    for secret in [*house.secrets(), "not-the-secret"]:
        assert secret not in done.stdout


async def test_a_refused_configuration_ends_with_2_and_its_line(house: House) -> None:
    house.config.write_text('[policy]\napprovers = ["U0BOB"]\nquorm = 1\n[[accounts]]\n')
    done = await doctor(house, "--json")
    assert done.returncode == 2
    (told,) = json.loads(done.stdout)["findings"]
    assert told["code"] == Code.CONFIGURATION_REFUSED
    assert told["problem"].startswith("countersign.toml:3: “quorm”: unknown key")
    assert done.stderr == f"{told['problem']}\n"


async def test_an_unknown_zone_is_refused(house: House) -> None:
    house.account("unicloud-main", time_zone="Asia/Shangai")
    house.config.write_text(house.text())
    done = await doctor(house)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert '“time_zone”: "Asia/Shangai" is no time zone' in line
