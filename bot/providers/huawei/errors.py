"""Huawei Cloud's error codes and which error of ours each one is.

Source: BSS error codes (zh-cn_topic_0081766005), the operations' own tables, the gateway's error
table (api-sign-errorcode). The code decides whatever the HTTP status is: some failures come under
200. The text is never matched, for its language and wording are not fixed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from bot.errors import (
    ProviderError,
    ProviderInvalid,
    ProviderNotFound,
    ProviderRefused,
    ProviderThrottled,
    ProviderUnavailable,
    Remedy,
)
from bot.i18n import _
from bot.providers.transport import Answer
from bot.redact import mask

Meaning = tuple[type[ProviderError], Remedy]

SUCCESS_CODE: Final = "CBC.0000"
COMBINED: Final = "CBC.99000089"  # part of a combined order: only that one's id works
_CLOCK_TOLERANCE = timedelta(minutes=15)  # the gateway refuses signatures further off
_SHOWN_CHARACTERS = 300
_NO_FAILURE: Final = ("", SUCCESS_CODE)
_OWN_CODE = re.compile(r"(CBC|APIGW?)\.")
_ADDRESS = re.compile(r"\S*://\S*")

ERROR_CODES: Final[Mapping[str, Meaning]] = MappingProxyType(
    {
        "CBC.0100": (ProviderInvalid, Remedy.TELL_OPERATOR),
        "CBC.0101": (ProviderInvalid, Remedy.TELL_OPERATOR),
        "CBC.30000010": (ProviderNotFound, Remedy.CHECK_ID),
        "CBC.99005010": (ProviderInvalid, Remedy.CHECK_ID),  # its status does not allow it
        COMBINED: (ProviderInvalid, Remedy.CHECK_ID),
        "CBC.0150": (ProviderRefused, Remedy.CHECK_SITE),
        "CBC.0151": (ProviderRefused, Remedy.GRANT_PERMISSION),
        "CBC.0155": (ProviderRefused, Remedy.GRANT_PERMISSION),
        "CBC.0156": (ProviderRefused, Remedy.CHECK_SITE),
        "CBC.18000016": (ProviderRefused, Remedy.GRANT_PERMISSION),
        "CBC.3002": (ProviderInvalid, Remedy.TRY_AGAIN),  # resource locked
        "CBC.3144": (ProviderInvalid, Remedy.TRY_AGAIN),  # another order is in progress
        "CBC.3106": (ProviderInvalid, Remedy.CHECK_ID),  # the status changed meanwhile
        "CBC.99003106": (ProviderInvalid, Remedy.CHECK_ID),
        "CBC.0999": (ProviderUnavailable, Remedy.TRY_AGAIN),
        "APIGW.0101": (ProviderInvalid, Remedy.TELL_OPERATOR),  # no such path: never "no order"
        "APIGW.0103": (ProviderInvalid, Remedy.TELL_OPERATOR),
        "APIGW.0201": (ProviderInvalid, Remedy.TELL_OPERATOR),
        "APIGW.0301": (ProviderRefused, Remedy.CHECK_KEY),
        "APIGW.0302": (ProviderRefused, Remedy.GRANT_PERMISSION),
        "APIGW.0402": (ProviderRefused, Remedy.GRANT_PERMISSION),
        "APIGW.0802": (ProviderRefused, Remedy.GRANT_PERMISSION),
        "APIGW.0307": (ProviderRefused, Remedy.RENEW_TOKEN),
        "APIGW.0308": (ProviderThrottled, Remedy.TRY_AGAIN),
    }
)
# The gateway's own failures: 0705 is IAM not answering, its neighbours are of the same kind.
_GATEWAY_DOWN: Final = "APIGW.07"

_STATUSES: Final[Mapping[int, Meaning]] = MappingProxyType(
    {
        401: (ProviderRefused, Remedy.CHECK_KEY),
        403: (ProviderRefused, Remedy.GRANT_PERMISSION),
        404: (ProviderNotFound, Remedy.CHECK_ID),
        429: (ProviderThrottled, Remedy.TRY_AGAIN),
    }
)
# One failure has up to three spellings of its two names.
_NAMES: Final = (("error_code", "error_msg"), ("errorCode", "errorMsg"), ("code", "message"))


def check_answer(
    answer: Answer,
    *,
    account: str,
    operation: str,
    renewable: bool = False,
    signed_at: datetime | None = None,
) -> dict[str, Any]:
    """Return the answer's JSON object, or raise the ProviderError it stands for.

    *renewable* says that the call carried a token that can be had anew: a refused one then reads
    RENEW_TOKEN. *signed_at* is the time in the signature, None where there was none: where the
    cloud's own clock is too far off, the refusal reads CHECK_CLOCK.
    """
    code, _text = _code_and_text(answer)
    if _good(answer.status) and answer.json is not None and code in _NO_FAILURE:
        return answer.json
    raise _error(
        answer, account=account, operation=operation, renewable=renewable, signed_at=signed_at
    )


def check_cancelled(
    answer: Answer, *, account: str, operation: str, renewable: bool, signed_at: datetime | None
) -> tuple[str, str]:
    """Code and request id of an answer that says "cancelled": 204, or 200 with an object that names
    no failure.

    Raises ProviderRefused, ProviderInvalid or ProviderNotFound where the provider surely says "not
    cancelled", ProviderThrottled where it did not look; whatever leaves it open, every other 5xx
    and an answer without a code of its own, is ProviderUnavailable.
    """
    code, _text = _code_and_text(answer)
    empty = answer.status == HTTPStatus.NO_CONTENT
    told = answer.status == HTTPStatus.OK and answer.json is not None
    if (empty or told) and code in _NO_FAILURE:
        return code, _request_id(answer)
    error = _error(
        answer, account=account, operation=operation, renewable=renewable, signed_at=signed_at
    )
    if _settles(answer.status, error):
        raise error
    raise ProviderUnavailable(
        str(error),
        account=account,
        operation=operation,
        code=error.code,
        request_id=error.request_id,
        http_status=answer.status,
    )


def _settles(status: int, error: ProviderError) -> bool:
    """Whether *error* tells for sure that a cancel was not done. Under HTTP 200 only a code in the
    provider's own form does: a proxy may answer `{"code": 0}`."""
    throttled = isinstance(error, ProviderThrottled)
    if _good(status):
        return bool(_OWN_CODE.match(error.code)) and error.code not in _NO_FAILURE
    if status // 100 == 4:  # noqa: PLR2004 - HTTP's class of refused requests
        return throttled or error.code not in _NO_FAILURE
    return throttled and _spelled(error.code) in ERROR_CODES


