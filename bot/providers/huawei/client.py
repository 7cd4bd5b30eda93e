"""Calls to BSS: a grant goes on, a checked and parsed body comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.domain.accounts import Account
from bot.errors import ProviderMalformed, ProviderRefused, Remedy
from bot.i18n import _
from bot.ports import Clock
from bot.providers.huawei.auth import Authenticator, Call, Grant
from bot.providers.huawei.errors import check_answer
from bot.providers.transport import Answer, Request, Transport

T = TypeVar("T")


class HuaweiClient:
    """The reads of one account. A token that ran out is renewed once per read."""

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
