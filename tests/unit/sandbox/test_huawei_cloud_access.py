"""Who the embedded Huawei Cloud lets in: clock, keys that get locked, temporary keys, tokens."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bot.sandbox.clouds.book import CloudAccount, Fault
from bot.sandbox.clouds.server import Clouds
from tests.clouds import fresh_clouds
from tests.unit.sandbox.huawei_requests import NO_TLS, ORDERS, call, code_of, signed_headers

_LOCKED = "AK access failed to reach the limit,forbidden."


@pytest.fixture
async def clouds() -> AsyncIterator[Clouds]:
    async with fresh_clouds() as running:
        yield running


@pytest.fixture
def account(clouds: Clouds) -> CloudAccount:
    return clouds.book.accounts["huawei-main"]


async def _with_headers(clouds: Clouds, headers: dict[str, str]) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as client:
        return await client.get(clouds.url + ORDERS, headers=headers)


async def _sign_in(clouds: Clouds, account: CloudAccount, **changed: Any) -> httpx.Response:
    domain = {"name": account.iam_domain}
    user = {"name": account.iam_user, "password": account.iam_password, "domain": domain}
    identity = {"methods": ["password"], "password": {"user": {**user, **changed}}}
    body = {"auth": {"identity": identity, "scope": {"domain": domain}}}
    async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as client:
        return await client.post(f"{clouds.url}/v3/auth/tokens?nocatalog=true", json=body)


def _later(clouds: Clouds, delta: timedelta) -> None:
    before = clouds.book.now
    clouds.book.now = lambda: before() + delta


@pytest.mark.parametrize(
    ("minutes", "status"), [(-16, 401), (-14, 200), (0, 200), (14, 200), (16, 401)]
)
async def test_a_clock_may_be_off_by_fifteen_minutes(
    clouds: Clouds, account: CloudAccount, minutes: int, status: int
) -> None:
    at = clouds.book.now() + timedelta(minutes=minutes)
    response = await call(clouds, account, ORDERS, at=at)
    assert response.status_code == status


async def test_any_domain_id_is_accepted(clouds: Clouds, account: CloudAccount) -> None:
    headers = {"X-Domain-Id": "some-other-account"}
    response = await call(clouds, account, ORDERS, headers=headers)
    assert response.status_code == 200
    assert response.headers["X-Request-Id"]


async def test_a_temporary_key_needs_its_security_token(clouds: Clouds) -> None:
    account = clouds.book.accounts["huawei-temporary"]
    assert account.security_token is not None
    right = {"X-Security-Token": account.security_token}
    wrong = {"X-Security-Token": "another"}
    assert (await call(clouds, account, ORDERS, headers=right)).status_code == 200
    assert code_of(await call(clouds, account, ORDERS)) == (401, "APIGW.0301")
    assert code_of(await call(clouds, account, ORDERS, headers=wrong)) == (401, "APIGW.0301")


async def test_five_refused_signatures_lock_a_key_for_five_minutes(
    clouds: Clouds, account: CloudAccount
) -> None:
    stale = clouds.book.now() - timedelta(hours=1)
    for _ in range(5):
        refused = await call(clouds, account, ORDERS, at=stale)
        assert code_of(refused) == (401, "APIGW.0301")
        assert "verify aksk signature fail" in refused.json()["error_msg"]
    locked = await call(clouds, account, ORDERS)
    assert code_of(locked) == (401, "APIGW.0301")
    assert _LOCKED in locked.json()["error_msg"]
    assert locked.headers["X-Request-Id"] == locked.json()["request_id"]
    other = clouds.book.accounts["huawei-intl"]
    assert (await call(clouds, other, ORDERS)).status_code == 200
    _later(clouds, timedelta(minutes=5))
    assert (await call(clouds, account, ORDERS, at=clouds.book.now())).status_code == 200


async def test_one_good_signature_ends_the_row_of_refused_ones(
    clouds: Clouds, account: CloudAccount
) -> None:
    stale = clouds.book.now() - timedelta(hours=1)
    for at in (*[stale] * 4, clouds.book.now(), *[stale] * 4, clouds.book.now()):
        last = await call(clouds, account, ORDERS, at=at)
    assert last.status_code == 200


async def test_an_unsigned_call_is_refused_and_recorded(clouds: Clouds) -> None:
    for _ in range(6):
        response = await _with_headers(clouds, {})
    assert code_of(response) == (401, "APIGW.0301")
    assert _LOCKED not in response.json()["error_msg"]
    assert (clouds.book.calls[-1].account, clouds.book.calls[-1].outcome) == ("", "refused")


async def test_a_user_signs_in_and_calls_with_the_token(
    clouds: Clouds, account: CloudAccount
) -> None:
    signed_in = await _sign_in(clouds, account)
    assert signed_in.status_code == 201
    assert "catalog" not in signed_in.json()["token"]
    assert signed_in.json()["token"]["domain"]["id"] == account.domain_id
    token = signed_in.headers["X-Subject-Token"]
    listed = await _with_headers(clouds, {"X-Auth-Token": token})
    assert listed.json()["total_count"] == len(clouds.book.orders[account.name])
    assert [(call.account, call.operation) for call in clouds.book.calls] == [
        (account.name, "token"),
        (account.name, "list_orders"),
    ]


async def test_a_token_dies_after_a_day(clouds: Clouds, account: CloudAccount) -> None:
    headers = {"X-Auth-Token": (await _sign_in(clouds, account)).headers["X-Subject-Token"]}
    _later(clouds, timedelta(hours=23, minutes=59))
    assert (await _with_headers(clouds, headers)).status_code == 200
    _later(clouds, timedelta(minutes=1))
    assert code_of(await _with_headers(clouds, headers)) == (401, "APIGW.0307")


async def test_a_skewed_clock_makes_one_call_find_its_token_dead(
    clouds: Clouds, account: CloudAccount
) -> None:
    """How a test from outside makes the bot renew a token."""
    headers = {"X-Auth-Token": (await _sign_in(clouds, account)).headers["X-Subject-Token"]}
    clouds.book.faults.append(Fault("clock_skew", operation="list_orders", seconds=25 * 3600))
    assert code_of(await _with_headers(clouds, headers)) == (401, "APIGW.0307")
    assert (await _with_headers(clouds, headers)).status_code == 200


async def test_a_token_nobody_issued_is_unreadable(clouds: Clouds) -> None:
    response = await _with_headers(clouds, {"X-Auth-Token": "made-up"})
    assert code_of(response) == (401, "APIGW.0301")
    assert "decrypt token fail" in response.json()["error_msg"]


@pytest.mark.parametrize(
    "changed", [{"password": "wrong"}, {"name": "nobody"}, {"domain": {"name": "elsewhere"}}]
)
async def test_a_wrong_user_gets_no_token(
    clouds: Clouds, account: CloudAccount, changed: dict[str, Any]
) -> None:
    response = await _sign_in(clouds, account, **changed)
    assert response.status_code == 401
    assert response.json()["error"]["code"] == 401
    assert "X-Subject-Token" not in response.headers


async def test_a_token_is_for_the_domain_of_its_user_only(
    clouds: Clouds, account: CloudAccount
) -> None:
    domain = {"name": account.iam_domain}
    user = {"name": account.iam_user, "password": account.iam_password, "domain": domain}
    for scope, status in (({"domain": {"name": "sandbox-intl"}}, 401), ({}, 400)):
        identity = {"methods": ["password"], "password": {"user": user}}
        body = json.dumps({"auth": {"identity": identity, "scope": scope}})
        async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as client:
            response = await client.post(f"{clouds.url}/v3/auth/tokens", content=body)
        assert response.status_code == status


async def test_an_unknown_path_is_the_gateways_not_found(
    clouds: Clouds, account: CloudAccount
) -> None:
    assert code_of(await call(clouds, account, "/v2/bases/service-types")) == (404, "APIGW.0101")
    assert code_of(await call(clouds, account, ORDERS, method="POST")) == (404, "APIGW.0101")


async def test_a_changed_query_no_longer_fits_the_signature(
    clouds: Clouds, account: CloudAccount
) -> None:
    headers = signed_headers(clouds.url, account, path=ORDERS, query={"status": "6"})
    async with httpx.AsyncClient(trust_env=False, verify=NO_TLS) as client:
        response = await client.get(f"{clouds.url}{ORDERS}?status=5", headers=headers)
    assert code_of(response) == (401, "APIGW.0301")
