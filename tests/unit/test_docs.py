"""What the documents show works: commands are known to the command line, configuration is accepted,
files that are named exist."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.settings import load_settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
ACCOUNTS = """
[[accounts]]
name = "alibaba-main"
provider = "alibaba"
site = "china"
access_key_id = "AK"
access_key_secret = "env:KEY"

[[accounts]]
name = "huawei-main"
provider = "huawei"
site = "china"
access_key_id = "AK"
secret_access_key = "env:KEY"
"""


def blocks(*languages: str) -> list[tuple[str, str]]:
    """(page, text) of the fenced blocks in one of *languages*."""
    found = re.compile(rf"^```({'|'.join(languages)})\n(.*?)^```", re.MULTILINE | re.DOTALL)
    return [
        (page.name, match[2])
        for page in PAGES
        for match in found.finditer(page.read_text(encoding="utf-8"))
    ]


def commands() -> list[str]:
    """Each `countersign …` that a page shows, in a block or inside a line."""
    shown = [line for _page, text in blocks("sh") for line in text.splitlines()]
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        shown += re.findall(r"`(countersign [a-z][^`\n]*)`", text)
        shown += re.findall(r"^    (countersign .*)$", text, re.MULTILINE)
    typed = (line.partition("#")[0].partition(">")[0].strip() for line in shown)
    return sorted({line for line in typed if line.startswith("countersign ")})


@pytest.mark.parametrize("line", commands())
def test_every_command_of_the_pages_is_one(line: str) -> None:
    """Read by the command line itself: an unknown word or option is refused before the help."""
    words = [word for word in shlex.split(line)[1:] if word not in ("|", "...", "…")]
    asked = CliRunner().invoke(app, [*words, "--help"])
    assert asked.exit_code == 0, asked.output


@pytest.mark.parametrize(("page", "text"), blocks("toml"))
def test_every_configuration_of_the_pages_is_accepted(page: str, text: str, tmp_path: Path) -> None:
    if not re.search(r"^\[", text, re.MULTILINE):  # lines of a table
        assert tomllib.loads(text), page
        return
    file = tmp_path / "countersign.toml"
    whole = text if "[[accounts]]" in text else text + ACCOUNTS
    policy = '[policy]\napprovers = ["U0BOB"]\nquorum = 1\n'
    file.write_text(whole if "[policy]" in whole else policy + whole, encoding="utf-8")
    environ = {
        "KEY": "a-secret-of-the-cloud",
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
    }
    assert load_settings(file, database=None, environ=environ, need_slack=True).accounts, page


@pytest.mark.parametrize(("page", "text"), blocks("json"))
def test_every_json_of_the_pages_is_json(page: str, text: str) -> None:
    assert json.loads(text), page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_the_pages_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
    links += re.findall(r'(?:src|href)="([^":]+)"', text)
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_file_that_contributors_are_sent_to_exists() -> None:
    text = (ROOT / "docs" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:bot|handlers|storage|tests)/[\w/.]+)`", text)
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.skipif(not shutil.which("jq"), reason="jq is not installed")
def test_the_filter_of_the_logs_passes_over_lines_that_are_no_json() -> None:
    (line,) = (text for _page, text in blocks("sh") if "| jq " in text)
    wanted = '{"event":"card","request":"R-D3LJ3VDV"}'
    log = f'Started countersign.\n{{"event":"serving"}}\n{wanted}\nTraceback: {{\n'
    jq = shlex.split(line.partition("| ")[2])
    done = subprocess.run(jq, input=log, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{wanted}\n", "")


def test_the_service_names_what_exists() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "docs" / "countersign.service")
    assert unit["Service"]["ExecStart"].endswith("/countersign serve")
    assert int(unit["Service"]["TimeoutStopSec"]) > 10


def test_the_container_runs_as_nobody_of_importance() -> None:
    lines = (ROOT / "docs" / "Containerfile").read_text(encoding="utf-8").splitlines()
    last = lines[len(lines) - 1 - [line[:4] for line in lines[::-1]].index("FROM") :]
    assert "USER countersign" in last
    assert 'CMD ["serve"]' in last
