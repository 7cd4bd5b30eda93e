"""`countersign init`: a conversation with a person, tried live against the sandbox, and the files
that it leaves."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from bot.cli.init.conversation import Conversation
from bot.cli.init.draft import Draft
from bot.doctor.run import examine
from bot.errors import ConfigurationError
from bot.settings import load_settings
from tests.doctor_house import MovedClock, Town, town

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
Turn = tuple[str, Any]  # a part of the question, and the answer; None takes the default


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Town]:
    """The servers on a thread of their own: the conversation is plain, blocking code."""
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(town()) as opened,
    ):
        yield opened


@pytest.fixture
def environ(sandbox: Town) -> dict[str, str]:
    return {"SLACK_API_URL": sandbox.slack.api_url}


@dataclass
class Person:
    """Answers the questions in the order written down, and hears what is said."""

    turns: list[Turn]
    heard: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.heard.append(text)

    def ask(self, question: str, default: str | None) -> str:
        answer = self._answer(question)
        if answer is None:
            assert default is not None, question
            return default
        return str(answer)

    def ask_secret(self, question: str) -> str:
        return str(self._answer(question))

    def confirm(self, question: str, *, default: bool) -> bool:
        answer = self._answer(question)
        return default if answer is None else bool(answer)

    def _answer(self, question: str) -> Any:
        assert self.turns, f"one question too many: {question}"
        part, answer = self.turns.pop(0)
        assert part in question, f"{question!r} was asked in place of {part!r}"
        self.heard.append(question)
        return answer


def slack_turns(sandbox: Town) -> list[Turn]:
    return [
        ("How Slack reaches", None),
        ("Proxy", None),
        ("SLACK_BOT_TOKEN", sandbox.slack.bot_token),
        ("SLACK_APP_TOKEN", sandbox.slack.app_token),
        ("channel for approvals", "C0APPROVALS"),
        ("Who may approve", "U0BOB, U0CHEN"),
        ("How many", None),
    ]


def account_turns(sandbox: Town, name: str = "alibaba-main") -> list[Turn]:
    account = sandbox.clouds.book.accounts[name]
    return [
        ("Provider", account.provider),
        ("Name of the account", name),
        *([] if account.provider == "unicloud" else [("Site", account.site)]),
        ("Endpoint", sandbox.clouds.url),
        *([("access key, or", None)] if account.provider == "huawei" else []),
        ("Access key id", account.access_key_id),
        ("Secret of the key", account.access_key_secret),
    ]


END: list[Turn] = [
    ("Another account", None),
    ("Database", None),
    ("SLACK_BOT_TOKEN, SLACK_APP_TOKEN to slack.env", None),
    ("Write", None),
]


def hold(folder: Path, environ: dict[str, str], *turns: list[Turn]) -> Person:
    person = Person([turn for part in turns for turn in part])
    folder.chmod(0o700)
    Conversation(person, folder / "countersign.toml", environ, MovedClock()).hold()
    assert person.turns == []
    return person


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_usual_answers_make_a_set_up_in_which_nothing_is_found(
    tmp_path: Path, sandbox: Town, environ: dict[str, str]
) -> None:
    person = hold(
        tmp_path,
        environ,
        slack_turns(sandbox),
        account_turns(sandbox),
        [("Write the secret to alibaba-main.secret", None)],
        END,
    )
    assert names(tmp_path) == ["alibaba-main.secret", "countersign.toml", "slack.env"]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    text = (tmp_path / "countersign.toml").read_text(encoding="utf-8")
    for secret in (
        sandbox.slack.bot_token,
        sandbox.slack.app_token,
        sandbox.clouds.book.accounts["alibaba-main"].access_key_secret,
    ):
        assert secret not in text
        assert not any(secret in each for each in person.heard)
    tokens = dict(line.split("=", 1) for line in (tmp_path / "slack.env").read_text().splitlines())
    settings = load_settings(
        tmp_path / "countersign.toml", database=None, environ=environ | tokens, need_slack=True
    )
    report = asyncio.run(examine(settings, environ | tokens, MovedClock()))
    assert report.findings == ()
    assert person.heard[-5:] == [
        "Next:",
        f"  set -a; . {tmp_path / 'slack.env'}; set +a",
        f"  countersign doctor --config {tmp_path / 'countersign.toml'}",
        f"  countersign serve --config {tmp_path / 'countersign.toml'}",
        "Then type /order in Slack.",
    ]


def test_an_answer_that_does_not_work_is_told_at_once_and_asked_again(
    tmp_path: Path, sandbox: Town, environ: dict[str, str]
) -> None:
    again: list[Turn] = [("Keep this answer", None)]
    account = account_turns(sandbox)
    key: list[Turn] = account[-2:]
    person = hold(
        tmp_path,
        environ,
        [
            ("How Slack reaches", "sockets"),
            ("How Slack reaches", "socket"),
            ("Proxy", "proxy:3128"),
            ("Proxy", ""),
            ("SLACK_BOT_TOKEN", sandbox.slack.app_token),
            ("SLACK_BOT_TOKEN", "xoxb-of-another-app"),
            *again,
            ("SLACK_BOT_TOKEN", sandbox.slack.bot_token),
            ("SLACK_APP_TOKEN", sandbox.slack.app_token),
            ("channel for approvals", "#approvals"),
            ("channel for approvals", "C0FINANCE"),
            *again,
            ("channel for approvals", "C0APPROVALS"),
            ("Who may approve", "bob"),
            ("Who may approve", "U0GONE"),
            ("How many", "0"),
            ("How many", "1"),
            *again,
            ("Who may approve", "U0BOB"),
            ("How many", None),
        ],
        account[:-1],
        [("Secret of the key", "env:NOT_SET"), ("Secret of the key", "not-the-secret"), *again],
        key,
        [("Write the secret", None), ("Another account", True), ("Provider", "unicloud")],
        [("Name of the account", "Alibaba-Main")],
        account_turns(sandbox, "unicloud-main")[1:],
        [("Write the secret", None), ("Another account", None)],
        [("Database", "~nosuchuser/x.db"), ("Database", "no-such-folder/x.db"), *again, *END[1:]],
    )
    said = "\n".join(person.heard)
    for problem in (
        "must be one of socket, http",
        "SLACK_BOT_TOKEN holds a token of the other kind",
        "Slack refuses the bot token (invalid_auth). Copy the Bot User OAuth Token",
        "the bot is not a member of #finance. Type /invite",
        "this person's account is deactivated",
        "environment variable NOT_SET is not set",
        "Put the secret that belongs to this key id in place.",
        '"Alibaba-Main" is taken',
        'no home folder is known for "~nosuchuser"; write the whole path',
        "The folder of the database does not exist.",
    ):
        assert problem in said, problem
    assert "not-the-secret" not in said
    written = tomllib.loads((tmp_path / "countersign.toml").read_text(encoding="utf-8"))
    assert written["slack"] == {"mode": "socket", "approvals_channel": "C0APPROVALS"}
    assert written["policy"] == {"approvers": ["U0BOB"], "quorum": 1}
    assert [each["name"] for each in written["accounts"]] == ["alibaba-main", "unicloud-main"]


def test_what_the_environment_holds_already_is_not_asked_for_nor_written(
    tmp_path: Path, sandbox: Town, environ: dict[str, str]
) -> None:
    environ |= {"SLACK_BOT_TOKEN": sandbox.slack.bot_token, "SLACK_SIGNING_SECRET": "any-secret"}
    environ["MY_SECRET"] = sandbox.clouds.book.accounts["huawei-main"].access_key_secret
    person = hold(
        tmp_path,
        environ,
        [("How Slack reaches", "http"), ("Address", None), ("Proxy", None)],
        slack_turns(sandbox)[4:],
        account_turns(sandbox, "huawei-main")[:-1],
        [("Secret of the key", "env:MY_SECRET"), ("Another account", None)],
        [("Database", None), ("Write", None)],
    )
    assert names(tmp_path) == ["countersign.toml"]
    assert "SLACK_BOT_TOKEN is set." in person.heard
    written = tomllib.loads((tmp_path / "countersign.toml").read_text(encoding="utf-8"))
    assert written["slack"]["mode"] == "http"
    assert written["accounts"][0]["secret_access_key"] == "env:MY_SECRET"


def test_secrets_that_shall_not_be_written_are_named_for_the_start(
    tmp_path: Path, sandbox: Town, environ: dict[str, str]
) -> None:
    account = sandbox.clouds.book.accounts["huawei-main"]
    person = hold(
        tmp_path,
        environ,
        slack_turns(sandbox),
        account_turns(sandbox, "huawei-main")[:4],
        [
            ("access key, or", "user"),
            ("IAM user", account.iam_user),
            ("IAM domain", account.iam_domain),
            ("Password", account.iam_password),
            ("Write the secret", False),
        ],
        [*END[:2], ("to slack.env", False), ("Write", None)],
    )
    assert names(tmp_path) == ["countersign.toml"]
    for name in ("HUAWEI_MAIN_IAM_PASSWORD", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        assert f"  put {name} into the environment" in person.heard
    text = (tmp_path / "countersign.toml").read_text(encoding="utf-8")
    assert 'iam_password = "env:HUAWEI_MAIN_IAM_PASSWORD"' in text


def test_an_answer_may_be_kept_although_slack_does_not_take_it(
    tmp_path: Path, sandbox: Town, environ: dict[str, str]
) -> None:
    environ["SLACK_API_URL"] = "http://127.0.0.1:9/api/"
    turns = slack_turns(sandbox)
    person = hold(
        tmp_path,
        environ,
        [*turns[:3], ("Keep this answer", True), *turns[3:]],
        account_turns(sandbox),
        [("Write the secret", None)],
        END,
    )
    assert "  Not checked: this answer (Slack does not take the bot token)." in person.heard
    assert "countersign.toml" in names(tmp_path)


def test_who_thinks_better_of_it_leaves_no_file(
    tmp_path: Path, sandbox: Town, environ: dict[str, str]
) -> None:
    person = hold(
        tmp_path,
        environ,
        slack_turns(sandbox),
        account_turns(sandbox),
        [("Write the secret", None), *END[:3], ("Write", False)],
    )
    assert names(tmp_path) == []
    assert person.heard[-1] == "Nothing was written."


def a_draft(folder: Path, **more: Any) -> Draft:
    account = {"name": "a", "provider": "alibaba", "site": "china", "access_key_id": "AK"}
    return Draft(
        folder / "countersign.toml",
        slack={"mode": "socket"},
        policy={"approvers": ["U0BOB"], "quorum": 1},
        accounts=[account | {"access_key_secret": "file:a.secret"}],
        files={"a.secret": 'quoted "text" 密'},
        **more,
    )


def test_what_is_written_is_what_was_answered(tmp_path: Path) -> None:
    a_draft(tmp_path).write({})
    settings = load_settings(
        tmp_path / "countersign.toml", database=None, environ={}, need_slack=False
    )
    assert settings.accounts[0].credentials().get("access_key_secret") == 'quoted "text" 密'


@pytest.mark.parametrize("there", ["countersign.toml", "a.secret"])
def test_what_came_into_being_meanwhile_is_left_as_it_is(tmp_path: Path, there: str) -> None:
    draft = a_draft(tmp_path)
    (tmp_path / there).write_text("somebody else's")
    with pytest.raises(ConfigurationError, match=there):
        draft.write({})
    assert names(tmp_path) == [there]
    assert (tmp_path / there).read_text() == "somebody else's"


def test_a_configuration_that_would_be_refused_is_not_written(tmp_path: Path) -> None:
    draft = a_draft(tmp_path)
    draft.policy["quorum"] = 0
    with pytest.raises(ConfigurationError, match="must be at least 1"):
        draft.write({})
    assert names(tmp_path) == []


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    (tmp_path / "slack.env").touch()
    draft = a_draft(tmp_path)
    assert draft.free_name("slack", ".env") == "slack-2.env"
    assert draft.free_name("a", ".secret") == "a-2.secret"


class AtTerminal:
    """`countersign init` as a process whose input and output are a terminal."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self._end, theirs = pty.openpty()
        self._seen = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "init"],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | environ,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def until(self, text: str) -> None:
        """Read on until *text* was printed."""
        while text not in self._seen:
            self._seen += os.read(self._end, 4096).decode()
        self._seen = self._seen.partition(text)[2]

    def type(self, line: str) -> None:
        os.write(self._end, f"{line}\n".encode())

    def ended(self) -> int:
        code = self.process.wait(20)
        os.close(self._end)
        return code


