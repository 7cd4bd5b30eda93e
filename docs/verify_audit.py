#!/usr/bin/env python3
"""Check an exported countersign record with nothing but Python 3.9 or newer and this file.

    countersign audit export > record.jsonl
    python3 verify_audit.py record.jsonl --heads heads.log
    python3 verify_audit.py record.jsonl --anchor 1042:9f86d081884c7d65 --key audit.key

Each line of the export is one record: {"seq", "at", "body", "prev", "hash"}, with "key_id" and
"tag" where a key was configured. This is all that it must satisfy:

    seq    counts from 1 without a gap
    body   canonical JSON (RFC 8785) of {"v": 1, "seq", "at_ms", "actor", "kind", "subject",
           "facts", "texts"}; texts holds hex of SHA-256(salt || text): a text can be erased
    at     at_ms once more, for the eye
    prev   the hash before it; 64 zeros in the first record
    hash   hex of SHA-256(prev as bytes || body as UTF-8)
    tag    hex of HMAC-SHA256(key, hash as bytes); key_id tells which key

A head is the number and hash of a record, noted outside the database: posted in Slack, a line of
heads.log, or printed by `countersign audit head`. Whoever can write the database can compute a new
chain from any record on, or cut its end; neither agrees with a head noted before. So the answer
counts for the records up to the newest head that you give.

It prints `ok N records, head SEQ HASH` and exits with 0, or `bad record SEQ: reason` and 1. What
cannot be read at all is one sentence on stderr and 2.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import re
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

Object = dict[str, Any]  # as JSON has them
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 - datetime.UTC is newer than 3.9
PLAIN = {"seq", "at", "body", "prev", "hash"}
TAGGED = PLAIN | {"key_id", "tag"}
canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
NAMES = {"v", "seq", "at_ms", "actor", "kind", "subject", "facts", "texts"}
COMMITMENT = re.compile(r"[0-9a-f]{64}")
HEAD = re.compile(r"(?<![0-9A-Za-z:])([1-9][0-9]{0,17})[: ]([0-9a-fA-F]{16,64})(?![0-9A-Za-z])")


class Bad(Exception):
    """A record that is wrong or missing: its number, and the reason."""


def check(lines: Iterable[bytes], heads: list[tuple[int, str]], key: bytes | None) -> str:
    """The verdict. Raises Bad at the first record that does not fit."""
    noted: dict[int, list[str]] = {}
    for number, digits in heads:
        noted.setdefault(number, []).append(digits)
    seq, head, tagged = 0, bytes(32), False
    for line in filter(bytes.strip, lines):
        record = record_in(line, seq + 1)
        if record["prev"] != head.hex():
            raise Bad(seq + 1, "it does not follow the record before it")
        seq, head = seq + 1, hashlib.sha256(head + record["body"].encode()).digest()
        if record["hash"] != head.hex():
            raise Bad(seq, "its content does not match its hash")
        if not all(head.hex().startswith(digits) for digits in noted.get(seq, ())):
            raise Bad(seq, "it differs from the anchor: the record was rewritten")
        check_body(record, seq)
        tagged = key is not None and has_tag(record, seq, head, key, tagged)
    check_end(seq, max(noted, default=0), lacks_tag=key is not None and not tagged)
    return f"ok {seq} records, head {seq} {head.hex()}"


def check_end(seq: int, newest: int, *, lacks_tag: bool) -> None:
    if seq == 0:
        raise Bad(1, "the record is empty")
    if seq < newest:
        raise Bad(seq + 1, f"it is missing: the anchor names record {newest}")
    if lacks_tag:
        raise Bad(1, "no record carries a tag of the key")


def record_in(line: bytes, expected: int) -> Object:
    record: Object = {}
    try:
        record = json.loads(line.decode(), object_pairs_hook=unique)
        fits = set(record) in (PLAIN, TAGGED) and type(record["seq"]) is int
        for name in set(record) - {"seq"}:
            record[name].encode()  # text, and such that UTF-8 can hold
    except (ValueError, TypeError, AttributeError, RecursionError):
        fits = False
    if not fits:
        raise Bad(expected, "its line is not a record")
    if record["seq"] != expected:
        raise Bad(expected, f"it is missing, the next is {record['seq']}")
    return record


def unique(pairs: list[tuple[str, Any]]) -> Object:
    """A name that stands twice says one thing to one reader and another to the next."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError
    return dict(pairs)


