"""Each error of Huawei Cloud's documents is one error of ours, over a real line."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderMalformed,
    ProviderNotFound,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnavailable,
    Remedy,
)
from bot.providers.huawei.errors import ERROR_CODES, check_answer
from bot.providers.transport import Answer
from tests.unit.providers.huawei_loopback import (
    DATA,
    Reply,
    always,
    huawei,
    listed,
    recorded,
)

DOCUMENTED = [
    ("CBC.0100", 400, ProviderInvalid, Remedy.TELL_OPERATOR),
    ("CBC.0101", 400, ProviderInvalid, Remedy.TELL_OPERATOR),
    ("CBC.30000010", 400, ProviderNotFound, Remedy.CHECK_ID),
    ("CBC.99005010", 400, ProviderInvalid, Remedy.CHECK_ID),
    ("CBC.99000089", 400, ProviderInvalid, Remedy.CHECK_ID),
    ("CBC.0151", 403, ProviderRefused, Remedy.GRANT_PERMISSION),
    ("CBC.0155", 403, ProviderRefused, Remedy.GRANT_PERMISSION),
    ("CBC.0150", 403, ProviderRefused, Remedy.CHECK_SITE),
    ("CBC.0156", 403, ProviderRefused, Remedy.CHECK_SITE),
    ("CBC.18000016", 400, ProviderRefused, Remedy.GRANT_PERMISSION),
    ("CBC.3002", 200, ProviderInvalid, Remedy.TRY_AGAIN),
    ("CBC.3144", 200, ProviderInvalid, Remedy.TRY_AGAIN),
    ("CBC.3106", 200, ProviderInvalid, Remedy.CHECK_ID),
    ("CBC.99003106", 400, ProviderInvalid, Remedy.CHECK_ID),
    ("CBC.0999", 500, ProviderUnavailable, Remedy.TRY_AGAIN),
    ("APIGW.0101", 404, ProviderInvalid, Remedy.TELL_OPERATOR),
    ("APIGW.0103", 404, ProviderInvalid, Remedy.TELL_OPERATOR),
    ("APIGW.0201", 400, ProviderInvalid, Remedy.TELL_OPERATOR),
    ("APIGW.0201", 413, ProviderInvalid, Remedy.TELL_OPERATOR),
    ("APIGW.0301", 401, ProviderRefused, Remedy.CHECK_KEY),
    ("APIGW.0302", 403, ProviderRefused, Remedy.GRANT_PERMISSION),
    ("APIGW.0402", 403, ProviderRefused, Remedy.GRANT_PERMISSION),
    ("APIGW.0802", 403, ProviderRefused, Remedy.GRANT_PERMISSION),
    ("APIGW.0307", 401, ProviderRefused, Remedy.RENEW_TOKEN),
    ("APIGW.0308", 429, ProviderThrottled, Remedy.TRY_AGAIN),
    ("APIG.0308", 429, ProviderThrottled, Remedy.TRY_AGAIN),
    ("APIGW.0705", 500, ProviderUnavailable, Remedy.TRY_AGAIN),
    ("APIGW.0706", 503, ProviderUnavailable, Remedy.TRY_AGAIN),
]
BY_STATUS = [
    (401, ProviderRefused, Remedy.CHECK_KEY),
    (403, ProviderRefused, Remedy.GRANT_PERMISSION),
    (404, ProviderNotFound, Remedy.CHECK_ID),
    (409, ProviderInvalid, Remedy.TELL_OPERATOR),
    (429, ProviderThrottled, Remedy.TRY_AGAIN),
    (500, ProviderUnavailable, Remedy.TRY_AGAIN),
    (503, ProviderUnavailable, Remedy.TRY_AGAIN),
]
ERROR_FILES = {
    "error_200_not_json": ProviderUnavailable,
    "error_502_empty": ProviderUnavailable,
    "error_503_html": ProviderUnavailable,
    "error_apigw_0101": ProviderInvalid,
    "error_apigw_0301_locked": ProviderRefused,
    "error_apigw_0301_signature": ProviderRefused,
    "error_apigw_0301_token": ProviderRefused,
    "error_apigw_0307_token_expired": ProviderRefused,
    "error_camel_case_names": ProviderRefused,
    "error_cbc_0100": ProviderInvalid,
    "error_cbc_0101": ProviderInvalid,
    "error_cbc_0151": ProviderRefused,
    "error_cbc_0155": ProviderRefused,
    "error_cbc_0156": ProviderRefused,
    "error_cbc_0999": ProviderUnavailable,
    "error_cbc_30000010": ProviderNotFound,
    "error_cbc_99000089": ProviderInvalid,
    "error_cbc_99005010": ProviderInvalid,
    "error_in_status_200": ProviderInvalid,
    "error_throttled_apig_0308": ProviderThrottled,
    "error_throttled_apigw_0308": ProviderThrottled,
    "iam_token_wrong_password": ProviderRefused,
}


def raised(status: int, body: dict[str, Any] | None, **headers: str) -> ProviderError:
    answer = Answer(
        status, {name.replace("_", "-"): text for name, text in headers.items()}, body, ""
    )
    with pytest.raises(ProviderError) as caught:
        check_answer(answer, account="huawei-main", operation="get_order")
    return caught.value


@pytest.mark.parametrize(("code", "status", "kind", "remedy"), DOCUMENTED)
def test_each_documented_code_has_its_error(
    code: str, status: int, kind: type[ProviderError], remedy: Remedy
) -> None:
    error = raised(status, {"error_code": code, "error_msg": "words", "request_id": "r-1"})
    assert type(error) is kind
    assert (error.remedy, error.code, error.http_status) == (remedy, code, status)
    assert (error.account, error.operation, error.request_id) == ("huawei-main", "get_order", "r-1")


def test_the_table_holds_no_code_that_is_not_documented() -> None:
    assert set(ERROR_CODES) <= {code for code, *_rest in DOCUMENTED}


@pytest.mark.parametrize(("code", "_status", "kind", "_remedy"), DOCUMENTED)
def test_the_code_decides_whatever_the_status_is(
    code: str, _status: int, kind: type[ProviderError], _remedy: Remedy
) -> None:
    assert isinstance(
        raised(418, {"error_code": code}), kind if "070" not in code else ProviderError
    )
    assert raised(200, {"error_code": code}).code == code


@pytest.mark.parametrize(("status", "kind", "remedy"), BY_STATUS)
def test_an_unknown_code_is_judged_by_its_status(
    status: int, kind: type[ProviderError], remedy: Remedy
) -> None:
    for body in ({"error_code": "XYZ.1"}, {}, None):
        error = raised(status, body)
        assert (type(error), error.remedy) == (kind, remedy)


@pytest.mark.parametrize(
    "body",
    [
        {"error_code": "CBC.0151", "error_msg": "no"},
        {"errorCode": "CBC.0151", "errorMsg": "no"},
        {"code": "CBC.0151", "message": "no"},
        {"error": {"error_code": "CBC.0151", "error_msg": "no"}},
        {"detail": {"code": "CBC.0151", "message": "no"}},
    ],
)
def test_every_spelling_of_an_error_is_read(body: dict[str, Any]) -> None:
    error = raised(403, body)
    assert (error.code, str(error)) == ("CBC.0151", "Huawei Cloud answered: no")


def test_a_zero_code_is_success_and_a_code_inside_an_order_is_none() -> None:
    for body in ({"error_code": "CBC.0000", "total_count": 0}, {"order_info": {"code": "X"}}):
        assert check_answer(Answer(200, {}, body, ""), account="a", operation="o") == body


def test_the_request_id_of_the_header_goes_before_the_bodys() -> None:
    body = {"error_code": "CBC.0999", "request_id": "body"}
    assert raised(500, body, x_request_id="header").request_id == "header"
    assert raised(500, body).request_id == "body"


def test_addresses_and_secrets_in_a_clouds_words_are_masked() -> None:
    words = (
        "see https://bss/x?Signature=abc Authorization: SDK-HMAC-SHA256 Access=AK1, Signature=ff"
    )
    text = str(raised(400, {"error_code": "CBC.0100", "error_msg": words}))
    assert "Signature=" not in text
    assert "://" not in text
    assert "AK1" not in text


def test_every_recorded_error_is_used() -> None:
    files = {file.stem for file in (DATA / "responses").glob("*error*.json")}
    assert files <= set(ERROR_FILES)


@pytest.mark.parametrize(("name", "kind"), ERROR_FILES.items())
async def test_a_recorded_error_is_raised_from_the_line(
    name: str, kind: type[ProviderError]
) -> None:
    reply = recorded(name)
    async with huawei(always(reply)) as (adapter, here):
        with pytest.raises(kind) as caught:
            await adapter.get_order("CS18122203217MRPB", language="en")
    assert type(caught.value) is kind
    assert caught.value.http_status == reply.status
    assert len(here.arrived) == (3 if issubclass(kind, ProviderUnavailable) else 1)


@pytest.mark.parametrize(
    "name",
    ["iam_auth_domains", "iam_temporary_key_created", "iam_token_created", "details_unpaid"],
)
async def test_an_answer_of_another_kind_is_never_an_empty_list(name: str) -> None:
    async with huawei(always(Reply(200, recorded(name).body))) as (adapter, _here):
        with pytest.raises((ProviderMalformed, ProviderUnavailable)):
            await listed(adapter)
        with pytest.raises((ProviderMalformed, ProviderUnavailable)):
            await adapter.list_products(language="en")


async def test_an_empty_answer_is_never_an_empty_list() -> None:
    async with huawei(always(recorded("cancel_success"))) as (adapter, _here):
        with pytest.raises(ProviderUnavailable):
            await listed(adapter)


async def test_a_refused_signature_is_sent_once_and_the_account_rests() -> None:
    async with huawei(always(recorded("error_apigw_0301_signature"))) as (adapter, here):
        for remedy in (Remedy.CHECK_KEY, Remedy.REST):
            with pytest.raises(ProviderRefused) as caught:
                await adapter.get_order("CS1", language="en")
            assert caught.value.remedy is remedy
    assert len(here.arrived) == 1


@pytest.mark.parametrize(
    ("date", "remedy"),
    [
        ("Fri, 31 May 2024 12:14:00 GMT", Remedy.CHECK_KEY),
        ("Fri, 31 May 2024 12:16:00 GMT", Remedy.CHECK_CLOCK),
        ("Fri, 31 May 2024 11:44:00 GMT", Remedy.CHECK_CLOCK),
        ("yesterday", Remedy.CHECK_KEY),
    ],
)
async def test_a_refusal_by_a_cloud_with_another_time_blames_the_clock(
    date: str, remedy: Remedy
) -> None:
    refused = recorded("error_apigw_0301_signature")
    reply = Reply(refused.status, refused.body, {"Date": date})
    async with huawei(always(reply)) as (adapter, _here):
        with pytest.raises(ProviderRefused) as caught:
            await adapter.get_order("CS1", language="en")
    assert caught.value.remedy is remedy
