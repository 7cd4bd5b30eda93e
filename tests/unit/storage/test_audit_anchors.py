"""What only somebody finds who knows more than the file: a head noted elsewhere, the key, where a
part of the record begins and ends."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.errors import UsageError
from storage.audit_parts import Part
from storage.audit_rows import BadRecord, Progress
from storage.reading import reading
from storage.verify import _verify_part, head_of, verify_file
from tests.builders import an_entry
from tests.stored_record import KEY, append, rewrite_from, stored, tamper

TEXT = "its text does not match what was committed to"


def test_pitfall_52_a_cut_tail_is_found_against_an_anchor_only(record: Path) -> None:
    anchor = head_of(record)
    tamper(
        record,
        "delete from audit_text where seq > 7",
        "delete from audit_tag where seq > 7",
        "delete from audit where seq > 7",
    )
    assert verify_file(record).ok
    result = verify_file(record, anchor=anchor)
    assert (result.ok, result.bad_seq, result.records) == (False, 8, 7)
    assert result.reason == "it is missing: the anchor names record 10"


def test_pitfall_52_a_rewritten_chain_is_found_against_an_anchor(record: Path) -> None:
    seq, digest = head_of(record)
    rewrite_from(record, 3)
    assert verify_file(record).ok
    for anchor in ((seq, digest), (seq, digest[:16].upper())):
        result = verify_file(record, anchor=anchor)
        assert (result.ok, result.bad_seq) == (False, 10)
        assert result.reason == "it differs from the anchor: the record was rewritten"


@pytest.mark.parametrize("noted", [3, 7, 10])
def test_what_is_read_good_ends_before_the_anchor_that_differs(record: Path, noted: int) -> None:
    anchor = (noted, stored(record, "hash", noted).hex())
    assert verify_file(record, anchor=anchor).records == 10
    rewrite_from(record, 3)
    result = verify_file(record, anchor=anchor)
    assert (result.bad_seq, result.records, result.head_seq) == (noted, noted - 1, noted - 1)
    assert result.head_hash == stored(record, "prev", noted).hex()


def test_the_first_record_may_be_the_anchor(record: Path) -> None:
    digest = stored(record, "hash", 1).hex()
    assert verify_file(record, anchor=(1, digest)).ok
    result = verify_file(record, anchor=(1, "0" * 64))
    assert (result.ok, result.bad_seq, result.records) == (False, 1, 0)


def test_a_rewritten_chain_is_found_with_the_key(record: Path) -> None:
    rewrite_from(record, 3)
    result = verify_file(record, key=KEY)
    assert (result.bad_seq, result.reason) == (3, "its tag was not made with the key")
    tamper(record, "delete from audit_tag where seq >= 3")
    result = verify_file(record, key=KEY)
    assert (result.bad_seq, result.reason) == (3, "it carries no tag of the key")
    tamper(record, "delete from audit_tag")
    result = verify_file(record, key=KEY)
    assert (result.bad_seq, result.reason) == (1, "no record carries a tag of the key")


async def test_tags_are_asked_for_from_the_first_record_of_the_key(path: Path) -> None:
    await append(path, an_entry(), key=None)
    await append(path, an_entry(), key=KEY)
    assert verify_file(path, key=KEY).ok
    await append(path, an_entry(), key=None)
    result = verify_file(path, key=KEY)
    assert (result.bad_seq, result.reason) == (4, "it carries no tag of the key")


@pytest.mark.parametrize("anchor", [(0, "a" * 64), (5, ""), (5, "abc"), (5, "g" * 64)], ids=repr)
def test_an_anchor_that_would_prove_nothing_is_refused(
    record: Path, anchor: tuple[int, str]
) -> None:
    sentence = "An anchor is SEQ:HASH, a number from 1 and 16 to 64 hex digits of its hash."
    with pytest.raises(UsageError, match=f"^{re.escape(sentence)}$"):
        verify_file(record, anchor=anchor)


@pytest.mark.parametrize(
    ("part", "change", "finding"),
    [
        (Part(None, 3), "select 1", (3, None, "")),
        (Part(1, 3), "select 1", (3, None, "")),
        (Part(4, 7), "select 1", (7, None, "")),
        (Part(8, None), "select 1", (10, None, "")),
        (Part(4, 7), "update audit_text set text = 'no' where seq = 3", (7, None, "")),
        (Part(4, 7), "update audit_text set text = 'no' where seq = 8", (7, None, "")),
        (Part(4, 7), "update audit_text set text = 'no' where seq = 4", (7, 4, TEXT)),
        (Part(4, 7), "update audit_text set text = 'no' where seq = 7", (7, 7, TEXT)),
        (Part(4, 7), "update audit set actor = 'U0MALLORY' where seq in (3, 8)", (7, None, "")),
        (Part(4, 7), "update audit set hash = zeroblob(32) where seq = 3",
         (3, 4, "it does not follow the record before it")),
        (Part(4, 7), "delete from audit where seq = 3",
         (3, 4, "it does not follow the record before it")),
        (Part(4, 7), "delete from audit where seq >= 7", (6, 7, "it is missing")),
        (Part(4, 7), "delete from audit where seq >= 6", (5, 6, "it is missing")),
        (Part(4, 7), "delete from audit where seq >= 4", (3, 4, "it is missing")),
        (Part(8, None), "delete from audit where seq = 10", (9, 10, TEXT)),
    ],
    ids=repr,
)  # fmt: skip
def test_a_part_is_judged_by_its_own_records_and_the_hash_before_them(
    record: Path, part: Part, change: str, finding: tuple[int, int | None, str]
) -> None:
    tamper(record, change)
    done, found = Progress(), None
    with reading(record) as connection:
        try:
            _verify_part(connection, part, done, None)
        except BadRecord as bad:
            found = bad
    assert (done.seq, found and found.seq, found.reason if found else "") == finding


def test_a_part_looks_at_the_anchor_where_it_is_its_own(record: Path) -> None:
    with reading(record) as connection:
        for before in (2, 3):
            done = Progress()
            _verify_part(connection, Part(4, 7), done, (before, "0" * 16))
            assert done.seq == 7
        for own in (4, 5, 7):
            with pytest.raises(BadRecord) as bad:
                _verify_part(connection, Part(4, 7), Progress(), (own, "0" * 16))
            assert bad.value.seq == own


@pytest.mark.parametrize(("part", "is_asked"), [(Part(4, 7), False), (Part(8, None), True)])
def test_only_the_last_part_misses_the_anchor(record: Path, part: Part, is_asked: bool) -> None:
    with reading(record) as connection:
        if not is_asked:
            _verify_part(connection, part, Progress(), (11, "0" * 16))
        else:
            with pytest.raises(BadRecord) as bad:
                _verify_part(connection, part, Progress(), (11, "0" * 16))
            assert bad.value.seq == 11
