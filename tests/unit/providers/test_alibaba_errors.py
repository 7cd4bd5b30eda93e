"""Which error of ours each code of Alibaba's tables becomes."""

from __future__ import annotations

import logging
import traceback

import pytest
import structlog

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
from bot.providers.alibaba.errors import CODES
from tests.loopback import Reply
from tests.unit.providers.alibaba_account import KEY_ID, SECRET, TOKEN, alibaba, refusal

REFUSED, INVALID, NOT_FOUND = ProviderRefused, ProviderInvalid, ProviderNotFound
THROTTLED, UNAVAILABLE = ProviderThrottled, ProviderUnavailable

TABLE = [
    ("NotApplicable", 400, REFUSED, Remedy.CHECK_SITE),
    ("NotAuthorized", 400, REFUSED, Remedy.GRANT_PERMISSION),
    ("NoPermission", 400, REFUSED, Remedy.GRANT_PERMISSION),
    ("Forbidden.RAM", 403, REFUSED, Remedy.GRANT_PERMISSION),
    ("Forbidden", 403, REFUSED, Remedy.GRANT_PERMISSION),
    ("Whatever", 403, REFUSED, Remedy.GRANT_PERMISSION),
    ("AuthSiteFail", 400, REFUSED, Remedy.CHECK_SITE),
    ("InvalidCaller", 400, REFUSED, Remedy.CHECK_KEY),
    ("InvalidOwner", 400, REFUSED, Remedy.CHECK_OWNER),
    ("InvalidAccessKeyId.NotFound", 400, REFUSED, Remedy.CHECK_KEY),
    ("InvalidAccessKeyId.NotFound", 404, REFUSED, Remedy.CHECK_KEY),
    ("InvalidAccessKeyId.Inactive", 400, REFUSED, Remedy.CHECK_KEY),
    ("SignatureDoesNotMatch", 400, REFUSED, Remedy.CHECK_KEY),
    ("IncompleteSignature", 400, REFUSED, Remedy.CHECK_KEY),
    ("InvalidSecurityToken.Expired", 400, REFUSED, Remedy.RENEW_TOKEN),
    ("InvalidSecurityToken.Malformed", 403, REFUSED, Remedy.RENEW_TOKEN),
    ("InvalidTimeStamp.Expired", 400, REFUSED, Remedy.CHECK_CLOCK),
    ("InvalidTimeStamp.Format", 400, REFUSED, Remedy.CHECK_CLOCK),
    ("IllegalTimestamp", 400, REFUSED, Remedy.CHECK_CLOCK),
    ("SignatureNonceUsed", 400, UNAVAILABLE, Remedy.TRY_AGAIN),
    ("MissingParameter", 400, INVALID, Remedy.TELL_OPERATOR),
    ("MissingOrderId", 400, INVALID, Remedy.TELL_OPERATOR),
    ("InvalidParameter", 400, INVALID, Remedy.CHECK_ID),
    ("InvalidParameter.OrderId", 400, INVALID, Remedy.CHECK_ID),
    ("UnsupportedParameter", 400, INVALID, Remedy.TELL_OPERATOR),
    ("PARAM_ERROR", 400, INVALID, Remedy.CHECK_ID),
    ("InvalidModuleCode", 400, INVALID, Remedy.TELL_OPERATOR),
    ("InvalidConfigCode", 400, INVALID, Remedy.TELL_OPERATOR),
    ("ProductNotFind", 400, NOT_FOUND, Remedy.CHECK_ID),
    ("ResourceNotExists", 400, NOT_FOUND, Remedy.CHECK_ID),
    ("ResourceStatusError", 400, INVALID, Remedy.CHECK_ID),
    ("Order.NotExist", 400, NOT_FOUND, Remedy.CHECK_ID),
    ("OrderNotFound", 404, NOT_FOUND, Remedy.CHECK_ID),
    ("OrderNotFind", 400, NOT_FOUND, Remedy.CHECK_ID),
    ("Throttling", 400, THROTTLED, Remedy.TRY_AGAIN),
    ("Throttling.User", 400, THROTTLED, Remedy.TRY_AGAIN),
    ("Throttling.Api", 400, THROTTLED, Remedy.TRY_AGAIN),
    ("Rejected.Throttling", 400, THROTTLED, Remedy.TRY_AGAIN),
    ("Whatever", 429, THROTTLED, Remedy.TRY_AGAIN),
    ("InternalError", 400, UNAVAILABLE, Remedy.TRY_AGAIN),
    ("InternalError", 500, UNAVAILABLE, Remedy.TRY_AGAIN),
    ("UndefinedError", 500, UNAVAILABLE, Remedy.TRY_AGAIN),
    ("InternalFailure", 500, UNAVAILABLE, Remedy.TRY_AGAIN),
    ("ServiceUnavailable", 503, UNAVAILABLE, Remedy.TRY_AGAIN),
    ("ServiceUnavailableTemporary", 503, UNAVAILABLE, Remedy.TRY_AGAIN),
    ("InvalidApi.NotFound", 404, INVALID, Remedy.TELL_OPERATOR),
    ("InvalidProduct.NotFound", 404, INVALID, Remedy.TELL_OPERATOR),
    ("InvalidHost.NotFound", 404, INVALID, Remedy.TELL_OPERATOR),
    ("InvalidProtocol.NeedSsl", 403, INVALID, Remedy.TELL_OPERATOR),
    ("InvalidAction", 404, INVALID, Remedy.TELL_OPERATOR),
    ("UnsupportedHTTPMethod", 404, INVALID, Remedy.TELL_OPERATOR),
    ("Whatever", 502, UNAVAILABLE, Remedy.TRY_AGAIN),
    ("Whatever", 400, INVALID, Remedy.TELL_OPERATOR),
    ("Whatever", 200, INVALID, Remedy.TELL_OPERATOR),
    ("notapplicable", 400, REFUSED, Remedy.CHECK_SITE),
]


