"""What each answer to a cancel comes to: done, not done, throttled, or open."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from bot.domain.orders import CancelEffect, CancelReceipt
from bot.errors import ProviderError
from bot.providers.alibaba.errors import CODES
from bot.providers.alibaba.errors import check_cancelled as alibaba_check
from bot.providers.alibaba.signing import Key
from bot.providers.huawei.errors import ERROR_CODES
from bot.providers.huawei.errors import check_cancelled as huawei_check
from bot.providers.receipts import receipt_of
from bot.providers.transport import Answer
from tests.loopback import Reply
from tests.unit.providers import alibaba_account, huawei_loopback
from tests.unit.providers.cancelling import (
    ALIBABA,
    BY_TOKEN,
    HUAWEI,
    KEY_ID,
    NOON,
    ORDER,
    SECRET,
    a_cloud,
)

YES, NO = CancelEffect.YES, CancelEffect.NO
THROTTLED, UNKNOWN = CancelEffect.THROTTLED, CancelEffect.UNKNOWN


async def receipt_after(kind: str, reply: Reply, **account: Any) -> CancelReceipt:
    """The receipt for *reply*, which one call alone has asked for."""
    async with a_cloud(kind, reply, **account) as cloud:
        receipt = await cloud.adapter.cancel_order(ORDER)
        assert len(cloud.cancels) == 1
    return receipt


def huawei_reply(name: str) -> Reply:
    found = huawei_loopback.recorded(name)
    body = found.body if isinstance(found.body, str) else json.dumps(found.body)
    return Reply(b"" if found.body is None else body.encode(), found.status, found.headers)


HUAWEI_EFFECTS = {
    "cancel_success": YES,
    "error_200_not_json": UNKNOWN,
    "error_502_empty": UNKNOWN,
    "error_503_html": UNKNOWN,
    "error_apigw_0101": NO,
    "error_apigw_0301_locked": NO,
    "error_apigw_0301_signature": NO,
    "error_apigw_0301_token": NO,
    "error_apigw_0307_token_expired": NO,
    "error_camel_case_names": NO,
    "error_cbc_0100": NO,
    "error_cbc_0101": NO,
    "error_cbc_0151": NO,
    "error_cbc_0155": NO,
    "error_cbc_0156": NO,
    "error_cbc_0999": UNKNOWN,
    "error_cbc_30000010": NO,
    "error_cbc_99000089": NO,
    "error_cbc_99005010": NO,
    "error_in_status_200": NO,
    "error_throttled_apig_0308": THROTTLED,
    "error_throttled_apigw_0308": THROTTLED,
}


def test_no_recorded_failure_of_huawei_is_left_out() -> None:
    files = {path.stem for path in (huawei_loopback.DATA / "responses").glob("*.json")}
    assert {name for name in files if name.startswith(("error_", "cancel_"))} == set(HUAWEI_EFFECTS)


@pytest.mark.parametrize(("name", "effect"), HUAWEI_EFFECTS.items())
@pytest.mark.parametrize("kind", [HUAWEI, BY_TOKEN])
async def test_each_recorded_answer_of_huawei(kind: str, name: str, effect: CancelEffect) -> None:
    receipt = await receipt_after(kind, huawei_reply(name))
    assert receipt.effect is effect
    assert receipt.combined == (name == "error_cbc_99000089")
    assert bool(receipt.code) == (effect in {NO, THROTTLED} or name == "error_cbc_0999")


async def test_pitfall_31_huawei_says_yes_with_204_or_with_200_and_no_other_code() -> None:
    """Pitfall 31."""
    for reply in (
        Reply(b"", 204, {"X-Request-Id": "r-1"}),
        Reply({}, 200, {"X-Request-Id": "r-1"}),
        Reply({"error_code": "CBC.0000", "error_msg": "ok"}, 200, {"X-Request-Id": "r-1"}),
    ):
        receipt = await receipt_after(HUAWEI, reply)
        assert (receipt.effect, receipt.request_id) == (YES, "r-1")
    for code in ("CBC.3144", "CBC.99005010", "CBC.12345678", "APIGW.0999", "APIG.0999"):
        receipt = await receipt_after(HUAWEI, Reply({"error_code": code, "error_msg": "no"}))
        assert (receipt.effect, receipt.code) == (NO, code)
        assert receipt.text == "Huawei Cloud answered: no"


@pytest.mark.parametrize(
    ("code", "combined"),
    [("CBC.99005010", False), ("CBC.99003106", False), ("CBC.99000089", True)],
)
async def test_pitfall_32_a_refused_status_is_a_no_and_a_part_says_that_it_is_one(
    code: str, combined: bool
) -> None:
    """Pitfall 32, the adapter's part."""
    reply = Reply({"error_code": code, "error_msg": "no"}, 400, {"X-Request-Id": "r-7"})
    receipt = await receipt_after(HUAWEI, reply)
    assert receipt == CancelReceipt(
        effect=NO,
        code=code,
        request_id="r-7",
        text="Huawei Cloud answered: no",
        combined=combined,
    )


