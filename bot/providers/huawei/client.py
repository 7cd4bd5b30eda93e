"""Calls to BSS: a grant goes on, a checked and parsed body or a receipt comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.domain.accounts import Account
from bot.domain.orders import CancelEffect, CancelReceipt
from bot.errors import (
    ProviderError,
    ProviderMalformed,
    ProviderRefused,
    ProviderUnavailable,
    Remedy,
)
from bot.i18n import _
from bot.ports import Clock
from bot.providers.clients import Request
from bot.providers.huawei.auth import Authenticator, Call, Grant
from bot.providers.huawei.errors import COMBINED, check_answer, check_cancelled
from bot.providers.receipts import receipt_of
from bot.providers.transport import Answer, Transport

T = TypeVar("T")


class HuaweiClient:
    """The calls of one account with one key. A token that ran out is renewed once per read."""

    def __init__(
        self, account: Account, authenticator: Authenticator, transport: Transport, clock: Clock
    ) -> None:
        self._account = account
        self._authenticator = authenticator
        self._transport = transport
        self._clock = clock

    async def read(self, call: Call, parse: Callable[[dict[str, Any]], T], *, operation: str) -> T:
        """What *parse* makes of the body. Raises a ProviderError; a body that *parse* refuses with
        a pydantic ValidationError is ProviderMalformed."""
        grant = await self._authenticator.grant()
        try:
            return await self._read(call, grant, parse, operation)
        except ProviderRefused as error:
            if error.remedy is not Remedy.RENEW_TOKEN:
                raise
            renewed = await self._authenticator.renewed(grant)
            if renewed is None:
                raise
        return await self._read(call, renewed, parse, operation)

    async def _read(
        self, call: Call, grant: Grant, parse: Callable[[dict[str, Any]], T], operation: str
    ) -> T:
        def build() -> Request:
            return grant.request(call, self._clock.now())

        def check(answer: Answer) -> T:
            body = check_answer(
                answer,
                account=self._account.name,
                operation=operation,
                renewable=grant.renewable,
                signed_at=self._clock.now() if grant.signs else None,
            )
            try:
                return parse(body)
            except ValidationError as error:
                raise self.malformed(_places(error), operation) from None

        return await self._transport.read(build, check, operation=operation)

    async def cancel(self, call: Call, *, operation: str) -> CancelReceipt:
        """Send *call* once. Without a token for it nothing was sent, unless IAM refuses one: then
        another try would end alike. A token that BSS refuses is a "not done" and is not used again,
        but the call is not repeated."""
        try:
            grant = await self._authenticator.grant()
        except (ProviderUnavailable, ProviderMalformed) as error:
            error.sent = False  # of the cancel
            return receipt_of(error)
        except ProviderError as error:
            return receipt_of(error)

        def check(answer: Answer) -> tuple[str, str]:
            return check_cancelled(
                answer,
                account=self._account.name,
                operation=operation,
                renewable=grant.renewable,
                signed_at=self._clock.now() if grant.signs else None,
            )

        request = grant.request(call, self._clock.now())
        try:
            code, request_id = await self._transport.send_once(request, check, operation=operation)
        except ProviderError as error:
            if error.remedy is Remedy.RENEW_TOKEN:
                self._authenticator.forget(grant)
            return receipt_of(error, combined=error.code == COMBINED)
        return CancelReceipt(effect=CancelEffect.YES, code=code, request_id=request_id)

    def malformed(self, what: str, operation: str) -> ProviderMalformed:
        return ProviderMalformed(
            _("Huawei Cloud's answer is not as documented: {what}", what=what),
            account=self._account.name,
            operation=operation,
        )


def _places(error: ValidationError) -> str:
    """Names of the fields, never their values."""
    places = (".".join(str(part) for part in problem["loc"]) for problem in error.errors())
    return ", ".join(dict.fromkeys(places))