@pytest.mark.parametrize(("code", "status", "kind", "remedy"), TABLE)
async def test_each_code_becomes_one_error_of_ours(
    code: str, status: int, kind: type[ProviderError], remedy: Remedy
) -> None:
    async with alibaba(refusal(code, status)) as cloud:
        with pytest.raises(ProviderError) as caught:
            await cloud.adapter.get_order("1", language="en")
    error = caught.value
    assert type(error) is kind
    assert (error.remedy, error.code, error.request_id) == (remedy, code, "r-1")
    assert (error.http_status, error.account, error.operation) == (status, "main", "GetOrderDetail")
    assert code in str(error)


def test_every_row_of_the_table_is_tried() -> None:
    codes = {code.lower() for code, *_rest in TABLE}
    for pattern, *_rest in CODES:
        assert any(pattern.lower().strip("*") in code for code in codes), pattern


async def test_the_wait_header_means_throttling_whatever_the_code() -> None:
    async with alibaba(refusal("Whatever", x_acs_retry_after="60000")) as cloud:
        with pytest.raises(ProviderThrottled) as caught:
            await cloud.adapter.get_order("1", language="en")
    assert caught.value.retry_after_s == 60.0
    assert len(cloud.server.asked) == 1


@pytest.mark.parametrize(
    ("envelope", "succeeds"),
    [
        ({"Success": True, "Code": "Success", "Message": "not applicable for caller"}, True),
        ({"Success": True}, True),
        ({"Success": "true"}, True),
        ({"Code": "Success"}, True),
        ({"Code": "200"}, True),
        ({}, True),
        ({"Success": False, "Code": "Success"}, False),
        ({"Success": "false"}, False),
        ({"Code": "InvalidOwner"}, False),
    ],
)
async def test_success_is_a_flag_and_never_a_message(
    envelope: dict[str, object], succeeds: bool
) -> None:
    """Pitfall 33."""
    rows = {"OrderList": {"Order": [{"OrderId": "1"}]}}
    async with alibaba(Reply(envelope | {"Data": rows})) as cloud:
        if succeeds:
            assert (await cloud.adapter.get_order("1", language="en")).order_id == "1"
            return
        with pytest.raises((ProviderInvalid, ProviderRefused)) as caught:
            await cloud.adapter.get_order("1", language="en")
        assert caught.value.code == envelope.get("Code", "")


async def test_success_without_data_is_malformed() -> None:
    async with alibaba(Reply({"Success": True, "RequestId": "r-9"})) as cloud:
        with pytest.raises(ProviderMalformed) as caught:
            await cloud.adapter.get_order("1", language="en")
    assert caught.value.request_id == "r-9"


async def test_an_error_with_names_in_lower_case_is_read() -> None:
    body = {"code": "InvalidOwner", "message": "m", "requestId": "r-2"}
    async with alibaba(Reply(body, 400)) as cloud:
        with pytest.raises(ProviderRefused) as caught:
            await cloud.adapter.get_order("1", language="en")
    assert (caught.value.code, caught.value.request_id) == ("InvalidOwner", "r-2")


@pytest.mark.parametrize(
    "message",
    [
        f"not matched. server string to sign is:POST&%2F&AccessKeyId%3D{KEY_ID}",
        f"StringToSign: POST {SECRET}",
        f"the key {KEY_ID} with {SECRET} and {TOKEN}",
        f"see https://{KEY_ID}:{SECRET}@example.com/?Signature=abc",
    ],
)
async def test_a_refusal_that_quotes_secrets_is_masked(
    caplog: pytest.LogCaptureFixture, message: str
) -> None:
    """Pitfall 46, Alibaba's part: error, traceback, log and repr."""
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as lines:
        answer = refusal("SignatureDoesNotMatch", message=message)
        async with alibaba(answer, token=TOKEN) as cloud:
            with pytest.raises(ProviderRefused) as caught:
                await cloud.adapter.get_order("1", language="en")
            told = [repr(cloud.adapter), repr(vars(caught.value)), str(lines), caplog.text]
    told += [str(caught.value), "".join(traceback.format_exception(caught.value))]
    assert str(caught.value).startswith("Alibaba Cloud answered SignatureDoesNotMatch")
    for text in told:
        assert not any(secret in text for secret in (KEY_ID, SECRET, TOKEN, "https://", "%2F"))
