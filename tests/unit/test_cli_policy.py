"""`countersign policy lint` as an operator meets it: lines, sentences, exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.policy import CANNOT_CANCEL
from bot.domain.accounts import Account, Provider
from bot.providers import build_adapter
from bot.providers.credentials import Credentials
from bot.providers.transport import Transport
from tests.fakes import FixedClock

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ACCOUNTS = """\
[[accounts]]
name = "alibaba-main"
provider = "alibaba"
site = "china"
access_key_id = "AKEXAMPLE"
access_key_secret = "env:EXAMPLE_SECRET"

[[accounts]]
name = "unicloud-main"
provider = "unicloud"
access_key_id = "AKEXAMPLE"
access_key_secret = "env:EXAMPLE_SECRET"
"""
QUIET = f"""\
[policy]
approvers = ["U0BOB", "U0CAROL"]
quorum = 1

{ACCOUNTS}
"""
LOUD = f"""\
[policy]
approvers = ["S0FINANCE"]
quorum = 1

[[policy.rules]]
accounts = ["alibaba-main"]
approvers = ["U0BOB", "U0BOB2"]

[[policy.rules]]
over = ["10000 CNY"]   # wherever
quorum = 2

[[people]]
slack = ["U0BOB", "U0BOB2"]

{ACCOUNTS}
"""


def lint(folder: Path, text: str, **environ: str) -> subprocess.CompletedProcess[str]:
    (folder / "countersign.toml").write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "bot", "policy", "lint"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)} | environ,  # no secret is set
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_where_nothing_is_found_it_ends_with_0(tmp_path: Path) -> None:
    done = lint(tmp_path, QUIET)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok 0 rules, nothing found\n", "")


def test_each_finding_names_its_line_and_the_fix(tmp_path: Path) -> None:
    done = lint(tmp_path, LOUD)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        "countersign.toml:7: U0BOB, U0BOB2 alone may approve, so nobody can approve what"
        " U0BOB, U0BOB2 asks for; name one more approver.",
        "countersign.toml:9: This rule never decides, for whatever it matches is decided by rule 1"
        " above; move it up, or remove it.",
    ]


def test_what_is_no_fault_is_a_note_and_no_finding(tmp_path: Path) -> None:
    done = lint(tmp_path, QUIET.replace('"U0CAROL"', '"S0FINANCE"'))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "countersign.toml:2: note: Who is in S0FINANCE is not known here; countersign doctor asks"
        " Slack.",
        "ok 0 rules, nothing found",
    ]


def test_a_configuration_that_is_refused_is_not_looked_at(tmp_path: Path) -> None:
    done = lint(tmp_path, LOUD.replace("quorum = 1", "quorum = 0"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("countersign.toml:3: ")
    assert "must be at least 1" in done.stderr


@pytest.mark.parametrize(
    ("quorum", "reason"),
    [("9" * 5000, "too many digits"), ("[" * 3000 + "]" * 3000, "more brackets")],
)
def test_a_configuration_that_cannot_be_read_is_refused_in_one_sentence(
    tmp_path: Path, quorum: str, reason: str
) -> None:
    done = lint(tmp_path, QUIET.replace("quorum = 1", f"quorum = {quorum}"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("countersign.toml:3: ")
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1


def test_nothing_about_slack_in_the_environment_stops_it(tmp_path: Path) -> None:
    slack = {"SLACK_API_URL": "http://slack.example/", "SLACK_BOT_TOKEN": "made-up"}
    done = lint(tmp_path, QUIET, **slack)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_environment_names_the_configuration_to_look_at(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(LOUD, encoding="utf-8")
    done = lint(tmp_path, QUIET, COUNTERSIGN_CONFIG="other.toml")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("other.toml:7: ")


def test_a_secret_in_the_configuration_is_refused_also_here(tmp_path: Path) -> None:
    done = lint(tmp_path, QUIET.replace("env:EXAMPLE_SECRET", "made-up-for-this-test"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "must not hold the secret itself" in done.stderr
    assert "made-up" not in done.stderr


@pytest.mark.parametrize("provider", Provider)
async def test_it_knows_whose_orders_cannot_be_cancelled(provider: Provider) -> None:
    clock = FixedClock()
    secrets = {"access_key_secret": "made-up", "secret_access_key": "made-up"}
    adapter = build_adapter(
        Account("main", provider, "" if provider is Provider.UNICLOUD else "china"),
        Credentials("AKEXAMPLE", secrets),
        Transport("main", requests_per_second=5, timeout_s=5, clock=clock),
        clock,
        {},
    )
    assert adapter.capabilities.can_cancel is (provider not in CANNOT_CANCEL)
    await adapter.aclose()
