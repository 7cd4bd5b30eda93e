"""Credentials of one account, as an adapter sees them. Text only when asked for, none in a repr."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class SecretText(Protocol):
    """Text that may change while the bot runs: a file that an operator replaced."""

    def value(self) -> str: ...

    def refresh(self) -> None:
        """Read the source again at the next `value()`, changed or not."""
        ...


class Credentials:
    """The key id and the named secrets of one account. Ask anew for each signature.

    Names are those of the configuration: "access_key_secret" (Alibaba, Unicloud),
    "secret_access_key" and "iam_password" (Huawei), "security_token".
    """

    def __init__(
        self, access_key_id: str | SecretText, secrets: Mapping[str, str | SecretText]
    ) -> None:
        self._access_key_id = access_key_id
        self._secrets = dict(secrets)

    def __repr__(self) -> str:
        return f"Credentials({', '.join(sorted(self._secrets))})"

    @property
    def access_key_id(self) -> str:
        """ "" for an account that signs in with a user name and password."""
        return _text(self._access_key_id)

    def get(self, name: str) -> str:
        """The secret as it is now, "" when the account has none of that name."""
        return _text(self._secrets.get(name, ""))

    def refresh(self) -> None:
        """Read every source again: the provider said that a token has run out."""
        for source in (self._access_key_id, *self._secrets.values()):
            if not isinstance(source, str):
                source.refresh()


def _text(source: str | SecretText) -> str:
    return source if isinstance(source, str) else source.value()
