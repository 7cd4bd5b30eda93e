"""A small configuration in a folder of its own, and ways to change one line of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.errors import ConfigurationError
from bot.settings import Settings, load_settings

MINIMAL = """\
[policy]
approvers = ["U0BOB"]
quorum = 1
[[accounts]]
name = "alibaba-main"
provider = "alibaba"
site = "china"
access_key_id = "AKEXAMPLE"
access_key_secret = "env:ALIBABA_SECRET"
"""
ENVIRON = {
    "ALIBABA_SECRET": "the-alibaba-secret",
    "SLACK_BOT_TOKEN": "xoxb-1-bot",
    "SLACK_APP_TOKEN": "xapp-1-app",
    "SLACK_SIGNING_SECRET": "the-signing-secret",
}


@dataclass(frozen=True)
class Folder:
    """Where a test's countersign.toml and secret files lie."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "countersign.toml"

    def write(self, text: str) -> None:
        self.config.write_text(text, encoding="utf-8")

    def load(self, text: str, **environ: str) -> Settings:
        self.write(text)
        return load_settings(
            self.config, database=None, environ=ENVIRON | environ, need_slack=False
        )

    def refusal(self, text: str, **environ: str) -> str:
        """What is said about *text*, from the file's name on. Fails when it is accepted."""
        try:
            self.load(text, **environ)
        except ConfigurationError as refused:
            return str(refused).removeprefix(f"{self.path}/")
        raise AssertionError("the configuration was accepted")
