"""The command line as a person meets it: its exit code and its one sentence.

Most commands run inside the test; where the boundary of a process matters, `process` starts one.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from bot.cli import main
from bot.domain.audit import AuditEntry, AuditKind
from storage.audit import SqliteAuditLog
from storage.database import Storage

ROOT = Path(__file__).parents[2]
NOBODY = 65534
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
POLICY = '[policy]\napprovers = ["U0BOB"]\nquorum = 1\n'
ACCOUNT = (
    '[[accounts]]\nname = "a"\nprovider = "alibaba"\nsite = "china"\n'
    'access_key_id = "AK"\naccess_key_secret = "env:KEY"\n'
)


@dataclass(frozen=True, slots=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """What a command changes in its process is put back: signals, loggers, folder, arguments."""
    signals = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    root, configured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    folder, arguments = Path.cwd(), sys.argv
    root.handlers = []  # pytest's own, which `basicConfig(force=True)` would close
    yield
    for number, handler in signals.items():
        signal.signal(number, handler)
    structlog.configure(**configured)
    root.handlers = handlers
    root.setLevel(level)
    os.chdir(folder)
    sys.argv = arguments


def countersign(folder: Path, *arguments: str, **environ: str) -> Done:
    """Run a command in *folder*, in this process; the environment is restored by the suite."""
    os.chdir(folder)
    os.environ.update(environ)
    sys.argv = ["countersign", *arguments]
    stdout, stderr = io.StringIO(), io.StringIO()
    with redirect_stdout(stdout), redirect_stderr(stderr), pytest.raises(SystemExit) as ended:
        main()
    for name in environ:
        del os.environ[name]
    assert isinstance(ended.value.code, int)
    return Done(ended.value.code, stdout.getvalue(), stderr.getvalue())


def process(folder: Path, *arguments: str, **environ: str) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environ,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def refusal(done: Done) -> str:
    """The one line on stderr of a command that ended with 2 and printed nothing."""
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ([], ["demo", "serve", "clouds", "manifest", "audit", "countersign demo"]),
        (["demo"], ["--port", "--story", "--open", "--seed", "countersign demo --story"]),
        (["serve"], ["--config", "--database", "SLACK_BOT_TOKEN"]),
        (["init"], ["--config", "countersign init"]),
        (["doctor"], ["--config", "--json", "countersign doctor"]),
        (["backup"], ["--database", "countersign backup"]),
        (["restore"], ["--anchor", "countersign restore"]),
        (["clouds"], ["--port", "--seed", "/_sandbox/accounts"]),
        (["manifest"], ["--http", "countersign manifest --http"]),
        (["audit"], ["verify", "export", "head"]),
        (["audit", "verify"], ["--anchor", "--database", "countersign audit verify"]),
        (["audit", "export"], ["--database", "countersign audit export > record.jsonl"]),
        (["audit", "head"], ["--database", "countersign audit head"]),
    ],
)
def test_help_teaches_with_an_example(tmp_path: Path, command: list[str], words: list[str]) -> None:
    done = countersign(tmp_path, *command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert [word for word in words if word not in done.stdout] == []


@pytest.mark.slow
def test_without_a_command_the_help_is_shown_as_wrong_usage(tmp_path: Path) -> None:
    done = process(tmp_path)
    assert done.returncode == 2
    assert "countersign serve" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["srve"], "No such command 'srve'. Did you mean 'serve'? Try: countersign --help"),
        (["audit", "verfy"], "Try: countersign audit --help"),
        (["clouds", "--port", "many"], "Try: countersign clouds --help"),
        (["clouds", "--port", "70000"], "Try: countersign clouds --help"),
        (["manifest", "--htp", "x"], "Try: countersign manifest --help"),
        (["manifest", "--http", "http://bot.example"], "--http must begin with https://"),
        (["manifest", "--http", ""], "--http is no address; write one such as https://host"),
    ],
)
def test_wrong_usage_is_one_sentence_with_the_way_out(
    tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    assert sentence in refusal(countersign(tmp_path, *arguments))


def test_a_token_in_the_wrong_place_is_not_repeated(tmp_path: Path) -> None:
    found = refusal(countersign(tmp_path, "serve", "xoxb-123456789-abcdefgh"))
    assert "***" in found
    assert "123456789" not in found


@pytest.mark.slow
def test_manifest_prints_the_file_of_the_repository(tmp_path: Path) -> None:
    done = process(tmp_path, "manifest")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (ROOT / "manifest.yml").read_text(encoding="utf-8")


def test_serve_without_a_configuration_says_what_to_copy(tmp_path: Path) -> None:
    found = refusal(countersign(tmp_path, "serve"))
    assert found.startswith("countersign.toml: cannot be read")
    assert "countersign.example.toml" in found


def test_serve_refuses_a_wrong_configuration_with_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text(POLICY.replace("1", "0") + ACCOUNT)
    found = refusal(countersign(tmp_path, "serve", "--config", "my.toml", KEY="cli-cloud-secret"))
    assert found.startswith("my.toml:3: “quorum”: must be at least 1")


def test_what_an_operator_wrote_gets_no_line_of_its_own(tmp_path: Path) -> None:
    policy = POLICY.replace("U0BOB", r"U0\n\nserving\u001b[31m") + ACCOUNT
    (tmp_path / "countersign.toml").write_text(policy)
    assert r'holds "U0\n\nserving\x1b[31m", which' in refusal(
        countersign(tmp_path, "serve", KEY="cli-cloud-secret")
    )


def test_a_key_that_is_not_set_is_named_whole(tmp_path: Path) -> None:
    account = ACCOUNT.replace('"AK"', '"env:NOT_SET"')
    assert account != ACCOUNT
    (tmp_path / "countersign.toml").write_text(POLICY + account)
    found = refusal(countersign(tmp_path, "serve", KEY="cli-cloud-secret"))
    assert "“access_key_id”: environment variable NOT_SET is not set" in found


@pytest.mark.slow
def test_serve_refuses_a_missing_token_by_name(tmp_path: Path) -> None:
    (tmp_path / "countersign.toml").write_text(POLICY + ACCOUNT)
    found = refusal(process(tmp_path, "serve", KEY="cli-cloud-secret"))
    assert found.startswith("SLACK_BOT_TOKEN is not set")


@pytest.mark.slow
def test_a_traceback_is_shown_with_debug_only(tmp_path: Path) -> None:
    done = process(tmp_path, "serve", "--debug")
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("countersign.toml: cannot be read")


@pytest.fixture
async def record(tmp_path: Path) -> Path:
    """A database with two records after the first."""
    path = tmp_path / "record.db"
    storage = await Storage.open(path, now=NOON)
    log = SqliteAuditLog(storage)
    for order_id in ("1", "2"):
        entry = AuditEntry(kind=AuditKind.ORDER_SHOWN, actor="U0A", subject=f"order:a/{order_id}")
        await log.append(entry, at=NOON)
    await storage.aclose()
    return path


async def test_the_record_is_verified_and_its_head_fits(tmp_path: Path, record: Path) -> None:
    head = countersign(tmp_path, "audit", "head", "--database", record.name)
    assert head.returncode == 0
    assert re.fullmatch(r"\d+ [0-9a-f]{64}\n", head.stdout)
    seq, digest = head.stdout.split()
    for anchor in ([], ["--anchor", f"{seq}:{digest}"]):
        done = countersign(tmp_path, "audit", "verify", "--database", record.name, *anchor)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"ok {seq} records, head {seq} {digest}\n"


async def test_the_record_is_exported_up_to_its_head(tmp_path: Path, record: Path) -> None:
    done = countersign(tmp_path, "audit", "export", "--database", record.name)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    head = countersign(tmp_path, "audit", "head", "--database", record.name)
    assert f"{lines[-1]['seq']} {lines[-1]['hash']}\n" == head.stdout
    assert [line["seq"] for line in lines] == [1, 2, 3]


@pytest.mark.slow
async def test_a_head_that_does_not_fit_is_a_finding(tmp_path: Path, record: Path) -> None:
    anchor = f"2:{'0' * 64}"
    done = process(tmp_path, "audit", "verify", "--database", record.name, "--anchor", anchor)
    assert done.returncode == 1
    assert done.stdout.startswith("bad record 2: ")


@pytest.mark.parametrize("command", [["audit", "verify"], ["restore", "backup.db"]])
def test_only_one_anchor_is_taken(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "countersign.db").touch()
    done = countersign(tmp_path, *command, "--anchor", f"1:{'0' * 16}", "--anchor", "2:00")
    assert "more than once" in refusal(done)


async def test_an_anchor_may_be_what_audit_head_prints(tmp_path: Path, record: Path) -> None:
    head = countersign(tmp_path, "audit", "head", "--database", record.name).stdout.strip()
    done = countersign(tmp_path, "audit", "verify", "--database", record.name, "--anchor", head)
    assert (done.returncode, done.stdout) == (0, f"ok 3 records, head {head}\n")


@pytest.mark.parametrize("anchor", ["", "head", "1", "1:", "x:00", "1:zz", f"{9**20}:{'0' * 16}"])
async def test_an_anchor_that_is_none_is_wrong_usage(
    tmp_path: Path, record: Path, anchor: str
) -> None:
    done = countersign(tmp_path, "audit", "verify", "--database", record.name, "--anchor", anchor)
    assert "SEQ:HASH" in refusal(done)


async def test_the_database_is_found_without_token_or_cloud_secret(
    tmp_path: Path, record: Path
) -> None:
    (tmp_path / "countersign.toml").write_text(f'database = "{record.name}"\n{POLICY}{ACCOUNT}')
    from_file = countersign(tmp_path, "audit", "head")
    from_environment = countersign(tmp_path, "audit", "head", COUNTERSIGN_DATABASE=str(record))
    assert from_file.returncode == from_environment.returncode == 0
    assert from_file.stdout == from_environment.stdout


@pytest.mark.parametrize("key", ["env:AUDIT_KEY", "file:audit.key"])
async def test_the_tags_are_checked_with_the_key_of_the_configuration(
    tmp_path: Path, key: str
) -> None:
    path = tmp_path / "countersign.db"
    storage = await Storage.open(path, now=NOON, audit_key=b"sixteen letters!")
    await SqliteAuditLog(storage).append(AuditEntry(kind=AuditKind.REMINDED, actor="U0A"), at=NOON)
    await storage.aclose()
    (tmp_path / "countersign.toml").write_text(f'[audit]\nkey = "{key}"\n{POLICY}{ACCOUNT}')

    unread = countersign(tmp_path, "audit", "verify")
    assert unread.stdout.startswith("the tags were not checked: countersign.toml:2: ")
    assert re.search(r"\nok 2 records, head 2 [0-9a-f]{64}\n$", unread.stdout)
    assert (unread.returncode, unread.stderr) == (0, "")

    (tmp_path / "audit.key").write_text("sixteen letters!\n")
    found = countersign(tmp_path, "audit", "verify", AUDIT_KEY="sixteen letters!")
    assert found.stdout.startswith("ok 2 records")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("drop trigger audit_tag_no_delete")
        db.execute("delete from audit_tag where seq = 2")
    found = countersign(tmp_path, "audit", "verify", AUDIT_KEY="sixteen letters!")
    assert (found.returncode, found.stdout) == (
        1,
        "bad record 2: it carries no tag of the key\n",
    )


@pytest.mark.parametrize("command", ["verify", "export", "head"])
def test_a_database_that_is_not_there_is_named(tmp_path: Path, command: str) -> None:
    found = refusal(countersign(tmp_path, "audit", command))
    assert found == "there is no database countersign.db; name the file with --database"
    assert list(tmp_path.iterdir()) == []


def test_a_database_in_a_folder_of_somebody_else_is_named() -> None:
    """Also as root, for whom every folder is open: the test lays down its rights."""
    uid = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        closed = folder / "closed"
        closed.mkdir(mode=0o000)
        folder.chmod(0o755)
        try:
            if uid == 0:
                os.seteuid(NOBODY)
            found = refusal(countersign(folder, "audit", "head", "--database", "closed/record.db"))
        finally:
            os.seteuid(uid)
            closed.chmod(0o700)
    assert found == "there is no database closed/record.db; name the file with --database"


def test_a_file_that_is_no_database_is_a_failure_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes.db").write_text("no database " * 100)
    done = countersign(tmp_path, "audit", "head", "--database", "notes.db")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
