"""IAM tokens: fetched with a user name and password, kept, and fetched anew before they end.

Source: IAM API v3, POST /v3/auth/tokens (iam_30_0001). A token lives 24 hours, or dies within 30
minutes when the user, the password or the permissions change: calls then answer APIGW.0307.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Final

from pydantic import ValidationError

from bot.domain.accounts import Account
from bot.errors import ProviderMalformed, ProviderUnavailable
from bot.i18n import _
from bot.ports import Clock
from bot.providers.clients import Request
from bot.providers.credentials import Credentials
from bot.providers.huawei.auth import Authenticator, Grant, KeyAuthenticator, TokenGrant
from bot.providers.huawei.errors import check_answer
from bot.providers.huawei.wire import TokenAnswer
from bot.providers.transport import Answer, Transport
from bot.redact import register

OPERATION: Final = "token"
_LIFE = timedelta(hours=24)  # documented; the answer's own expires_at goes first
_EARLY = timedelta(hours=1)
_NEXT_TRY = timedelta(minutes=1)  # while IAM does not answer and the old token still holds


def authenticator_of(
    account: Account,
    credentials: Credentials,
    transport: Transport,
    *,
    domain_id: str | None,
    iam_endpoint: str,
    clock: Clock,
) -> Authenticator:
    """By key where the credentials hold one, else by token."""
    if credentials.access_key_id:
        return KeyAuthenticator(credentials, domain_id=domain_id)
    return TokenAuthenticator(account, credentials, transport, endpoint=iam_endpoint, clock=clock)


class TokenAuthenticator:
    """One token for all calls of an account, one fetch at a time."""

    def __init__(
        self,
        account: Account,
        credentials: Credentials,
        transport: Transport,
        *,
        endpoint: str,
        clock: Clock,
    ) -> None:
        self._account = account
        self._credentials = credentials
        self._transport = transport
        self._endpoint = endpoint
        self._clock = clock
        self._held: TokenGrant | None = None
        self._one_fetch = asyncio.Lock()

    async def grant(self) -> TokenGrant:
        """The token in hand; a new one where there is none or it ends within the hour."""
        async with self._one_fetch:
            held, now = self._held, self._clock.now()
            if held is None or now >= held.expires_at:
                return await self._fetch()
            if now < held.renew_at:
                return held
            try:
                return await self._fetch()
            except ProviderUnavailable:
                self._held = replace(held, renew_at=now + _NEXT_TRY)
                return self._held

    async def renewed(self, used: Grant) -> Grant | None:
        """A token other than *used*. Calls that were refused together share one fetch."""
        async with self._one_fetch:
            held = self._held
            if held and isinstance(used, TokenGrant) and held.token != used.token:
                return held
            self._credentials.refresh()
            return await self._fetch()

    def forget(self, used: Grant) -> None:
        if self._held == used:
            self._held = None
        self._credentials.refresh()

    async def _fetch(self) -> TokenGrant:
        self._held = await self._transport.send_once(
            self._request(), self._granted, operation=OPERATION
        )
        return self._held

    def _request(self) -> Request:
        """Scope is the domain: BSS is a global service. Without the catalogue of services the
        answer is a fraction of the size."""
        secret = self._credentials.get
        domain = {"name": secret("iam_domain")}
        user = {"name": secret("iam_user"), "password": secret("iam_password"), "domain": domain}
        identity = {"methods": ["password"], "password": {"user": user}}
        return Request(
            "POST",
            f"{self._endpoint}/v3/auth/tokens?nocatalog=true",
            {"Content-Type": "application/json;charset=utf8"},
            json.dumps({"auth": {"identity": identity, "scope": {"domain": domain}}}).encode(),
        )

    def _granted(self, answer: Answer) -> TokenGrant:
        body = check_answer(answer, account=self._account.name, operation=OPERATION)
        token = answer.headers.get("x-subject-token", "")
        try:
            expires_at = TokenAnswer.model_validate(body).token.expires_at
        except ValidationError:
            token, expires_at = "", None
        if not token:
            raise ProviderMalformed(
                _("IAM answered without a token"),
                account=self._account.name,
                operation=OPERATION,
                http_status=answer.status,
            )
        register(token)
        expires_at = expires_at or self._clock.now() + _LIFE
        return TokenGrant(token, expires_at, renew_at=expires_at - _EARLY)
