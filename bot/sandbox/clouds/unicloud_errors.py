"""Unicloud's refusals. Codes and messages are the documents' where they have them.

The gateway's own codes (signature, timestamp, nonce, method, action, throttling) are undocumented;
those here are named after the family of interfaces that signs the same way.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.sandbox.clouds.room import json_reply

MISSING_PARAMETER = "MissingParameter"
INVALID_PARAMETER = "InvalidParameter"
INVALID_CALLER = "InvalidCaller"
INVALID_ACTION = "InvalidAction"
UNSUPPORTED_METHOD = "UnsupportedHTTPMethod"
WRONG_SIGNATURE = "SignatureDoesNotMatch"
TIMESTAMP_EXPIRED = "InvalidTimeStamp.Expired"
NONCE_USED = "SignatureNonceUsed"
SIZE_OUT_MAX = "SizeOutMax"
SIZE_OUT_MIN = "SizeOutMin"
PAGE_OUT_MIN = "PageOutMin"
NO_REGION_RIGHT = "UserNoRegionRight"
NO_PRODUCT = "RegionOrPageNoProduct"
NO_SUCH_PRODUCT = "ProductCodeNotExist"
_THROTTLING = "Throttling"
_SYSTEM_ERROR = "SystemError"

_STATUS_AND_MESSAGE = {
    MISSING_PARAMETER: (400, "The specified parameter {name} is necessary for this request."),
    INVALID_PARAMETER: (400, "The specified parameter {name} is invalid."),
    INVALID_CALLER: (400, "The specified caller doesn’t exists."),
    INVALID_ACTION: (400, "The specified action does not exist."),
    UNSUPPORTED_METHOD: (405, "This interface only answers GET."),
    WRONG_SIGNATURE: (403, "The request signature does not conform to the standard."),
    TIMESTAMP_EXPIRED: (403, "The specified time stamp or date value is expired."),
    NONCE_USED: (403, "The specified signature nonce was used already."),
    SIZE_OUT_MAX: (400, "Each page returns less than 200."),
    SIZE_OUT_MIN: (400, "The minimum number of returned pages is 1."),
    PAGE_OUT_MIN: (400, "Minimum number of pages is 1."),
    NO_REGION_RIGHT: (400, "The area is not visible to the user."),
    NO_PRODUCT: (400, "No products available in this region or page."),
    NO_SUCH_PRODUCT: (400, "The specified product code does not exist."),
    _THROTTLING: (429, "Request was denied due to request throttling."),
    _SYSTEM_ERROR: (500, "System Error"),
}


class Refused(Exception):
    """The call is answered with an error; *response* is the whole answer."""

    def __init__(self, response: web.Response) -> None:
        super().__init__()
        self.response = response


def refusal(code: str, name: str = "") -> Refused:
    """*name* is the parameter that the message speaks of."""
    return Refused(_error(code, name))


def reply(payload: Mapping[str, Any]) -> web.Response:
    return json_reply({"RequestId": _request_id(), **payload})


def throttled(seconds: float | None) -> web.Response:
    headers = {} if seconds is None else {"Retry-After": f"{seconds:.0f}"}
    return _error(_THROTTLING, headers=headers)


def broken() -> web.Response:
    return _error(_SYSTEM_ERROR)


def _error(code: str, name: str = "", *, headers: Mapping[str, str] | None = None) -> web.Response:
    status, message = _STATUS_AND_MESSAGE[code]
    body = {"RequestId": _request_id(), "Code": code, "Message": message.format(name=name)}
    return json_reply(body, status=status, headers=headers)


def _request_id() -> str:
    return str(uuid.uuid4()).upper()
