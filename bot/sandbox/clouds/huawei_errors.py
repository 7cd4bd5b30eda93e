"""Huawei Cloud's refusals: code, HTTP status and wording, and the answers that carry them.

Sources: the operations' own code tables, the API gateway's table, the IAM token reply.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.sandbox.clouds.room import json_reply

PARAMETER_ERROR = "CBC.0100"
INVALID_PARAMETER = "CBC.0101"
NO_SUCH_ORDER = "CBC.30000010"
NOT_CANCELLABLE = "CBC.99005010"
PART_OF_COMBINED = "CBC.99000089"
OTHER_ERROR = "CBC.0999"
NO_SUCH_API = "APIGW.0101"
AUTHENTICATION = "APIGW.0301"
TOKEN_EXPIRED = "APIGW.0307"
THROTTLED = "APIGW.0308"

_AUTHENTICATION = "Incorrect IAM authentication information: "
WRONG_SIGNATURE = _AUTHENTICATION + "verify aksk signature fail"
LOCKED = _AUTHENTICATION + "AK access failed to reach the limit,forbidden."
UNREADABLE_TOKEN = _AUTHENTICATION + "decrypt token fail"

_STATUS_AND_MESSAGE = {
    PARAMETER_ERROR: (400, "Parameter error."),
    INVALID_PARAMETER: (400, "Invalid parameter."),
    NO_SUCH_ORDER: (
        400,
        "Invalid order (the order may not exist). The operation is not allowed.",
    ),
    NOT_CANCELLABLE: (400, "The order status does not allow cancellation."),
    PART_OF_COMBINED: (400, "抱歉，当前订单号不能操作，请使用组合交易单号操作。"),
    OTHER_ERROR: (500, "Other errors."),
    NO_SUCH_API: (404, "The API does not exist or has not been published in the environment."),
    AUTHENTICATION: (401, WRONG_SIGNATURE),
    TOKEN_EXPIRED: (401, "The token must be updated."),
    THROTTLED: (
        429,
        "The throttling threshold has been reached: "
        "policy user over ratelimit,limit:10,time:1 second",
    ),
}


class Refused(Exception):
    """The call is answered with an error; *response* is the whole answer."""

    def __init__(self, response: web.Response) -> None:
        super().__init__()
        self.response = response


def refusal(code: str, message: str | None = None) -> Refused:
    return Refused(error_reply(code, message))


def iam_refusal(status: int, message: str, title: str) -> Refused:
    """IAM puts its error one object deeper and has no code of its own."""
    error = {"code": status, "message": message, "title": title}
    return Refused(reply({"error": error}, status=status))


def error_reply(
    code: str, message: str | None = None, *, headers: Mapping[str, str] | None = None
) -> web.Response:
    """The gateway repeats the request id in the body; the service behind it does not."""
    status, usual = _STATUS_AND_MESSAGE[code]
    body = {"error_code": code, "error_msg": message or usual}
    request_id = uuid.uuid4().hex
    if code.startswith("APIGW."):
        body["request_id"] = request_id
    return json_reply(body, status=status, headers={"X-Request-Id": request_id, **(headers or {})})


def reply(
    payload: Any, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    return json_reply(
        payload, status=status, headers={"X-Request-Id": uuid.uuid4().hex, **(headers or {})}
    )


def no_content() -> web.Response:
    """What a cancel answers: 204, a content type and no content."""
    headers = {"Content-Type": "application/json;charset=utf-8", "X-Request-Id": uuid.uuid4().hex}
    return web.Response(status=204, headers=headers)


def throttled(seconds: float | None) -> web.Response:
    headers = {} if seconds is None else {"Retry-After": f"{seconds:.0f}"}
    return error_reply(THROTTLED, headers=headers)


def broken() -> web.Response:
    return error_reply(OTHER_ERROR)
