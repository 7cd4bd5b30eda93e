"""Every failure of Unicloud becomes one error of ours, with the provider's code and request id."""

from __future__ import annotations

import json
from pathlib import Path

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
from bot.providers.transport import Answer
from bot.providers.unicloud.errors import good_body
from bot.providers.wire import parse_json

RESPONSES = Path(__file__).parents[2] / "data" / "unicloud" / "responses"

RECORDED = {
    "error-missing-parameter": (400, ProviderInvalid, Remedy.TELL_OPERATOR),
    "error-missing-parameter.alt": (400, ProviderInvalid, Remedy.TELL_OPERATOR),
    "error-invalid-caller": (400, ProviderRefused, Remedy.CHECK_KEY),
    "error-invalid-caller.alt": (400, ProviderRefused, Remedy.CHECK_KEY),
    "error-system-error": (500, ProviderUnavailable, Remedy.TRY_AGAIN),
    "error-system-error.alt": (500, ProviderUnavailable, Remedy.TRY_AGAIN),
    "error-product-internal-error": (400, ProviderUnavailable, Remedy.TRY_AGAIN),
    "error-product-page-out-min": (400, ProviderInvalid, Remedy.TELL_OPERATOR),
    "error-product-region-or-page-no-product": (400, ProviderNotFound, Remedy.CHECK_ID),
    "error-product-size-out-max": (400, ProviderInvalid, Remedy.TELL_OPERATOR),
    "error-product-size-out-min": (400, ProviderInvalid, Remedy.TELL_OPERATOR),
    "error-product-user-no-region-right": (400, ProviderRefused, Remedy.GRANT_PERMISSION),
}

CODES = {
    "MissingParameter": (400, ProviderInvalid),
    "InvalidParameter": (400, ProviderInvalid),
    "InvalidCaller": (400, ProviderRefused),
    "SystemError": (500, ProviderUnavailable),
    "SystemErro": (200, ProviderUnavailable),
    "systemerror": (400, ProviderUnavailable),
    "ProductCodeNotExist": (400, ProviderNotFound),
    "ProductNoRegion": (400, ProviderNotFound),
    "NotVisibleProduct": (400, ProviderRefused),
    "CanNotGetUserVisibleRegion": (500, ProviderUnavailable),
    "SignatureDoesNotMatch": (400, ProviderRefused),
    "InvalidTimeStamp.Expired": (400, ProviderRefused),
    "Throttling.User": (400, ProviderThrottled),
    "SomethingNew": (400, ProviderInvalid),
    "SomethingElse": (503, ProviderUnavailable),
    "AndAgain": (401, ProviderRefused),
    "Forbidden": (403, ProviderRefused),
    "TooMany": (429, ProviderThrottled),
}


def answer(body: bytes | object, status: int) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        parsed = parse_json(raw)
    except ValueError:
        parsed = None
    if isinstance(parsed, dict):
        return Answer(status, {}, parsed, "")
    return Answer(status, {}, None, raw.decode()[:200])


def error_of(body: bytes | object, status: int) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        good_body(answer(body, status), "Order", account="unicloud-main", operation="get_order")
    return caught.value


def test_every_recorded_error_is_in_the_table() -> None:
    assert {path.stem for path in RESPONSES.glob("error-*.json")} == set(RECORDED)


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_error_becomes_ours_with_code_and_request_id(name: str) -> None:
    status, kind, remedy = RECORDED[name]
    body = (RESPONSES / f"{name}.json").read_bytes()
    error = error_of(body, status)
    sent = json.loads(body)
    assert type(error) is kind
    assert error.remedy is remedy
    assert error.code == sent.get("Code", sent.get("ErrorCode"))
    assert error.request_id == sent["RequestId"]
    assert (error.http_status, error.account, error.operation) == (
        status,
        "unicloud-main",
        "get_order",
    )


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("names", [("Code", "Message"), ("ErrorCode", "Msg"), ("code", "msg")])
def test_a_code_decides_in_any_spelling_of_its_name(code: str, names: tuple[str, str]) -> None:
    status, kind = CODES[code]
    error = error_of({names[0]: code, names[1]: "words"}, status)
    assert type(error) is kind
    assert "words" in str(error)


def test_an_error_under_http_200_is_an_error_even_beside_an_empty_order() -> None:
    error = error_of({"Code": "SystemError", "Order": None}, 200)
    assert type(error) is ProviderUnavailable


@pytest.mark.parametrize("code", [0, "200", "OK", "Success", "", None], ids=repr)
def test_a_code_of_success_is_no_error(code: object) -> None:
    body = good_body(
        answer({"code": code, "Order": {}}, 200), "Order", account="a", operation="get_order"
    )
    assert "Order" in body


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, ProviderMalformed),
        ({"OrderList": None}, ProviderMalformed),
        (b"<html>maintenance</html>", ProviderUnavailable),
        (b"", ProviderUnavailable),
        (b"[]", ProviderUnavailable),
    ],
)
def test_a_200_without_what_was_asked_for_is_an_error(
    body: object, kind: type[ProviderError]
) -> None:
    assert type(error_of(body, 200)) is kind


def test_a_page_of_a_proxy_is_quoted_shortly() -> None:
    error = error_of(b"<html>" + b"x" * 5000, 502)
    assert type(error) is ProviderUnavailable
    assert len(str(error)) < 300


def test_what_a_gateway_quotes_of_the_signed_request_is_masked() -> None:
    text = (
        "The signature does not match, string to sign: GET&%2F&AccessKeyId%3DFAKEAK0001"
        " for https://api.unicloud.com/transaction?AccessKeyId=FAKEAK0001&Signature=xNiMZ%2BaSH7"
    )
    error = error_of({"Code": "SignatureDoesNotMatch", "Message": text}, 400)
    assert "FAKEAK0001" not in str(error)
    assert "xNiMZ" not in str(error)
