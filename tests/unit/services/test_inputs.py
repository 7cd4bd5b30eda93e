"""Every input counts once and is on the record once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.audit import AuditEntry, AuditKind
from bot.errors import NotAllowed, OrderNotFound, StorageError, UsageError, UserError
from tests.unit.services.house import House


async def test_an_input_that_slack_delivers_again_does_not_count() -> None:
    house = House()
    assert await house.inputs.first_time("trigger-1")
    house.clock.move(timedelta(minutes=5))
    assert not await house.inputs.first_time("trigger-1")
    assert await house.inputs.first_time("trigger-2")


async def test_inputs_without_an_id_all_count() -> None:
    house = House()
    assert await house.inputs.first_time("")
    assert await house.inputs.first_time("")


async def test_what_is_answered_from_the_store_is_on_the_record() -> None:
    house = House()
    await house.inputs.answered("U0ALICE", "details", "order:huawei-main/CS1")
    assert house.audit.entries == [
        AuditEntry(
            kind=AuditKind.INPUT_ANSWERED,
            actor="U0ALICE",
            subject="order:huawei-main/CS1",
            facts={"input": "details"},
        )
    ]


@pytest.mark.parametrize(
    ("error", "rule"),
    [
        (NotAllowed("You may not", rule="viewers"), "viewers"),
        (UsageError("I do not know “my password”"), "UsageError"),
    ],
)
async def test_a_refusal_is_on_the_record_with_its_rule_and_without_words(
    error: UserError, rule: str
) -> None:
    house = House()
    await house.inputs.refuse("U0ALICE", "command", error)
    (entry,) = house.audit.entries
    assert (entry.kind, entry.actor) == (AuditKind.LOOKUP_REFUSED, "U0ALICE")
    assert (entry.facts, entry.texts) == ({"input": "command", "rule": rule}, {})


async def test_an_order_not_found_is_recorded_by_who_looked_for_it_and_not_twice() -> None:
    house = House()
    await house.inputs.refuse("U0ALICE", "command", OrderNotFound("no such order"))
    assert house.audit.entries == []


async def test_what_cannot_be_recorded_is_no_answer() -> None:
    house = House()
    house.audit.full = True
    with pytest.raises(StorageError):
        await house.inputs.answered("U0ALICE", "panel")