ALIBABA_EFFECTS = {
    "cancel_order_document_sample.json": YES,
    "cancel_order_success_without_data.json": YES,
    "cancel_order_not_cancellable_400.json": NO,
    "cancel_order_not_cancellable_200.json": NO,
    "cancel_order_not_found_400.json": NO,
    "success_false_internal_error_200.json": UNKNOWN,
    "success_missing_code_error_200.json": NO,
    "error_signature_nonce_used.json": UNKNOWN,
    "error_internal_error_400.json": UNKNOWN,
    "error_internal_error_500.json": UNKNOWN,
    "error_service_unavailable.json": UNKNOWN,
    "error_undefined_error.json": UNKNOWN,
    "error_throttling.json": THROTTLED,
    "error_throttling_api.json": THROTTLED,
    "error_throttling_user.json": THROTTLED,
}


def alibaba_effect(entry: dict[str, Any]) -> CancelEffect:
    """Without a file: a page that is no JSON, or an XML error, both in the index itself."""
    if entry["file"]:
        return ALIBABA_EFFECTS.get(entry["file"], NO)
    return NO if "<Code>" in entry["raw_text"] else UNKNOWN


@pytest.mark.parametrize(
    "entry",
    [
        entry
        for entry in alibaba_account.RESPONSES
        if not str(entry["file"]).startswith(("get_", "query_"))
    ],
    ids=lambda entry: entry["file"] or f"text under {entry['http_status']}",
)
async def test_each_recorded_answer_of_alibaba(entry: dict[str, Any]) -> None:
    receipt = await receipt_after(ALIBABA, alibaba_account.reply_of(entry))
    assert receipt.effect is alibaba_effect(entry)
    if entry["file"]:
        assert receipt.code
        assert receipt.request_id


async def test_pitfall_33_success_false_under_http_200_is_a_no_with_its_code() -> None:
    """Pitfall 33."""
    for code, message in (("ResourceStatusError", "words"), ("NobodyKnows", "words"), ("", "")):
        body = {"Success": False, "Code": code, "Message": message, "RequestId": "r-3"}
        receipt = await receipt_after(ALIBABA, Reply(body))
        assert (receipt.effect, receipt.code, receipt.request_id) == (NO, code, "r-3")
        assert code in receipt.text


@pytest.mark.parametrize(
    "reply",
    [
        Reply({}),
        Reply({"Data": {"HostId": "cn"}}),  # enough for a read of 2018, not for this
        Reply({"Code": "NobodyKnows"}),
        Reply({"Success": "perhaps", "Code": "Success"}),
        Reply({"Success": True, "Code": "Success"}, 302),
        Reply({"Success": True}, 400),
        Reply({"Message": "no"}, 400),
        Reply({"Code": "ResourceStatusError"}, 500),
        Reply({"Code": "NobodyKnows"}, 500, {"x-acs-retry-after": "1000"}),
        Reply(b"<html></html>", 403, {"Content-Type": "text/html"}),
        Reply(b""),
    ],
)
async def test_an_answer_of_alibaba_without_a_verdict_leaves_it_open(reply: Reply) -> None:
    assert (await receipt_after(ALIBABA, reply)).effect is UNKNOWN


