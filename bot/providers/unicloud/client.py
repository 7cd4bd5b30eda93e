"""Signed GETs to Unicloud: the common parameters go on, a checked body comes back.

Source: Unicloud document 18452004 (common parameters), 2021-11-19. Its table prints signature
version 2.0 as an example, its text and its sample request say 1.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.ports import Clock
from bot.providers.clients import Request
from bot.providers.credentials import Credentials
from bot.providers.transport import Answer, Transport
from bot.providers.unicloud.errors import good_body, malformed, said_in
from bot.providers.unicloud.signing import signed_query

T = TypeVar("T")


class UnicloudClient:
    """The calls of one account. The signed URL carries the key id: it is never logged."""

    def __init__(
        self,
        account: str,
        credentials: Credentials,
        transport: Transport,
        *,
        endpoint: str,
        version: str,
        clock: Clock,
        nonce: Callable[[], str],
    ) -> None:
        self._account = account
        self._credentials = credentials
        self._transport = transport
        self._endpoint = endpoint.rstrip("/")
        self._version = version
        self._clock = clock
        self._nonce = nonce

    async def get(
        self,
        path: str,
        params: Mapping[str, str],
        parse: Callable[[dict[str, Any]], T],
        *,
        operation: str,
        key: str | None = None,
        empty: frozenset[str] = frozenset(),
    ) -> T:
        """What *parse* makes of the body, which holds *key*.

        A code in *empty* (case folded) means that there is nothing: *parse* then gets *key* with
        null. Raises a ProviderError; a body that *parse* cannot read is ProviderMalformed.
        """

        def check(answer: Answer) -> T:
            if key is not None and said_in(answer).code.casefold() in empty:
                return parse({key: None})
            body = good_body(answer, key, account=self._account, operation=operation)
            try:
                return parse(body)
            except ValidationError as error:
                raise malformed(answer, account=self._account, operation=operation) from error

        return await self._transport.read(
            lambda: self._signed(path, params), check, operation=operation
        )

    async def aclose(self) -> None:
        await self._transport.aclose()

    def _signed(self, path: str, params: Mapping[str, str]) -> Request:
        """A new time stamp, nonce and signature for each attempt."""
        common = {
            "Format": "json",
            "Version": self._version,
            "AccessKeyId": self._credentials.access_key_id,
            "SignatureMethod": "HMAC-SHA1",
            "Timestamp": self._clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "SignatureVersion": "1.0",
            "SignatureNonce": self._nonce(),
        }
        secret = self._credentials.get("access_key_secret")
        query = signed_query("GET", {**common, **params}, secret)
        return Request("GET", f"{self._endpoint}{path}?{query}", {"Accept": "application/json"})
