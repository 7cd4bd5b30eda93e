"""The canonical form and the hashes, against values computed by hand and against properties."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit import AuditEntry, AuditKind
from storage.chain import GENESIS, body_of, canonical, commitment, hash_of, key_id_of, tag_of
from storage.columns import clean_text, from_ms, to_ms

LARGEST = 2**53 - 1
NAMES = st.text(st.characters(max_codepoint=127), max_size=8)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | TEXTS
VALUES = st.dictionaries(NAMES, SCALARS | st.dictionaries(NAMES, SCALARS, max_size=4), max_size=6)


def test_a_record_has_the_bytes_that_the_format_fixes() -> None:
    entry = AuditEntry(
        kind=AuditKind.ORDER_SHOWN,
        actor="U0ALICE",
        subject="order:a/1",
        facts={"n": 7, "b": True, "a": "é\n\x1f\x7f/", "x": None},
    )
    body = body_of(entry, seq=2, at_ms=1795003200001, commitments={"reason": "ab"})
    assert body == (
        b'{"actor":"U0ALICE","at_ms":1795003200001,'
        b'"facts":{"a":"\xc3\xa9\\n\\u001f\x7f/","b":true,"n":7,"x":null},'
        b'"kind":"order:shown","seq":2,"subject":"order:a/1","texts":{"reason":"ab"},"v":1}'
    )


@given(VALUES)
def test_the_canonical_form_says_what_went_in(value: dict[str, object]) -> None:
    assert json.loads(canonical(value)) == value


@given(VALUES)
def test_the_order_of_names_does_not_show(value: dict[str, object]) -> None:
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (1.0, "float"),
        (float("nan"), "float"),
        (2**53, "int"),
        (-(2**53), "int"),
        (b"x", "bytes"),
        (["1"], "list"),
    ],
)
def test_what_two_writers_could_write_apart_is_refused(value: object, kind: str) -> None:
    sentence = f"{kind} does not belong on the record in this size or form"
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        canonical({"fact": value})


@pytest.mark.parametrize("name", [1, "é"])
def test_a_name_that_is_not_ascii_text_is_refused(name: object) -> None:
    with pytest.raises(ValueError, match=r"^a name on the record is not ASCII text$"):
        canonical({"fact": {name: "x"}})


def test_half_a_character_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        canonical({"fact": "\ud800"})


def test_the_largest_integers_that_every_reader_keeps_are_let_in() -> None:
    assert canonical({"a": LARGEST, "b": -LARGEST}) == (
        b'{"a":9007199254740991,"b":-9007199254740991}'
    )


def test_text_that_no_engine_stores_is_replaced_before_hashing() -> None:
    entry = AuditEntry(kind=AuditKind.ORDER_SHOWN, actor="U\x00", facts={"code": "a\ud800b"})
    told = json.loads(body_of(entry, seq=1, at_ms=0, commitments={}))
    assert (told["actor"], told["facts"]["code"]) == ("U\ufffd", "a\ufffdb")


def test_hash_commitment_and_tag_are_the_published_formulas() -> None:
    assert hash_of(GENESIS, b"{}") == hashlib.sha256(bytes(32) + b"{}").digest()
    assert commitment(b"s" * 16, b"why") == hashlib.sha256(b"s" * 16 + b"why").hexdigest()
    assert tag_of(b"key", b"h" * 32) == hmac.new(b"key", b"h" * 32, "sha256").digest()


def test_a_key_id_tells_keys_apart_and_not_the_key() -> None:
    assert key_id_of(b"one") != key_id_of(b"two")
    assert len(key_id_of(b"one")) == 16
    assert (
        key_id_of(b"one")
        == hmac.new(b"one", b"countersign audit key id", "sha256").hexdigest()[:16]
    )


@given(st.datetimes(timezones=st.timezones()))
def test_moments_survive_to_the_millisecond(at: datetime) -> None:
    kept = from_ms(to_ms(at))
    assert timedelta(0) <= at - kept < timedelta(milliseconds=1)
    assert to_ms(kept) == to_ms(at)


@given(st.text())
def test_cleaned_text_can_be_stored(text: str) -> None:
    assert "\x00" not in clean_text(text).encode().decode()
    assert len(clean_text(text)) == len(text)