@pytest.mark.parametrize(
    "reply",
    [
        Reply(b""),  # 200, where 204 would be the word for it
        Reply({}, 202),
        Reply({"code": 0, "message": "ok"}),
        Reply({"error_code": "CBC.0000"}, 201),
        Reply({"error_code": "CBC.0000"}, 400),
        Reply({}, 401),
        Reply(b"<html></html>", 403),
        Reply({"error_code": "CBC.99005010"}, 500),
        Reply({"error_code": "APIGW.0705"}, 503),
        Reply({"error_code": "CBC.0999"}, 200),
        Reply({}, 302),
    ],
)
async def test_an_answer_of_huawei_without_a_verdict_leaves_it_open(reply: Reply) -> None:
    assert (await receipt_after(HUAWEI, reply)).effect is UNKNOWN


@pytest.mark.parametrize("kind", [ALIBABA, HUAWEI])
async def test_http_429_is_throttled_whatever_it_says(kind: str) -> None:
    for body in (b"", b"<html></html>", {}, {"Code": "Whatever", "error_code": "Whatever"}):
        assert (await receipt_after(kind, Reply(body, 429))).effect is THROTTLED


async def test_the_wait_that_alibaba_asks_for_is_a_throttle_beside_a_refusal() -> None:
    reply = Reply({"Code": "NobodyKnows"}, 400, {"x-acs-retry-after": "1000"})
    assert (await receipt_after(ALIBABA, reply)).effect is THROTTLED


async def test_a_receipt_shows_neither_key_nor_address() -> None:
    words = f"string to sign: {SECRET}; see https://{KEY_ID}:{SECRET}@cloud.example/?a=b {KEY_ID}"
    for kind, body in (
        (ALIBABA, {"Code": "SignatureDoesNotMatch", "Message": words}),
        (HUAWEI, {"error_code": "CBC.0151", "error_msg": f"see https://{SECRET}@cloud.example/"}),
    ):
        receipt = await receipt_after(kind, Reply(body, 400))
        assert receipt.effect is NO
        assert not any(text in repr(receipt) for text in (SECRET, KEY_ID, "cloud.example"))


STATUSES = (200, 201, 204, 301, 302, 400, 401, 403, 404, 408, 409, 429, 500, 502, 503, 504)
CODES_OF = {
    ALIBABA: [pattern.replace("*", "x") for pattern, *_rest in CODES] + ["", "Success", "New"],
    HUAWEI: [*ERROR_CODES, "", "CBC.0000", "CBC.1", "APIG.0308", "0", "New"],
}


def judged(kind: str, status: int, code: str, success: object) -> CancelEffect:
    spelled: dict[str, object] = (
        {"Code": code, "Success": success} if kind == ALIBABA else {"error_code": code}
    )
    body = {name: value for name, value in spelled.items() if value not in (None, "")}
    answer = Answer(status, {}, body, "")
    try:
        if kind == ALIBABA:
            key = Key(KEY_ID, SECRET, "")
            alibaba_check(answer, account="main", operation="CancelOrder", key=key)
        else:
            huawei_check(
                answer, account="main", operation="cancel", renewable=False, signed_at=NOON
            )
    except ProviderError as error:
        return receipt_of(error).effect
    return YES


@pytest.mark.parametrize("kind", [ALIBABA, HUAWEI])
@pytest.mark.parametrize("status", STATUSES)
def test_only_2xx_is_a_yes_and_only_a_refusal_is_a_no(kind: str, status: int) -> None:
    """Every status with every code and flag: the rules that no pair may break."""
    for code, success in product(CODES_OF[kind], (None, True, False, "true", "false", "odd")):
        effect = judged(kind, status, code, success)
        if effect is YES:
            assert status < 300
            assert code in {"", "Success", "CBC.0000"} or success in (True, "true")
        if effect is NO:
            assert status < 300 or 400 <= status < 500
            assert success not in (True, "true") or kind == HUAWEI
        if effect is THROTTLED:
            assert status == 429 or "throttl" in code.lower() or code.endswith(".0308")
        if code in {"SignatureNonceUsed", "InternalError", "CBC.0999"}:
            assert effect in {UNKNOWN, YES}
            assert effect is UNKNOWN or success in (True, "true")


def test_the_rules_are_not_met_by_calling_everything_unknown() -> None:
    assert judged(ALIBABA, 200, "Success", None) is YES
    assert judged(ALIBABA, 400, "ResourceStatusError", None) is NO
    assert judged(HUAWEI, 204, "", None) is YES
    assert judged(HUAWEI, 400, "CBC.99005010", None) is NO
    assert judged(HUAWEI, 200, "APIG.0308", None) is THROTTLED