def test_at_a_terminal(tmp_path: Path, sandbox: Town, environ: dict[str, str]) -> None:
    tmp_path.chmod(0o700)
    terminal = AtTerminal(tmp_path, environ)
    turns = [*slack_turns(sandbox), *account_turns(sandbox), ("Write the secret", None), *END]
    for question, answer in turns:
        terminal.until(question[-20:])
        terminal.until(": ")
        terminal.type(answer or "")
    terminal.until("Then type /order in Slack.")
    assert terminal.ended() == 0
    assert names(tmp_path) == ["alibaba-main.secret", "countersign.toml", "slack.env"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_conversation_leaves_no_file(
    tmp_path: Path, environ: dict[str, str], number: signal.Signals
) -> None:
    terminal = AtTerminal(tmp_path, environ)
    for question in ("How Slack reaches", "Proxy"):
        terminal.until(question)
        terminal.until(": ")
        terminal.type("")
    terminal.until("SLACK_BOT_TOKEN: ")
    terminal.process.send_signal(number)
    assert terminal.ended() == 0
    assert names(tmp_path) == []


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", "init", *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        input="socket\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_without_a_terminal_it_says_what_to_do(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "init asks questions and needs a terminal; without one, copy countersign.example.toml to"
        " countersign.toml and edit it\n"
    )


def test_a_configuration_that_exists_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("mine")
    done = run(tmp_path, "--config", "mine.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("mine.toml: exists already and is left as it is;")
    assert (tmp_path / "mine.toml").read_text() == "mine"


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = run(tmp_path, "--config", "nowhere/countersign.toml")
    assert done.returncode == 2
    assert done.stderr == "the folder nowhere does not exist; make it first\n"
