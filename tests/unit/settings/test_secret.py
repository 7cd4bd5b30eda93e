"""Secrets: read by reference, read again when replaced, shown to nobody."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.providers.credentials import Credentials
from bot.redact import mask
from bot.settings.secret import Secret, read_secret


def read(reference: str, folder: Path, **environ: str) -> Secret:
    return read_secret(reference, folder=folder, environ=environ)


def test_a_file_is_relative_to_the_configuration_and_loses_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("file-secret-1\r\n")
    assert read("file:key", tmp_path).value() == "file-secret-1"


def test_line_ends_inside_a_file_belong_to_the_secret(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"one\r\ntwo\rthree\n")
    assert read("file:key", tmp_path).value() == "one\r\ntwo\rthree"


def test_spaces_inside_a_file_belong_to_the_secret(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(" file secret \n")
    assert read("file:key", tmp_path).value() == " file secret "


def test_a_replaced_file_is_read_again(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("file-secret-old")
    secret = read("file:key", tmp_path)
    (tmp_path / "new").write_text("file-secret-new")
    (tmp_path / "new").rename(key)
    assert secret.value() == "file-secret-new"
    assert "file-secret-new" not in mask("it is file-secret-new")


def test_a_file_is_read_again_after_an_expiry_although_nothing_shows_a_change(
    tmp_path: Path,
) -> None:
    key = tmp_path / "key"
    key.write_text("file-secret-aaa")
    before = key.stat()
    secret = read("file:key", tmp_path)
    key.write_text("file-secret-bbb")
    os.utime(key, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert secret.value() == "file-secret-aaa"
    secret.refresh()
    assert secret.value() == "file-secret-bbb"


@pytest.mark.parametrize("broken", ["gone", "empty"])
def test_while_a_file_cannot_be_read_the_last_text_stays(tmp_path: Path, broken: str) -> None:
    key = tmp_path / "key"
    key.write_text("file-secret-kept")
    secret = read("file:key", tmp_path)
    if broken == "gone":
        key.unlink()
    else:
        key.write_text("")
    assert secret.value() == "file-secret-kept"
    key.write_text("file-secret-back")
    assert secret.value() == "file-secret-back"


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "is empty"), (b"\n", "is empty"), (b"\xff\xfe", "is not UTF-8")]
)
def test_a_file_without_a_secret_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(ValueError, match=reason):
        read("file:key", tmp_path)


def test_a_folder_is_no_secret(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        read("file:.", tmp_path)


def test_a_variable_loses_the_white_space_around_it(tmp_path: Path) -> None:
    assert read("env:KEY", tmp_path, KEY=" environment-secret\n").value() == "environment-secret"


def test_nothing_that_prints_a_secret_shows_it(tmp_path: Path) -> None:
    secret = read("env:KEY", tmp_path, KEY="environment-secret-2")
    credentials = Credentials("AK", {"access_key_secret": secret, "security_token": "plain-token"})
    shown = f"{secret} {secret!r} {[secret]} {credentials} {credentials!r}"
    assert "environment-secret-2" not in shown
    assert "plain-token" not in shown
    assert "env:KEY" in shown


def test_credentials_answer_with_the_text_of_now(tmp_path: Path) -> None:
    (tmp_path / "id").write_text("AK-OLD")
    (tmp_path / "key").write_text("file-secret-one")
    credentials = Credentials(
        read("file:id", tmp_path), {"access_key_secret": read("file:key", tmp_path)}
    )
    (tmp_path / "id").write_text("AK-NEWER")
    (tmp_path / "key").write_text("file-secret-second")
    assert credentials.access_key_id == "AK-NEWER"
    assert credentials.get("access_key_secret") == "file-secret-second"
    assert credentials.get("security_token") == ""


def test_refreshing_credentials_reads_every_file_again(tmp_path: Path) -> None:
    key = tmp_path / "token"
    key.write_text("file-token-aaa")
    stamp = key.stat().st_mtime_ns
    credentials = Credentials("AK", {"security_token": read("file:token", tmp_path)})
    key.write_text("file-token-bbb")
    os.utime(key, ns=(stamp, stamp))
    credentials.refresh()
    assert credentials.get("security_token") == "file-token-bbb"
