"""`countersign restore` at work: what it keeps, what it says was lost, and what the record says of
it to whoever verifies."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from storage.database import Storage
from storage.verify import head_of, verify_file
from tests.backups import KEY, TAGGED, database, more, refused, saved
from tests.builders import NOON
from tests.stored_record import rewrite_from
from tests.unit.test_cli import ACCOUNT, POLICY, as_before, countersign

__all__ = ["as_before", "database", "saved"]  # fixtures

HEADS = f'{POLICY}[audit]\nheads = ["file:heads.log"]\n{ACCOUNT}'
CONTRADICTED = "is not the one that a file of heads under [audit] names"


def test_a_restore_keeps_what_it_replaces_and_names_what_was_lost(
    tmp_path: Path, saved: Path, database: Path
) -> None:
    more(database, 3)
    lost = head_of(database)
    database.chmod(0o644)
    done = countersign(tmp_path, "restore", saved.name)
    assert (done.returncode, done.stderr) == (0, "")
    first, second, third, fourth = done.stdout.splitlines()
    seq, digest = head_of(database)
    assert first == f"countersign.db is restored from saved.db: {seq} records, head {seq} {digest}"
    assert re.fullmatch(r"records 6\.\.8 were lost with a restore at 20[^;]*Z", second)
    assert third.startswith("open requests: 0 ended as expired, 0 ")
    (kept,) = tmp_path.glob("*.replaced-*")
    assert fourth.endswith(str(kept))
    assert kept.stat().st_mode & 0o777 == database.stat().st_mode & 0o777 == 0o600
    assert head_of(kept) == lost
    verified = countersign(tmp_path, "audit", "verify", "--anchor", f"{lost[0]}:{lost[1]}")
    assert verified.returncode == 0
    assert verified.stdout.splitlines()[0] == second
    assert verified.stdout.splitlines()[-1] == f"ok {seq} records, head {seq} {digest}"
    more(database, 1)
    assert verify_file(database).ok


def test_the_log_of_a_killed_bot_goes_with_the_database_it_belongs_to(
    tmp_path: Path, saved: Path, database: Path
) -> None:
    """Beside another file SQLite would play it into that one."""
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute("update probe set writes = 99")
        for suffix in ("", "-wal"):
            (tmp_path / f"copy{suffix}").write_bytes(Path(f"{database}{suffix}").read_bytes())
    for suffix in ("", "-wal"):
        (tmp_path / f"copy{suffix}").rename(f"{database}{suffix}")
    assert countersign(tmp_path, "restore", saved.name).returncode == 0
    assert not Path(f"{database}-wal").exists()
    (kept,) = tmp_path.glob("*.replaced-*Z")
    with closing(sqlite3.connect(kept)) as db:
        assert db.execute("select writes from probe").fetchone() == (99,)
    with closing(sqlite3.connect(database)) as db:
        assert db.execute("select writes from probe").fetchone() == (0,)


def test_after_a_lost_disk_the_newest_head_outside_says_what_is_lost(
    tmp_path: Path, saved: Path, database: Path
) -> None:
    more(database, 3)
    four, seven, eight = heads_from(database, 4, 7, 8)
    (tmp_path / "countersign.toml").write_text(TAGGED)
    (tmp_path / "audit.key").write_text(KEY)
    heads = tmp_path / "heads.log"
    heads.write_text(f"2026-11-19 {four}\n2026-11-20 {seven}\n2026-11-2")
    database.unlink()
    done = countersign(tmp_path, "restore", saved.name, "--anchor", eight)
    assert done.returncode == 0
    assert "records 6..8 were lost" in done.stdout
    assert "some after them may have been" in done.stdout
    seq, digest = head_of(database)
    assert heads.read_text().splitlines()[-1].endswith(f" {seq}:{digest}")
    assert verify_file(database, key=KEY.encode()).ok
    for anchor, is_lost in ((seven, True), (eight, True), (f"8:{'0' * 64}", False)):
        verified = countersign(tmp_path, "audit", "verify", "--anchor", anchor)
        assert ("records 6..8 were lost" in verified.stdout) is is_lost
        assert verified.returncode == (not is_lost)


def heads_from(path: Path, *numbers: int) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        rows = [
            db.execute("select hash from audit where seq = ?", (n,)).fetchone() for n in numbers
        ]
    return [f"{number}:{row[0].hex()}" for number, row in zip(numbers, rows, strict=True)]


def test_where_no_head_is_known_that_is_said(tmp_path: Path, saved: Path, database: Path) -> None:
    database.unlink()
    done = countersign(tmp_path, "restore", saved.name)
    assert done.returncode == 0
    said = "records from 6 on may have been lost with a restore at "
    assert said in done.stdout
    verified = countersign(tmp_path, "audit", "verify")
    assert verified.stdout.splitlines()[0].startswith(said)
    anchor = countersign(tmp_path, "audit", "verify", "--anchor", f"6:{'0' * 64}")
    assert anchor.stdout.startswith("bad record 6: "), "nothing says that it was lost"


def test_a_restore_that_loses_nothing_says_so(tmp_path: Path, saved: Path) -> None:
    done = countersign(tmp_path, "restore", saved.name)
    assert "no record was lost" in done.stdout
    assert countersign(tmp_path, "audit", "verify").stdout.startswith("ok 6 records")


def test_a_tagged_record_needs_its_key(tmp_path: Path) -> None:
    path = tmp_path / "countersign.db"
    more(path, 2, key=KEY.encode())
    assert countersign(tmp_path, "backup", "saved.db").returncode == 0
    refused_without = countersign(tmp_path, "restore", "saved.db")
    assert (refused_without.returncode, refused_without.stdout) == (2, "")
    assert refused_without.stderr.endswith("in the configuration (--config FILE)\n")
    (tmp_path / "countersign.toml").write_text(TAGGED)
    (tmp_path / "audit.key").write_text(KEY)
    done = countersign(tmp_path, "restore", "saved.db")
    assert (done.returncode, done.stderr) == (0, "")
    assert verify_file(path, key=KEY.encode()).ok


def test_a_key_that_came_back_after_a_gap_is_replaced_and_no_reason_for_an_older_backup(
    tmp_path: Path,
) -> None:
    path = tmp_path / "countersign.db"
    for key in (KEY.encode(), None, KEY.encode()):
        more(path, 1, key=key)
    more(path, 1, key=b"another key")
    assert countersign(tmp_path, "backup", "tagged.db").returncode == 0
    (tmp_path / "countersign.toml").write_text(TAGGED)
    (tmp_path / "audit.key").write_text(KEY)
    refused = countersign(tmp_path, "restore", "tagged.db")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.endswith("it can vouch for nothing new; make a new one\n")
    (tmp_path / "audit.key").write_text("a new key")
    assert countersign(tmp_path, "restore", "tagged.db").returncode == 0
    assert verify_file(path, key=b"a new key").ok


def test_a_backup_that_was_written_anew_without_the_key_is_refused(tmp_path: Path) -> None:
    more(tmp_path / "countersign.db", 2, key=KEY.encode())
    assert countersign(tmp_path, "backup", "saved.db").returncode == 0
    rewrite_from(tmp_path / "saved.db", 3)
    (tmp_path / "countersign.toml").write_text(TAGGED)
    (tmp_path / "audit.key").write_text(KEY)
    done = countersign(tmp_path, "restore", "saved.db")
    assert (done.returncode, done.stdout) == (1, "")
    assert "saved.db: its tag was not made with the key; " in done.stderr


def test_a_name_that_the_system_refuses_is_a_sentence(tmp_path: Path, saved: Path) -> None:
    name = "a" * 300
    done = countersign(tmp_path, "restore", saved.name, "--database", name)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(f"{name} cannot be used: File name too long\n")


def test_a_key_that_came_after_the_backup_tags_from_the_restore_on(tmp_path: Path) -> None:
    path = tmp_path / "countersign.db"
    more(path, 2, key=b"the key before")
    assert countersign(tmp_path, "backup", "saved.db").returncode == 0
    (tmp_path / "countersign.toml").write_text(TAGGED)
    (tmp_path / "audit.key").write_text(KEY)
    assert countersign(tmp_path, "restore", "saved.db").returncode == 0
    assert verify_file(path, key=KEY.encode()).ok


def test_the_wrong_backup_first_and_the_right_one_after_it(
    tmp_path: Path, saved: Path, database: Path
) -> None:
    """Each loss has its numbers, and a head noted in between is not called a rewritten record."""
    more(database, 3)
    assert countersign(tmp_path, "backup", "right.db").returncode == 0
    more(database, 1)
    assert countersign(tmp_path, "restore", saved.name).returncode == 0
    more(database, 1)
    between = "{}:{}".format(*head_of(database))
    done = countersign(tmp_path, "restore", "right.db")
    assert "records 6..7 were lost" in done.stdout
    verified = countersign(tmp_path, "audit", "verify", "--anchor", between)
    assert (verified.returncode, "the anchor's record is one of them" in verified.stdout) == (
        0,
        True,
    )


def test_heads_that_cannot_be_written_are_told_and_no_reason_to_fail(
    tmp_path: Path, saved: Path
) -> None:
    (tmp_path / "countersign.toml").write_text(TAGGED.replace("heads.log", "absent/heads.log"))
    (tmp_path / "audit.key").write_text(KEY)
    done = countersign(tmp_path, "restore", saved.name)
    assert done.returncode == 0
    seq, digest = head_of(tmp_path / "countersign.db")
    assert f"was not written; add this line to it: {seq}:{digest}" in done.stderr


def test_of_the_configuration_only_the_audit_table_is_read(tmp_path: Path, saved: Path) -> None:
    wrong = TAGGED.replace('"slack", "file:heads.log"', '"mail"').replace(
        "quorum = 1", "quorum = 0"
    )
    (tmp_path / "countersign.toml").write_text(wrong)
    (tmp_path / "audit.key").write_text(KEY)
    done = countersign(tmp_path, "restore", saved.name)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.match(r"countersign.toml:6: “heads”: ", done.stderr)


def test_a_file_of_heads_that_the_backup_contradicts_stops_the_restore(
    tmp_path: Path, saved: Path, database: Path
) -> None:
    (tmp_path / "countersign.toml").write_text(TAGGED)
    (tmp_path / "audit.key").write_text(KEY)
    (tmp_path / "heads.log").write_text(f"2026-11-19 4:{'0' * 64}\n2026-11-20 9:{'1' * 64}\n")
    database.unlink()
    done = countersign(tmp_path, "restore", saved.name)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Record 4 of saved.db is not the one that a file of heads")
    assert not database.exists()


def test_a_head_proves_a_backup_changed_though_the_database_in_place_holds_it(
    tmp_path: Path, saved: Path, database: Path
) -> None:
    heads_kept(tmp_path, *heads_from(database, 5))
    shutil.copy(saved, tmp_path / "bad.db")
    rewritten(tmp_path / "bad.db", 3)
    more(database, 3)
    assert f"Record 5 of bad.db {CONTRADICTED}" in refused(tmp_path, "restore", "bad.db")
    assert countersign(tmp_path, "restore", saved.name).returncode == 0


def rewritten(path: Path, start: int) -> None:
    """By somebody who puts the guards back, so that the file alone shows nothing."""
    with closing(sqlite3.connect(path)) as db:
        guards = db.execute("select sql from sqlite_master where type = 'trigger'").fetchall()
    rewrite_from(path, start)
    with closing(sqlite3.connect(path)) as db:
        db.executescript(";".join(sql for (sql,) in guards))
    assert verify_file(path).ok


def heads_kept(folder: Path, *heads: str) -> None:
    (folder / "countersign.toml").write_text(HEADS)
    (folder / "heads.log").write_text("".join(f"2026-11-19 {head}\n" for head in heads))


def test_a_restore_that_the_backup_tells_of_excuses_no_head_from_after_it(
    tmp_path: Path, saved: Path, database: Path
) -> None:
    """Its lost numbers were given out anew, and the database holds what stands there."""
    more(database, 5)
    assert countersign(tmp_path, "restore", saved.name).returncode == 0
    more(database, 3)
    assert countersign(tmp_path, "backup", "later.db").returncode == 0
    heads_kept(tmp_path, *heads_from(database, 8))
    rewritten(tmp_path / "later.db", 7)
    assert f"Record 8 of later.db {CONTRADICTED}" in refused(tmp_path, "restore", "later.db")


def test_after_two_wrong_backups_the_right_one_is_still_taken(
    tmp_path: Path, saved: Path, database: Path
) -> None:
    """Though the heads in between are of neither and go further than what each of them lost."""
    more(database, 7)
    assert countersign(tmp_path, "backup", "right.db").returncode == 0
    heads_kept(tmp_path)
    for _time in range(2):
        assert countersign(tmp_path, "restore", saved.name).returncode == 0
        more(database, 2)
        with (tmp_path / "heads.log").open("a") as heads:
            heads.write("2026-11-20 {}:{}\n".format(*head_of(database)))
    done = countersign(tmp_path, "restore", "right.db")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_backup_of_another_countersign_is_put_over_no_database(
    tmp_path: Path, saved: Path, database: Path
) -> None:
    asyncio.run(begun_later(tmp_path / "other.db"))
    sentence = refused(tmp_path, "restore", "other.db")
    assert "other.db is a backup of another countersign than " in sentence
    assert sentence.endswith("Name the right one, or move that database away first.")
    database.rename(tmp_path / "away.db")
    for backup in ("other.db", saved.name):
        assert countersign(tmp_path, "restore", backup).returncode == 0, "the way is open"
        database.unlink()


async def begun_later(path: Path) -> None:
    storage = await Storage.open(path, now=NOON + timedelta(days=1))
    await storage.aclose()
