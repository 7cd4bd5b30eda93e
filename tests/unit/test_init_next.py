"""What `countersign init` names as the next steps, typed into a plain shell."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import cast

import pytest

from bot.cli.init.asker import Asker
from bot.cli.init.conversation import Conversation
from tests.doctor_house import MovedClock

COUNTERSIGN = """countersign() { printf '%s\\n' "$*"; }"""  # says what it was called with


class Listener:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def say(self, text: str) -> None:
        self.heard.append(text)


def steps(config: Path, **environ: str) -> list[str]:
    listener = Listener()
    conversation = Conversation(cast(Asker, listener), config, environ, MovedClock())
    conversation._draft.tokens_file = "slack.env"
    conversation._say_what_is_next()
    return [line.strip() for line in listener.heard if line.startswith("  ")]


def typed(folder: Path, lines: list[str]) -> list[str]:
    """What a shell of the system says to *lines* in *folder*, and then to the token's name."""
    done = subprocess.run(
        ["sh", "-e", "-c", "\n".join([COUNTERSIGN, *lines, 'echo "$SLACK_BOT_TOKEN"'])],
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_in_the_current_folder_nothing_has_to_be_named(tmp_path: Path) -> None:
    (tmp_path / "slack.env").write_text("SLACK_BOT_TOKEN=xoxb-1\n")
    assert typed(tmp_path, steps(Path("countersign.toml"))) == ["doctor", "serve", "xoxb-1"]


@pytest.mark.parametrize("is_absolute", [False, True])
@pytest.mark.parametrize("name", ["mine.toml", "etc/countersign.toml", "it's my bot/a $HOME.toml"])
def test_elsewhere_the_configuration_is_named(tmp_path: Path, name: str, is_absolute: bool) -> None:
    config = tmp_path / name if is_absolute else Path(name)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).with_name("slack.env").write_text("SLACK_BOT_TOKEN=xoxb-1\n")
    told = typed(tmp_path, steps(config))
    assert told == [f"doctor --config {config}", f"serve --config {config}", "xoxb-1"]


def test_what_the_environment_would_find_instead_is_overruled() -> None:
    told = steps(Path("countersign.toml"), COUNTERSIGN_CONFIG="/etc/other.toml")
    assert told[-1] == "countersign serve --config countersign.toml"
