"""The words of the record: they stand in chains that were written, so they stay."""

from __future__ import annotations

import re

from bot.domain.audit import AuditKind

LOOK_UPS = {
    "chain:created",
    "order:shown",
    "order:shared",
    "orders:listed",
    "products:listed",
    "accounts:listed",
    "input:answered",
    "lookup:refused",
    "lookup:failed",
}


def test_words_that_records_were_written_with_are_never_renamed() -> None:
    assert set(AuditKind) >= LOOK_UPS


def test_a_word_says_about_what_and_what_happened() -> None:
    assert [kind for kind in AuditKind if not re.fullmatch(r"[a-z]+:[a-z_]+", kind)] == []
