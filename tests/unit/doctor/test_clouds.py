"""Each account at its cloud. What the embedded clouds cannot say, a server of the test's own says
in the provider's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.doctor.findings import Code
from bot.sandbox.clouds.book import Fault
from tests.doctor_house import House
from tests.loopback import Asked, Reply, loopback

CLOSED = "http://127.0.0.1:9"  # the port of "discard": nobody listens
EMPTY = {"OrderList": {"Order": []}, "TotalCount": 0, "PageNum": 1, "PageSize": 20}


@pytest.mark.parametrize("name", ["alibaba-main", "alibaba-intl", "huawei-main", "unicloud-main"])
async def test_an_account_of_each_provider(house: House, name: str) -> None:
    house.account(name)
    report = await house.finds()
    assert f"{name}: key, orders and products" in report.checked


async def test_one_dead_cloud_hides_nothing_of_the_others(house: House) -> None:
    house.account("huawei-main", endpoint=CLOSED)
    dead = house.accounts
    house.account("unicloud-main", access_key_secret="env:WRONG")
    house.environ["WRONG"] = "not-the-secret"
    house.accounts = [*dead, *house.accounts]
    await house.finds(
        (Code.CLOUD_UNREACHABLE, "huawei-main"), (Code.CLOUD_SECRET_WRONG, "unicloud-main")
    )


async def test_a_proxy_that_does_not_answer(house: House) -> None:
    house.account(proxy=CLOSED)
    await house.finds((Code.CLOUD_PROXY_UNREACHABLE, "alibaba-main"))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("alibaba-main", Code.CLOUD_KEY_UNKNOWN),
        ("unicloud-main", Code.CLOUD_KEY_UNKNOWN),
        ("huawei-main", Code.CLOUD_KEY_REFUSED),
    ],
)
async def test_a_key_that_nobody_knows(house: House, name: str, code: Code) -> None:
    house.account(name, access_key_id="LTAI0nobody0nobody")
    await house.finds((code, name))


@pytest.mark.parametrize(
    ("name", "key", "code"),
    [
        ("alibaba-main", "access_key_secret", Code.CLOUD_SECRET_WRONG),
        ("unicloud-main", "access_key_secret", Code.CLOUD_SECRET_WRONG),
        ("huawei-main", "secret_access_key", Code.CLOUD_KEY_REFUSED),
    ],
)
async def test_a_wrong_secret_is_tried_once(house: House, name: str, key: str, code: Code) -> None:
    """Huawei Cloud locks a key after five refusals."""
    house.environ["WRONG"] = "not-the-secret"
    house.account(name, **{key: "env:WRONG"})
    calls = house.town.clouds.book.calls
    calls.clear()
    report = await house.finds((code, name))
    assert sum(call.outcome == "refused" and call.account == name for call in calls) == 1
    assert "not-the-secret" not in str(report)


async def test_a_temporary_key_that_ran_out(house: House) -> None:
    house.environ["OLD"] = "an-old-security-token"
    house.account("alibaba-sts", security_token="env:OLD")
    await house.finds((Code.CLOUD_TOKEN_EXPIRED, "alibaba-sts"))


async def test_an_owner_who_is_no_customer(house: House) -> None:
    house.account("alibaba-main", owner_id="999")
    await house.finds((Code.CLOUD_OWNER_WRONG, "alibaba-main"))


def iam_account(house: House, password: str, **more: str) -> None:
    known = house.town.clouds.book.accounts["huawei-main"]
    assert known.iam_user
    assert known.iam_domain
    house.environ["PASSWORD"] = password
    keys = {"iam_user": known.iam_user, "iam_domain": known.iam_domain} | more
    house.account("huawei-main", iam_password="env:PASSWORD", **keys)
    house.accounts = [line for line in house.accounts if not line.startswith(("access", "secret"))]


async def test_an_iam_user(house: House) -> None:
    iam_account(house, str(house.town.clouds.book.accounts["huawei-main"].iam_password))
    await house.finds()


async def test_a_wrong_password_of_an_iam_user(house: House) -> None:
    iam_account(house, "not-the-password")
    await house.finds((Code.CLOUD_PASSWORD_WRONG, "huawei-main"))


async def test_an_iam_host_that_does_not_answer(house: House) -> None:
    password = str(house.town.clouds.book.accounts["huawei-main"].iam_password)
    iam_account(house, password, iam_endpoint=CLOSED)
    report = await house.finds((Code.CLOUD_UNREACHABLE, "huawei-main"))
    assert "iam_endpoint" in report.findings[0].fix


@pytest.mark.parametrize("kind", ["error_500", "drop_before"])
async def test_a_cloud_that_answers_nothing_of_use(house: House, kind: Any) -> None:
    for operation in ("list_orders", "get_order", "list_products"):
        fault: Any = operation
        house.town.clouds.book.faults.append(Fault(kind, operation=fault, times=0))
    await house.finds((Code.CLOUD_FAILING, "alibaba-main"))


async def test_a_page_of_a_proxy_in_the_clouds_place(house: House) -> None:
    house.town.clouds.book.faults.append(Fault("garbage", operation="list_orders", times=0))
    await house.finds((Code.CLOUD_ENDPOINT_WRONG, "alibaba-main"))


async def test_an_endpoint_that_serves_another_api(house: House) -> None:
    answer = Reply({"Code": "InvalidApi.NotFound", "Message": "No such API."}, status=404)
    server = await house.enter(loopback(lambda _asked: answer))
    house.account(endpoint=server.url)
    await house.finds((Code.CLOUD_ENDPOINT_WRONG, "alibaba-main"))


async def test_a_cloud_that_asks_to_wait_is_no_finding(house: House) -> None:
    fault = Fault("throttle", operation="list_orders", seconds=60, times=0)
    house.town.clouds.book.faults.append(fault)
    report = await house.finds()
    assert any("asks to wait" in each for each in report.not_checked)


async def alibaba(house: House, refused: str, code: str, message: str, **keys: str) -> None:
    """An account whose cloud refuses calls of *refused* and knows no orders."""
    server = await house.enter(loopback(_alibaba_answers(refused, code, message)))
    house.account(endpoint=server.url, **keys)


def _alibaba_answers(refused: str, code: str, message: str) -> Callable[[Asked], Reply]:
    def answer(asked: Asked) -> Reply:
        operation = asked.headers.get("x-acs-action", "")
        if operation.endswith(refused):
            return Reply({"Code": code, "Message": message, "RequestId": "R"}, status=400)
        if operation == "QueryProductList":
            return Reply({"Success": True, "Data": {"ProductList": {}, "TotalCount": 0}})
        return Reply({"Success": True, "Data": EMPTY})

    return answer


async def test_an_account_of_the_other_site(house: House) -> None:
    message = "This API is not applicable for caller."
    await alibaba(house, "", "NotApplicable", message)
    report = await house.finds((Code.CLOUD_SITE_WRONG, "alibaba-main"))
    assert "site" in report.findings[0].fix


@pytest.mark.parametrize(
    ("operation", "right"),
    [
        ("QueryOrders", "to list orders"),
        ("GetOrderDetail", "to read an order"),
        ("QueryProductList", "to list products"),
    ],
)
async def test_a_right_that_the_key_was_not_given(house: House, operation: str, right: str) -> None:
    await alibaba(house, operation, "NotAuthorized", "This API is not authorized for caller.")
    report = await house.finds((Code.CLOUD_RIGHT_MISSING, "alibaba-main"))
    assert right in report.findings[0].fix


async def test_a_right_that_an_iam_user_was_not_given(house: House) -> None:
    answer = Reply({"error_code": "CBC.0151", "error_msg": "Access denied."}, status=403)
    server = await house.enter(loopback(lambda _asked: answer))
    house.account("huawei-main", endpoint=server.url)
    report = await house.examined()
    assert {each.code for each in report.findings} == {Code.CLOUD_RIGHT_MISSING}
    assert len(report.findings) == 3


def with_cancel_key(house: House, key_id: str, secret: str, **more: str) -> dict[str, str]:
    house.environ["CANCEL"] = secret
    return {"cancel_access_key_id": key_id, "cancel_access_key_secret": "env:CANCEL"} | more


async def test_a_separate_key_for_cancelling(house: House) -> None:
    known = house.town.clouds.book.accounts["alibaba-main"]
    keys = with_cancel_key(house, known.access_key_id, known.access_key_secret)
    house.account(**keys)
    report = await house.finds()
    assert "alibaba-main, cancel key" in report.checked


async def test_a_separate_key_with_a_wrong_secret(house: House) -> None:
    known = house.town.clouds.book.accounts["alibaba-main"]
    house.account(**with_cancel_key(house, known.access_key_id, "not-the-secret"))
    await house.finds((Code.CLOUD_SECRET_WRONG, "alibaba-main, cancel key"))


async def test_a_separate_key_that_may_not_read_is_as_it_should_be(house: House) -> None:
    def answer(asked: Asked) -> Reply:
        if "LTAI0cancel" in asked.headers.get("authorization", ""):
            return Reply({"Code": "Forbidden.RAM", "Message": "Denied."}, status=403)
        return _alibaba_answers("none", "", "")(asked)

    server = await house.enter(loopback(answer))
    house.account(endpoint=server.url, **with_cancel_key(house, "LTAI0cancel", "any-secret"))
    await house.finds()
