"""This machine's clock beside Slack's and the clouds'."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.doctor.findings import Code
from bot.sandbox.clouds.book import Fault
from tests.doctor_house import House


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_a_clock_that_is_minutes_off(house: House, minutes: int) -> None:
    house.clock.ahead = timedelta(minutes=minutes)
    report = await house.finds((Code.CLOCK_SKEW, "Slack, alibaba-main"))
    assert any(f"{seconds} s" in report.findings[0].problem for seconds in (359, 360, 361))


async def test_a_clock_so_far_off_that_signatures_are_refused(house: House) -> None:
    house.clock.ahead = timedelta(hours=1)
    house.account("huawei-main")
    report = await house.examined()
    (found,) = report.findings
    assert found.code is Code.CLOCK_SKEW
    assert "NTP" in found.fix


async def test_a_cloud_that_refuses_the_time_alone(house: House) -> None:
    house.town.clouds.book.faults.append(Fault("clock_skew", times=0))
    await house.finds((Code.CLOCK_SKEW, "alibaba-main"))
