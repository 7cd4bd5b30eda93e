"""A separate key for cancelling: there or not, whole or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.settings.configuration import MINIMAL, Folder

SECRETS = {"CANCEL_SECRET": "the-cancel-secret", "READ_SECRET": "the-read-secret"}
HUAWEI = """\
[policy]
approvers = ["U0BOB"]
quorum = 1
[[accounts]]
name = "huawei-main"
provider = "huawei"
site = "china"
access_key_id = "AKREAD"
secret_access_key = "env:READ_SECRET"
security_token = "env:READ_SECRET"
"""
UNICLOUD = """\
[policy]
approvers = ["U0BOB"]
quorum = 1
[[accounts]]
name = "unicloud-main"
provider = "unicloud"
access_key_id = "AKREAD"
access_key_secret = "env:READ_SECRET"
"""
KEY = 'cancel_access_key_id = "AKCANCEL"\ncancel_access_key_secret = "env:CANCEL_SECRET"\n'
HUAWEI_KEY = 'cancel_access_key_id = "AKCANCEL"\ncancel_secret_access_key = "env:CANCEL_SECRET"\n'
HUAWEI_USER = (
    'cancel_iam_user = "canceller"\ncancel_iam_password = "env:CANCEL_SECRET"\n'
    'cancel_iam_domain = "example"\n'
)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.mark.parametrize("text", [MINIMAL, HUAWEI, UNICLOUD])
def test_without_a_separate_key_there_is_none(folder: Folder, text: str) -> None:
    (account,) = folder.load(text, **SECRETS).accounts
    assert account.cancel_credentials() is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (MINIMAL + KEY, "access_key_secret"),
        (HUAWEI + HUAWEI_KEY, "secret_access_key"),
        (UNICLOUD + KEY, "access_key_secret"),
    ],
)
def test_a_separate_key_has_nothing_of_the_reading_one(
    folder: Folder, text: str, name: str
) -> None:
    (account,) = folder.load(text, **SECRETS).accounts
    credentials = account.cancel_credentials()
    assert credentials is not None
    assert credentials.access_key_id == "AKCANCEL"
    assert credentials.get(name) == "the-cancel-secret"
    assert credentials.get("security_token") == ""


def test_a_separate_key_may_be_temporary(folder: Folder) -> None:
    token = 'cancel_security_token = "env:CANCEL_TOKEN"\n'
    for text in (MINIMAL + KEY, HUAWEI + HUAWEI_KEY):
        (account,) = folder.load(text + token, CANCEL_TOKEN="the-cancel-token", **SECRETS).accounts
        credentials = account.cancel_credentials()
        assert credentials is not None
        assert credentials.get("security_token") == "the-cancel-token"


def test_a_separate_user_signs_in_with_a_password(folder: Folder) -> None:
    (account,) = folder.load(HUAWEI + HUAWEI_USER, **SECRETS).accounts
    credentials = account.cancel_credentials()
    assert credentials is not None
    assert credentials.access_key_id == ""
    assert [credentials.get(f"iam_{name}") for name in ("user", "password", "domain")] == [
        "canceller",
        "the-cancel-secret",
        "example",
    ]


def test_a_separate_key_and_a_separate_user_at_once_are_refused(folder: Folder) -> None:
    refused = folder.refusal(HUAWEI + HUAWEI_KEY + HUAWEI_USER, **SECRETS)
    assert "either cancel_access_key_id or cancel_iam_user" in refused
