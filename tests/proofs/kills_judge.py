"""What a dead bot leaves behind, and whether nothing of it is lost or half done."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from bot.sandbox.clouds.book import Call
from storage.verify import verify_file
from tests.proofs.one_effect_judge import Case
from tests.proofs.one_effect_ledger import Line

CLAIM_MS = 5 * 60_000  # after which a claim without a receipt would be taken up in any case


class Remains:
    """The database file of a bot that is dead or at rest."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def hold(self, answered: Collection[str]) -> None:
        """Every input that was acknowledged is there, and the file is whole."""
        with self._read() as db:
            kept = {row[0] for row in db.execute("select id from input")}
            lost = [each for each in answered if each not in kept]
            assert not lost, f"{len(lost)} of {len(answered)} acknowledged inputs are lost"
            found = [row[0] for row in db.execute("pragma integrity_check")]
            assert found == ["ok"], f"integrity: {found}"
        record = verify_file(self._path)
        assert record.ok, f"record {record.bad_seq}: {record.reason}"

    def claims_cut_short(self) -> list[tuple[str, int]]:
        """Requests that the cloud was being asked about, and the number of the claim's record."""
        with self._read() as db:
            return db.execute(
                "select r.id, (select max(a.seq) from audit a where a.kind = 'request:claimed'"
                " and a.subject = 'order:' || r.account || '/' || r.order_id)"
                " from request r where r.status = 'executing'"
            ).fetchall()

    def copies(self) -> dict[tuple[str, str], tuple[str, bool]]:
        """Role and doubt of each card that the bot knows, by channel and time stamp."""
        with self._read() as db:
            rows = db.execute("select channel, ts, role, unsure from card_copy").fetchall()
        return {(channel, ts): (role, bool(unsure)) for channel, ts, role, unsure in rows}

    def digests(self) -> list[str]:
        with self._read() as db:
            rows = db.execute("select id from digest_run where state = 'posted'").fetchall()
            left = db.execute("select count(*) from digest_run where state <> 'posted'").fetchone()
        assert left == (0,), f"{left[0]} digests were begun and not posted"
        return [row[0] for row in rows]

    def _read(self) -> closing[sqlite3.Connection]:
        return closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True))


def interrupted(lines: list[Line], claimed: int) -> None:
    """A claim whose receipt was cut off is unknown from the next start on, not after a while."""
    following = [line for line in lines if line.seq > claimed and line.facts.get("status")]
    assert following, "a claim was left lying"
    step = following[0]
    assert step.facts["status"] == "unknown", f"after a claim cut short: {step.kind}"
    assert step.facts["outcome"] == "no_receipt", f"after a claim cut short: {step.facts}"


def one_effect(case: Case, calls: list[Call]) -> None:
    """At most one call, made for a claim; and if the record says cancelled, it had the effect."""
    claims = case.steps("claimed")
    assert len(calls) <= 1, f"{len(calls)} cancel calls"
    assert len(calls) <= len(claims) <= 1, f"{len(claims)} claims and {len(calls)} calls"
    had_effect = any(call.effect for call in calls)
    is_cancelled = case.states()[-1] == "cancelled"
    assert had_effect == is_cancelled, f"it says {case.states()[-1]}, effect {had_effect}"
