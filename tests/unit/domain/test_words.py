"""Words that are stored, hashed or sent: what was written with them is read back years later. Each
list is in the order of its type; a digest shows its sections in theirs."""

from __future__ import annotations

from enum import StrEnum

import pytest

from bot.domain.accounts import Provider
from bot.domain.approvals import Outcome, RequestStatus, VoteKind
from bot.domain.audit import DATABASE, AuditKind
from bot.domain.digest_contents import Gone, Section
from bot.domain.digests import NoteKind, RunState
from bot.domain.filters import Sort
from bot.domain.inputs import InputKind
from bot.domain.orders import CancelEffect, OrderType, PaymentStatus
from bot.domain.outbox import CopyRole, Lane, OwedKind

WORDS: list[tuple[type[StrEnum], str]] = [
    (
        AuditKind,
        "chain:created order:shown order:shared orders:listed products:listed accounts:listed"
        " input:stored input:refused request:made request:voted request:vote_taken_back"
        " request:withdrawn request:denied request:expired request:outdated request:approved"
        " request:stopped request:claimed request:released request:unknown request:read"
        " request:cancelled request:failed request:late_effect message:given_up digest:set"
        " digest:ended digest:composed digest:left_out order:claimed order:snoozed orders:exported"
        " request:reminded request:escalated chain:head_published chain:restored"
        " input:answered lookup:refused lookup:failed",
    ),
    (
        RequestStatus,
        "pending approved executing unknown withdrawn denied expired outdated stopped cancelled"
        " failed",
    ),
    (
        Outcome,
        "changed gone paid votes identity expired_deadline no_answer no_receipt unconfirmed"
        " throttled not_sent refused combined still_unpaid restored late_effect not_done",
    ),
    (VoteKind, "approve deny"),
    (InputKind, "request approve deny take_back withdraw stop"),
    (CancelEffect, "yes no throttled not_sent unknown"),
    (PaymentStatus, "unpaid paid cancelled unknown"),
    (OrderType, "new renewal upgrade downgrade change convert refund trial other"),
    (Provider, "alibaba huawei unicloud"),
    (Sort, "newest lapses_first"),
    (Lane, "1_decisions 2_notices 3_digests"),
    (OwedKind, "card notice reminder escalation digest"),
    (CopyRole, "approvals requester adopted"),
    (RunState, "begun composed posted dropped"),
    (NoteKind, "claimed snoozed"),
    (Section, "renewal lapsing new rest snoozed"),
    (Gone, "paid lapsed cancelled_here cancelled_outside not_known filtered too_old"),
]


@pytest.mark.parametrize(("words", "expected"), WORDS, ids=[each.__name__ for each, _ in WORDS])
def test_what_was_stored_with_a_word_is_read_back(words: type[StrEnum], expected: str) -> None:
    assert [word.value for word in words] == expected.split()


def test_a_restore_is_about_the_database() -> None:
    assert DATABASE == "database"
