"""How a call to Huawei Cloud proves whose it is: a signature with a key, or an IAM token.

Source: BSS API authentication (zh-cn_topic_0075195203): either of the two, never both. A grant is
what one call goes out with; it builds a fresh request for each attempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from bot.providers.clients import Request
from bot.providers.credentials import Credentials
from bot.providers.huawei import signing


@dataclass(frozen=True, slots=True)
class Call:
    """One call before it is authenticated. *base* is `https://host[:port]`, *path* needs no
    further encoding, *language* is `en_US`, `zh_CN` or "" where the operation takes none."""

    method: str
    base: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    language: str = ""
    body: bytes = b""

    def url(self) -> str:
        query = signing.encode_query(self.query)
        return f"{self.base}{self.path}?{query}" if query else f"{self.base}{self.path}"

    def headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        if self.language:
            headers["X-Language"] = self.language
        return headers


class Grant(Protocol):
    @property
    def renewable(self) -> bool:
        """Whether a refusal may only mean that a token has run out."""
        ...

    @property
    def signs(self) -> bool:
        """Whether requests carry a signature, so that the clock matters."""
        ...

    def request(self, call: Call, now: datetime) -> Request: ...


class Authenticator(Protocol):
    async def grant(self) -> Grant: ...

    async def renewed(self, used: Grant) -> Grant | None:
        """A grant other than *used*, which was refused, or None where there is no other."""
        ...

    def forget(self, used: Grant) -> None:
        """*used* was refused: the next grant is another one where there is one."""
        ...


@dataclass(frozen=True, slots=True)
class KeyGrant:
    """AK and SK, with the security token that belongs to them where they are temporary."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    security_token: str = field(repr=False)
    domain_id: str | None
    signs: bool = True

    @property
    def renewable(self) -> bool:
        return bool(self.security_token)

    def request(self, call: Call, now: datetime) -> Request:
        headers = {
            "Host": urlsplit(call.base).netloc,
            "X-Sdk-Date": signing.sdk_date(now),
            **call.headers(),
        }
        if self.domain_id:
            headers["X-Domain-Id"] = self.domain_id
        if self.security_token:
            headers["X-Security-Token"] = self.security_token
        canonical = signing.canonical_request(
            call.method, call.path, signing.encode_query(call.query), headers, call.body
        )
        headers["Authorization"] = signing.authorization(
            signing.string_to_sign(canonical, headers["X-Sdk-Date"]),
            headers,
            access_key_id=self.access_key_id,
            secret_access_key=self.secret_access_key,
        )
        return Request(call.method, call.url(), headers, call.body)


class KeyAuthenticator:
    """Grants from the configured key; the credentials know when a file has changed."""

    def __init__(self, credentials: Credentials, *, domain_id: str | None) -> None:
        self._credentials = credentials
        self._domain_id = domain_id

    async def grant(self) -> KeyGrant:
        return KeyGrant(
            access_key_id=self._credentials.access_key_id,
            secret_access_key=self._credentials.get("secret_access_key"),
            security_token=self._credentials.get("security_token"),
            domain_id=self._domain_id,
        )

    async def renewed(self, used: Grant) -> Grant | None:
        self.forget(used)
        fresh = await self.grant()
        return None if fresh == used else fresh

    def forget(self, used: Grant) -> None:  # noqa: ARG002 - whichever it was
        self._credentials.refresh()


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """A user's IAM token; *renew_at* comes well before *expires_at* (aware UTC)."""

    token: str = field(repr=False)
    expires_at: datetime
    renew_at: datetime
    renewable: bool = True
    signs: bool = False

    def request(self, call: Call, now: datetime) -> Request:  # noqa: ARG002 - no time is sent
        headers = {**call.headers(), "X-Auth-Token": self.token}
        return Request(call.method, call.url(), headers, call.body)
