"""One id from the click to the cloud and back, and from what is typed to its reading."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from bot.domain.approvals import RequestStatus as S
from tests.cancelling import POLICY, approved, cancels, reached, unpaid_order
from tests.stage import ALICE, BOB, Stage, staged


@pytest.fixture(params=["http", "socket"])
async def stage(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async with staged(tmp_path, request.param, policy=POLICY, approvers=(BOB,)) as stage:
        yield stage


def events(lines: list[Any], **wanted: str) -> list[str]:
    found = [line for line in lines if all(line.get(key) == wanted[key] for key in wanted)]
    return [line["event"] for line in found]


async def test_one_id_leads_from_the_click_to_the_cloud_and_back(stage: Stage) -> None:
    with capture_logs(processors=[merge_contextvars]) as lines:
        order = unpaid_order(stage)
        request = await approved(stage, order)
        stage.later(seconds=40)
        await reached(stage, order, S.CANCELLED)
        await stage.idle()
    assert len(cancels(stage, order)) == 1
    told = [line for line in lines if line.get("request") == request.request_id]
    (called,) = [line for line in told if line.get("operation") == "CancelOrder"]
    assert called["event"] == "provider_call"
    moved = [line["status"] for line in told if line["event"] == "request_moved"]
    assert moved == ["approved", "executing", "cancelled"]
    assert {line["kind"] for line in told if line["event"] == "message_settled"} >= {"card"}
    clicks = [line for line in lines if line.get("kind") == "block_actions approve"]
    assert [line["user"] for line in clicks] == [BOB]
    judged = events(lines, request=request.request_id, trace=clicks[0]["trace"])
    assert judged == ["decision"]


async def test_what_is_typed_and_what_it_reads_share_an_id(stage: Stage) -> None:
    order = stage.an_order("huawei-main")
    with capture_logs(processors=[merge_contextvars]) as lines:
        await stage.type(ALICE, f"{order.order_id} huawei-main", until=order.order_id)
    (typed,) = [line for line in lines if line["event"] == "input"]
    assert typed["kind"] == "/order"
    assert "provider_call" in events(lines, trace=typed["trace"], account="huawei-main")
    assert order.order_id not in str(typed)


async def test_nothing_of_one_input_is_said_of_the_next(stage: Stage) -> None:
    with capture_logs(processors=[merge_contextvars]) as lines:
        order = unpaid_order(stage)
        request = await approved(stage, order)
        await stage.type(ALICE, "accounts", until="Your accounts")
    inputs = [line for line in lines if line["event"] == "input"]
    assert len({line["trace"] for line in inputs}) == len(inputs)
    assert not [line for line in inputs if line.get("request") == request.request_id]