def check_body(record: Object, seq: int) -> None:
    """It has the one form that a record can be written in, and is about itself."""
    told, moment = {}, EPOCH
    try:
        told = json.loads(record["body"])
        fits = canonical(told) == record["body"] and set(told) == NAMES and has_types(told)
        moment = EPOCH + timedelta(milliseconds=told["at_ms"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        fits = False
    if not fits:
        raise Bad(seq, "its content is not a record")
    if (told["v"], told["seq"], told["kind"] == "chain:created") != (1, seq, seq == 1):
        raise Bad(seq, f"its content is not that of record {seq}")
    if record["at"] != moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"):
        raise Bad(seq, "its time differs from its content")


def has_types(told: Object) -> bool:
    facts, texts = told["facts"], told["texts"]
    return (
        {type(told[name]) for name in ("v", "seq", "at_ms")} == {int}
        and {type(told[name]) for name in ("actor", "kind", "subject")} == {str}
        and type(facts) is type(texts) is dict
        and "".join([*facts, *texts]).isascii()
        and set(map(type, facts.values())) <= {str, bool, int, type(None)}
        and all(map(COMMITMENT.fullmatch, texts.values()))
    )


def has_tag(record: Object, seq: int, head: bytes, key: bytes, tagged: object) -> bool:
    """From the first record that the key tagged, each must carry its tag."""
    key_id = hmac.new(key, b"countersign audit key id", "sha256").hexdigest()[:16]
    if record.get("key_id") != key_id:
        if tagged:
            raise Bad(seq, "it carries no tag of the key")
        return False
    if record["tag"] != hmac.new(key, head, "sha256").hexdigest():
        raise Bad(seq, "its tag was not made with the key")
    return True


def heads_of(anchors: list[str], path: str | None) -> list[tuple[int, str]]:
    for anchor in anchors:
        if not HEAD.fullmatch(anchor):
            sys.exit(refuse(f"An anchor is SEQ:HASH, 16 to 64 hex digits of it, not {anchor!r}."))
    text = "" if path is None else Path(path).read_bytes().decode("utf-8", "replace")
    if path is not None and not HEAD.search(text):
        sys.exit(refuse(f"{path} names no head; a line of it reads DAY SEQ:HASH."))
    found = HEAD.findall("\n".join([*anchors, text]))
    return [(int(number), digits.lower()) for number, digits in found]


def key_of(path: str | None) -> bytes | None:
    key = None if path is None else Path(path).read_bytes().rstrip(b"\r\n")
    return sys.exit(refuse(f"{path} is empty; a key was expected.")) if key == b"" else key


def refuse(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 2


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("export", nargs="?", metavar="EXPORT.jsonl", help="- for standard input")
    parser.add_argument("--anchor", nargs="+", action="extend", default=[], metavar="SEQ:HASH")
    parser.add_argument("--heads", metavar="FILE", help="heads.log, or heads copied from Slack")
    parser.add_argument("--key", metavar="FILE", help="the key of [audit], to check the tags")
    options = parser.parse_args(arguments)
    if options.export is None:  # it came last, behind --anchor
        options.export = options.anchor.pop() if options.anchor else parser.error("which export?")
    try:
        heads, key = heads_of(options.anchor, options.heads), key_of(options.key)
        with Path("/dev/stdin" if options.export == "-" else options.export).open("rb") as lines:
            verdict = check(lines, heads, key)
    except Bad as bad:
        sys.stdout.write("bad record {}: {}\n".format(*bad.args))
        return 1
    except OSError as error:
        return refuse(f"{error.filename or options.export} cannot be read: {error.strerror}.")
    sys.stdout.write(f"{verdict}\n")
    if not heads:
        sys.stderr.write("No head was given: a cut end or a rewritten chain would not show.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
