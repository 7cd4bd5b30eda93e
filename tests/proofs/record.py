"""The record: whatever is done to what a head noted elsewhere covers is found, by the product and
by the script that outsiders run; nothing honest is called bad; a text can be erased; and the tables
of requests can be rebuilt from it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.proofs.proof import Bug, Figures, Proof, Size
from tests.proofs.record_attacks import (
    ATTACKS,
    Honest,
    Plundered,
    flip,
    flipped,
    honest,
    left_of,
    line_of,
)
from tests.proofs.record_checks import Verdict, heads_log, no_alarm, of_outsider, of_product
from tests.proofs.record_day import live
from tests.proofs.record_erasure import erased
from tests.proofs.record_writers import written_by_processes, written_on_threads

SEED = 6
ON_EACH = 40  # attacks on one honest record


def run(size: Size) -> Figures:
    with TemporaryDirectory(prefix="countersign-record-") as name:
        folder = Path(name)
        attacks, records = _attacked(folder, size["attacks"])
        checked = written_on_threads(folder / "threads.db", size["written"])
        checked += written_by_processes(folder / "processes.db", size["written"])
        requests = sum(
            asyncio.run(live(folder / f"day{day}.db", seed=SEED + day, steps=size["steps"]))
            for day in range(size["days"])
        )
        texts = erased(folder / "erased.db", Random(SEED), size["texts"])
        return {
            "attacks, each found by the product and by docs/verify_audit.py": attacks,
            "missed": 0,
            "honest records and stages of records, checked by both": records + checked,
            "false alarms": 0,
            "requests rebuilt from the record": requests,
            "differ from the tables": 0,
            "texts erased": texts,
            "is the seed": SEED,
        }


def _attacked(folder: Path, attacks: int) -> tuple[int, int]:
    """How many attacks were made, and on how many honest records."""
    plundered, records = Plundered(folder / "attacked.db"), 0
    try:
        for begun in range(0, attacks, ON_EACH):
            rng = Random(f"{SEED} {begun}")
            record = honest(folder / f"honest{records}.db", rng)
            no_alarm(record.path, record.heads, record.lines)
            records += 1
            for number in range(begun, min(begun + ON_EACH, attacks)):
                _attack(record, plundered, rng, f"seed {SEED}, attack {number}")
            for each in folder.glob("honest*"):
                each.unlink()
    finally:
        plundered.close()
    return attacks, records


def _attack(record: Honest, plundered: Plundered, rng: Random, where: str) -> None:
    """One attack on the database and on its export. Raises AssertionError where one is not found,
    or where the two checks name different records."""
    name = rng.choice((*ATTACKS, "flip"))
    rows, covered = record.rows, record.rows[: record.covered]
    while name != "flip" and rows[: record.covered] == covered:
        rows = ATTACKS[name](record.rows, record.covered, rng)
    if name == "flip":
        _flip(record, plundered, rng)
        lines: Sequence[str] = _flipped_export(record, rng)
    else:
        plundered.hold(rows, left_of(record.texts, rows))
        lines = [line_of(row) for row in rows]
    export = plundered.path.with_suffix(".jsonl")
    export.write_bytes("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
    head = record.heads[-1]
    anchor = f"{head[0]}:{head[1]}"
    product, outsider = of_product(plundered.path, head), of_outsider(export, "--anchor", anchor)
    log = heads_log(export.with_suffix(".log"), record.heads)
    with_all = of_outsider(export, "--heads", log)
    for verdict in (product, outsider, with_all):
        assert 0 < verdict.bad_seq <= record.covered, (
            f"{where} ({name}): {_told(product, outsider, with_all)}"
        )
    assert name in ("flip", "excuse") or product.bad_seq == outsider.bad_seq, (
        f"{where} ({name}): {_told(product, outsider, with_all)}"
    )


def _told(product: Verdict, outsider: Verdict, with_all: Verdict) -> str:
    return (
        f"the product says {product.text!r}, the outsider {outsider.text!r},"
        f" and with all heads {with_all.text!r}"
    )


def _flip(record: Honest, plundered: Plundered, rng: Random) -> None:
    """Something of a row, or of a text that the record commits to."""
    texts = [text for text in record.texts if text[0] <= record.covered]
    if texts and rng.random() < 0.2:
        seq, name, salt, text = texts.pop(rng.randrange(len(texts)))
        spoilt = (salt, f"{text}x") if rng.random() < 0.5 else (flipped(salt, rng), text)
        plundered.hold(record.rows, [*texts, (seq, name, *spoilt)])
    else:
        plundered.hold(flip(record.rows, record.covered, rng), ())


def _flipped_export(record: Honest, rng: Random) -> list[str]:
    """One bit of one line; not one that leaves all values as they are, such as the case of a hex
    digit in an escape."""
    lines = list(record.lines)
    at = rng.randrange(record.covered)
    while _values(lines[at]) == _values(record.lines[at]):
        spoilt = flipped(record.lines[at].encode(), rng)
        lines[at] = spoilt.decode("utf-8", "surrogateescape")
    return lines


def _values(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None


_ROWS, _SCRIPT = "storage/audit_rows.py", "docs/verify_audit.py"

PROOF = Proof(
    name="record",
    promise="The record cannot be changed unseen, and tells all that was decided.",
    commit={
        "attacks": 400,
        "written": 60,
        "days": 2,
        "steps": 300,
        "texts": 6,
    },
    full={
        "attacks": 10_000,
        "written": 1_000,
        "days": 20,
        "steps": 1_000,
        "texts": 40,
    },
    bug={"attacks": 300, "written": 10, "days": 2, "steps": 300, "texts": 2},
    run=run,
    bugs=(
        Bug(
            "links are not compared",
            _ROWS,
            "            and prevs == (done.hash, *hashes[:-1])\n",
            "",
        ),
        Bug(
            "hashes are not compared",
            _ROWS,
            "tuple([sha256(p + b).digest() for p, b in zip(prevs, bodies, strict=True)])",
            "hashes",
        ),
        Bug("gaps are passed over", _ROWS, "if seq != expected:", "if seq < expected:"),
        Bug(
            "who did it is not compared",
            _ROWS,
            "all(map(bytes.startswith, bodies, starts))",
            "bodies",
        ),
        Bug(
            "what it is about is not compared",
            _ROWS,
            "min(map(bytes.rfind, bodies, ends)) >= 0",
            "bodies",
        ),
        Bug("the anchor's hash is not compared", "storage/verify.py", ".startswith(anchor[1])", ""),
        Bug(
            "a cut tail is no finding",
            "storage/verify.py",
            "and anchor is not None and done.seq < anchor[0]:",
            "and anchor is not None and done.seq < 0:",
        ),
        Bug(
            "texts are not compared",
            "storage/verify.py",
            "if not matches:",
            "if matches is None:",
        ),
        Bug("the chain does not chain", "storage/chain.py", "sha256(prev + body)", "sha256(body)"),
        Bug(
            "salts are not used",
            "storage/records.py",
            "commitment(salt, text.encode())",
            'commitment(b"", text.encode())',
        ),
        Bug(
            "the script compares no link", _SCRIPT, 'if record["prev"] != head.hex():', "if False:"
        ),
        Bug(
            "the script compares no hash", _SCRIPT, 'if record["hash"] != head.hex():', "if False:"
        ),
        Bug("the script misses a cut tail", _SCRIPT, "if seq < newest:", "if newest < 0:"),
        Bug(
            "the script takes any number",
            _SCRIPT,
            '(told["v"], told["seq"], told["kind"] == "chain:created") != (1, seq, seq == 1)',
            'told["v"] != 1',
        ),
        Bug(
            "the script passes over heads",
            _SCRIPT,
            "if not all(head.hex().startswith(digits) for digits in noted.get(seq, ())):",
            "if False:",
        ),
        Bug(
            "a step tells the status before it",
            "bot/services/steps.py",
            '"status": after.status.value',
            '"status": before.status.value',
        ),
        Bug(
            "an approval taken back is recorded as given",
            "bot/services/decisions.py",
            "AuditKind.VOTE_TAKEN_BACK",
            "AuditKind.REQUEST_VOTED",
        ),
    ),
)