def _error(
    answer: Answer, *, account: str, operation: str, renewable: bool, signed_at: datetime | None
) -> ProviderError:
    code, text = _code_and_text(answer)
    kind, remedy = _meaning(answer.status, code, readable=answer.json is not None)
    if remedy is Remedy.CHECK_KEY:
        if signed_at and _clock_is_off(answer, signed_at):
            remedy = Remedy.CHECK_CLOCK
        elif renewable:
            remedy = Remedy.RENEW_TOKEN
    return kind(
        _sentence(answer, text),
        account=account,
        operation=operation,
        code=code,
        request_id=_request_id(answer),
        http_status=answer.status,
        remedy=remedy,
    )


def _good(status: int) -> bool:
    return status // 100 == 2  # noqa: PLR2004 - HTTP's class of success


def _spelled(code: str) -> str:
    """Of two spellings of the gateway's codes the one that the table has."""
    return f"APIGW.{code[5:]}" if code.startswith("APIG.") else code


def _meaning(status: int, code: str, *, readable: bool) -> Meaning:
    spelled = _spelled(code)
    if spelled in ERROR_CODES:
        return ERROR_CODES[spelled]
    if status in _STATUSES:
        return _STATUSES[status]
    answered = status < 300 and not readable  # noqa: PLR2004 - a page of a proxy, for example
    if status >= 500 or answered or spelled.startswith(_GATEWAY_DOWN):  # noqa: PLR2004
        return ProviderUnavailable, Remedy.TRY_AGAIN
    return ProviderInvalid, Remedy.TELL_OPERATOR


def _code_and_text(answer: Answer) -> tuple[str, str]:
    """The failure's code and words, ("", "") where the object has none. Deeper objects count only
    under an error status, save for `error`: an order may have a `code` of its own one day."""
    body = answer.json or {}
    inner = body.values() if answer.status >= 300 else (body.get("error"),)  # noqa: PLR2004
    for candidate in (body, *inner):
        if not isinstance(candidate, dict):
            continue
        for code_name, text_name in _NAMES:
            if candidate.get(code_name) not in (None, ""):
                return str(candidate[code_name]), str(candidate.get(text_name) or "")
    return "", ""


def _request_id(answer: Answer) -> str:
    return answer.headers.get("x-request-id") or str((answer.json or {}).get("request_id") or "")


def _sentence(answer: Answer, text: str) -> str:
    if text:
        return _("Huawei Cloud answered: {text}", text=_shown(text))
    if answer.json is None:
        return _(
            "Huawei Cloud answered HTTP {status} with something that cannot be read.",
            status=answer.status,
        )
    return _("Huawei Cloud answered HTTP {status} without a reason.", status=answer.status)


def _shown(text: str) -> str:
    return _ADDRESS.sub("***", mask(text))[:_SHOWN_CHARACTERS]


def _clock_is_off(answer: Answer, signed_at: datetime) -> bool:
    try:
        cloud = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return False
    return cloud.tzinfo is not None and abs(cloud - signed_at) > _CLOCK_TOLERANCE
