"""IAM tokens: one fetch, early, shared; one renewal; temporary keys read again."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from bot.errors import ProviderMalformed, ProviderRefused, ProviderUnavailable, Remedy
from bot.providers.credentials import SecretText
from bot.redact import mask
from tests.unit.providers.huawei_loopback import (
    KEY,
    TOKENS,
    USER,
    Arrived,
    FixedClock,
    Reply,
    huawei,
    recorded,
)

ORDER = "CS2405170203ABCDE"


@dataclass
class Iam:
    """Hands out numbered tokens of 24 hours and takes those in *good*, all where it is None."""

    clock: FixedClock = field(default_factory=FixedClock)
    good: set[str] | None = None
    refusal: str = "error_apigw_0307_token_expired"
    down: bool = False
    issued: int = 0

    def __call__(self, call: Arrived) -> Reply:
        if call.path == TOKENS:
            return self._token()
        if self.good is not None and call.headers.get("x-auth-token") not in self.good:
            return recorded(self.refusal)
        return recorded("details_unpaid")

    def _token(self) -> Reply:
        if self.down:
            return Reply(503, {"error": {"code": 503, "message": "down"}})
        self.issued += 1
        ends = self.clock.now() + timedelta(hours=24)
        body = {"token": {"expires_at": f"{ends:%Y-%m-%dT%H:%M:%S}.123000Z"}}
        return Reply(201, body, {"X-Subject-Token": f"TOKEN-{self.issued}-SECRET"})


async def test_a_token_is_asked_for_as_documented_and_carried() -> None:
    iam = Iam()
    async with huawei(iam, key="", secrets=USER, clock=iam.clock, domain_id="d") as (adapter, here):
        await adapter.get_order(ORDER, language="en")
    asked, read = here.arrived
    assert (asked.method, asked.path, asked.query) == ("POST", TOKENS, {"nocatalog": "true"})
    assert asked.headers["content-type"] == "application/json;charset=utf8"
    assert json.loads(asked.body) == {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {
                    "user": {
                        "name": USER["iam_user"],
                        "password": USER["iam_password"],
                        "domain": {"name": USER["iam_domain"]},
                    }
                },
            },
            "scope": {"domain": {"name": USER["iam_domain"]}},
        }
    }
    assert read.headers["x-auth-token"] == "TOKEN-1-SECRET"
    assert {"authorization", "x-sdk-date", "x-domain-id"}.isdisjoint(read.headers)


async def test_one_token_serves_all_calls_until_an_hour_before_its_end() -> None:
    iam = Iam()
    async with huawei(iam, key="", secrets=USER, clock=iam.clock) as (adapter, here):
        await adapter.get_order(ORDER, language="en")
        iam.clock.move(hours=22, minutes=59)
        await adapter.get_order(ORDER, language="en")
        assert iam.issued == 1
        iam.clock.move(minutes=2)
        await adapter.get_order(ORDER, language="en")
    assert iam.issued == 2
    assert here.arrived[-1].headers["x-auth-token"] == "TOKEN-2-SECRET"


async def test_many_calls_at_once_fetch_one_token() -> None:
    iam = Iam()
    async with huawei(iam, key="", secrets=USER, clock=iam.clock) as (adapter, here):
        await asyncio.gather(*(adapter.get_order(ORDER, language="en") for _ in range(8)))
    assert len(here.to(TOKENS)) == 1


async def test_many_calls_that_are_refused_together_renew_once() -> None:
    iam = Iam()
    async with huawei(iam, key="", secrets=USER, clock=iam.clock) as (adapter, here):
        await adapter.get_order(ORDER, language="en")
        iam.good = {"TOKEN-2-SECRET"}
        await asyncio.gather(*(adapter.get_order(ORDER, language="en") for _ in range(8)))
    assert len(here.to(TOKENS)) == 2


@pytest.mark.parametrize("refusal", ["error_apigw_0307_token_expired", "error_apigw_0301_token"])
async def test_a_refused_token_is_renewed_once_and_no_more(refusal: str) -> None:
    iam = Iam(good=set(), refusal=refusal)
    async with huawei(iam, key="", secrets=USER, clock=iam.clock) as (adapter, here):
        with pytest.raises(ProviderRefused) as caught:
            await adapter.get_order(ORDER, language="en")
    assert caught.value.remedy is Remedy.RENEW_TOKEN
    assert [call.path == TOKENS for call in here.arrived] == [True, False, True, False]


async def test_a_wrong_password_is_tried_once() -> None:
    wrong = recorded("iam_token_wrong_password")
    async with huawei(lambda _call: wrong, key="", secrets=USER) as (adapter, here):
        for remedy in (Remedy.CHECK_KEY, Remedy.REST):
            with pytest.raises(ProviderRefused) as caught:
                await adapter.get_order(ORDER, language="en")
            assert caught.value.remedy is remedy
    assert len(here.arrived) == 1


async def test_while_iam_is_down_a_token_that_still_holds_is_used() -> None:
    iam = Iam()
    async with huawei(iam, key="", secrets=USER, clock=iam.clock) as (adapter, here):
        await adapter.get_order(ORDER, language="en")
        iam.down = True
        iam.clock.move(hours=23, minutes=30)
        await adapter.get_order(ORDER, language="en")
        await adapter.get_order(ORDER, language="en")
        assert len(here.to(TOKENS)) == 2  # the second call within the minute does not ask again
        iam.clock.move(minutes=31)
        with pytest.raises(ProviderUnavailable):
            await adapter.get_order(ORDER, language="en")


async def test_a_token_answer_without_a_token_is_malformed() -> None:
    body = recorded("iam_token_created").body
    async with huawei(lambda _call: Reply(201, body), key="", secrets=USER) as (adapter, _here):
        with pytest.raises(ProviderMalformed):
            await adapter.get_order(ORDER, language="en")


async def test_the_recorded_token_answer_is_read() -> None:
    def script(call: Arrived) -> Reply:
        return recorded("iam_token_created" if call.path == TOKENS else "details_unpaid")

    clock = FixedClock()
    clock.move(days=-14, hours=-9)  # within the life of the recorded token
    async with huawei(script, key="", secrets=USER, clock=clock) as (adapter, here):
        await adapter.get_order(ORDER, language="en")
        await adapter.get_order(ORDER, language="en")
    assert here.arrived[1].headers["x-auth-token"] == "FAKETOKENMIIPAgYJKoZIhvcNAQcCoFAKE"
    assert len(here.to(TOKENS)) == 1


async def test_neither_token_nor_password_is_in_a_log_an_error_or_a_repr() -> None:
    iam = Iam(good=set())
    with capture_logs() as logs:
        async with huawei(iam, key="", secrets=USER, clock=iam.clock) as (adapter, _here):
            with pytest.raises(ProviderRefused) as caught:
                await adapter.get_order(ORDER, language="en")
            held = await adapter._client._authenticator.grant()
    for text in (repr(logs), repr(caught.value), str(caught.value), repr(held)):
        assert "-SECRET" not in text
        assert USER["iam_password"] not in text
    assert mask("TOKEN-2-SECRET") == "***"
    assert logs


@dataclass
class FileSecret:
    """A secret whose file an operator has replaced; seen after `refresh()`."""

    text: str
    replaced_by: str

    def value(self) -> str:
        return self.text

    def refresh(self) -> None:
        self.text = self.replaced_by


async def test_a_temporary_key_that_ran_out_is_read_again_once() -> None:
    def script(call: Arrived) -> Reply:
        good = call.headers.get("x-security-token") == "new-token"
        return recorded("details_unpaid" if good else "error_apigw_0301_signature")

    secrets: dict[str, str | SecretText] = {
        **KEY,
        "security_token": FileSecret("old-token", "new-token"),
    }
    async with huawei(script, secrets=secrets) as (adapter, here):
        await adapter.get_order(ORDER, language="en")
    assert [call.headers["x-security-token"] for call in here.arrived] == ["old-token", "new-token"]


async def test_a_temporary_key_that_nobody_replaced_is_not_tried_again() -> None:
    refused = recorded("error_apigw_0301_signature")
    secrets = {**KEY, "security_token": "old-token"}
    async with huawei(lambda _call: refused, secrets=secrets) as (adapter, here):
        with pytest.raises(ProviderRefused) as caught:
            await adapter.get_order(ORDER, language="en")
    assert caught.value.remedy is Remedy.RENEW_TOKEN
    assert len(here.arrived) == 1


async def test_a_key_goes_before_a_user() -> None:
    def script(_call: Arrived) -> Reply:
        return recorded("details_unpaid")

    async with huawei(script, secrets={**KEY, **USER}, domain_id="dom") as (adapter, here):
        await adapter.get_order(ORDER, language="en")
    (call,) = here.arrived
    assert "x-auth-token" not in call.headers
    assert call.headers["x-domain-id"] == "dom"
    assert ";x-domain-id;" in call.headers["authorization"]
