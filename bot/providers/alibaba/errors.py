"""Alibaba's answers judged: success, or which error of ours.

Sources: the error tables of BSS OpenAPI 2017-12-14 (GetOrderDetail, QueryAccountBalance,
RenewInstance) and of the gateway. A failed call can be HTTP 200 with `Success: false`, and
`Message` may be a refusal beside `Success: true`, so it decides nothing.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any

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
from bot.i18n import _
from bot.providers.alibaba.signing import Key
from bot.providers.transport import Answer

_Meaning = tuple[type[ProviderError], Remedy]

# The first pattern that fits a code decides, whatever the HTTP status; compared without case.
CODES: tuple[tuple[str, type[ProviderError], Remedy], ...] = (
    ("NotApplicable", ProviderRefused, Remedy.CHECK_SITE),
    ("AuthSiteFail", ProviderRefused, Remedy.CHECK_SITE),
    ("NotAuthorized", ProviderRefused, Remedy.GRANT_PERMISSION),
    ("NoPermission", ProviderRefused, Remedy.GRANT_PERMISSION),
    ("Forbidden*", ProviderRefused, Remedy.GRANT_PERMISSION),
    ("InvalidCaller", ProviderRefused, Remedy.CHECK_KEY),
    ("InvalidOwner", ProviderRefused, Remedy.CHECK_OWNER),
    ("InvalidAccessKeyId*", ProviderRefused, Remedy.CHECK_KEY),
    ("SignatureDoesNotMatch", ProviderRefused, Remedy.CHECK_KEY),
    ("IncompleteSignature", ProviderRefused, Remedy.CHECK_KEY),
    ("InvalidSecurityToken*", ProviderRefused, Remedy.RENEW_TOKEN),
    ("InvalidTimeStamp*", ProviderRefused, Remedy.CHECK_CLOCK),
    ("IllegalTimestamp", ProviderRefused, Remedy.CHECK_CLOCK),
    ("SignatureNonceUsed", ProviderUnavailable, Remedy.TRY_AGAIN),  # each attempt has a new nonce
    ("InvalidApi.NotFound", ProviderInvalid, Remedy.TELL_OPERATOR),
    ("InvalidProduct.NotFound", ProviderInvalid, Remedy.TELL_OPERATOR),
    ("InvalidHost*", ProviderInvalid, Remedy.TELL_OPERATOR),
    ("InvalidProtocol.NeedSsl", ProviderInvalid, Remedy.TELL_OPERATOR),
    ("InvalidAction*", ProviderInvalid, Remedy.TELL_OPERATOR),
    ("UnsupportedHTTPMethod", ProviderInvalid, Remedy.TELL_OPERATOR),
    ("Missing*", ProviderInvalid, Remedy.TELL_OPERATOR),
    ("InvalidParameter*", ProviderInvalid, Remedy.CHECK_ID),
    ("UnsupportedParameter", ProviderInvalid, Remedy.TELL_OPERATOR),
    ("PARAM_ERROR", ProviderInvalid, Remedy.CHECK_ID),
    ("InvalidModuleCode", ProviderInvalid, Remedy.TELL_OPERATOR),
    ("InvalidConfigCode", ProviderInvalid, Remedy.TELL_OPERATOR),
    ("ResourceStatusError", ProviderInvalid, Remedy.CHECK_ID),
    ("ProductNotFind", ProviderNotFound, Remedy.CHECK_ID),
    ("ResourceNotExists", ProviderNotFound, Remedy.CHECK_ID),
    ("*NotExist*", ProviderNotFound, Remedy.CHECK_ID),
    ("*NotFound*", ProviderNotFound, Remedy.CHECK_ID),
    ("*NotFind*", ProviderNotFound, Remedy.CHECK_ID),
    ("Throttling*", ProviderThrottled, Remedy.TRY_AGAIN),
    ("Rejected.Throttling", ProviderThrottled, Remedy.TRY_AGAIN),
    ("InternalError", ProviderUnavailable, Remedy.TRY_AGAIN),
    ("InternalFailure", ProviderUnavailable, Remedy.TRY_AGAIN),
    ("UndefinedError", ProviderUnavailable, Remedy.TRY_AGAIN),
    ("ServiceUnavailable*", ProviderUnavailable, Remedy.TRY_AGAIN),
)

_XML = re.compile(r"<(Code|Message|RequestId)>([^<]*)</\1>")
_STRING_TO_SIGN = re.compile(r"\W*(server )?string\s?to\s?sign.*", re.IGNORECASE | re.DOTALL)
_URL = re.compile(r"\w+://\S+")
_LONGEST_TEXT = 200


def data_of(answer: Answer, *, account: str, operation: str, key: Key) -> dict[str, Any]:
    """The `Data` object of a good answer; else raise what the answer means.

    *key* is the one that was used: its parts are blotted out of the provider's text, and where it
    is a temporary one, "unknown key" may mean that it ran out.
    """
    body = _body(answer)
    if body is not None and _succeeded(answer.status, body):
        content = body.get("Data")
        if isinstance(content, dict):
            return content
        raise ProviderMalformed(
            _("the answer holds no Data"),
            account=account,
            operation=operation,
            request_id=_word(body, "RequestId"),
            http_status=answer.status,
        )
    raise _error(answer, body or {}, account=account, operation=operation, key=key)


def check_cancelled(answer: Answer, *, account: str, operation: str, key: Key) -> tuple[str, str]:
    """Code and request id of an answer that says "cancelled"; `Data` may be absent.

    Raises ProviderRefused, ProviderInvalid or ProviderNotFound where the provider surely says "not
    cancelled", ProviderThrottled where it did not look; whatever leaves it open is
    ProviderUnavailable: every 5xx, an answer without a verdict, and SignatureNonceUsed, for what
    used the nonce may be this very call.
    """
    body = _body(answer) or {}
    verdict = _verdict(body)
    if _good(answer.status) and verdict:
        return _word(body, "Code"), _word(body, "RequestId")
    error = _error(answer, body, account=account, operation=operation, key=key)
    if _settles(answer.status, body, error):
        raise error
    raise ProviderUnavailable(
        str(error),
        account=account,
        operation=operation,
        code=error.code,
        request_id=error.request_id,
        http_status=answer.status,
    )


def _settles(status: int, body: dict[str, Any], error: ProviderError) -> bool:
    """Whether *error* tells for sure that a cancel was not done. A code that no document lists
    says so beside HTTP 4xx or a plain `Success: false`, and not by itself under HTTP 200."""
    refused = _verdict(body) is False
    throttled = isinstance(error, ProviderThrottled)
    if _good(status):
        return refused and (body.get("Success") is not None or _known(error.code) is not None)
    if status // 100 == 4:  # noqa: PLR2004 - HTTP's class of refused requests
        return refused or throttled
    return throttled and _known(error.code) is not None


def _body(answer: Answer) -> dict[str, Any] | None:
    """The envelope: a JSON object, or the fields of an XML error."""
    if answer.json is not None:
        return answer.json
    if "xml" in answer.headers.get("content-type", ""):
        return dict(_XML.findall(answer.text)) or None
    return None


def _succeeded(status: int, body: dict[str, Any]) -> bool:
    if not _good(status):
        return False
    verdict = _verdict(body)
    if verdict is None and body.get("Success") is None:
        return "Data" in body  # the samples of 2018 print nothing else
    return verdict is True


def _good(status: int) -> bool:
    return status // 100 == 2  # noqa: PLR2004 - the success class of HTTP


def _verdict(body: dict[str, Any]) -> bool | None:
    """What the envelope says of success, None where it says nothing."""
    success = body.get("Success")
    if success is not None:
        return {"true": True, "false": False}.get(str(success).lower())
    code = _word(body, "Code")
    return code in {"Success", "200"} if code else None


def _error(
    answer: Answer, body: dict[str, Any], *, account: str, operation: str, key: Key
) -> ProviderError:
    code = _word(body, "Code")
    error, remedy = _meaning(code, answer, readable=bool(body))
    if key.security_token and code.startswith("InvalidAccessKeyId"):
        remedy = Remedy.RENEW_TOKEN
    return error(
        _sentence(code, _word(body, "Message"), answer.status, key),
        account=account,
        operation=operation,
        code=code,
        request_id=_word(body, "RequestId"),
        http_status=answer.status,
        remedy=remedy,
    )


def _known(code: str) -> _Meaning | None:
    for pattern, error, remedy in CODES:
        if code and fnmatchcase(code.lower(), pattern.lower()):
            return error, remedy
    return None


def _meaning(code: str, answer: Answer, *, readable: bool) -> _Meaning:
    known = _known(code)
    if known is not None:
        return known
    throttled = answer.status == 429 or "x-acs-retry-after" in answer.headers  # noqa: PLR2004
    if throttled:
        return ProviderThrottled, Remedy.TRY_AGAIN
    if not readable or answer.status >= 500:  # noqa: PLR2004 - HTTP's class of server errors
        return ProviderUnavailable, Remedy.TRY_AGAIN
    if answer.status == 403:  # noqa: PLR2004
        return ProviderRefused, Remedy.GRANT_PERMISSION
    return ProviderInvalid, Remedy.TELL_OPERATOR


def _word(body: dict[str, Any], name: str) -> str:
    """A text of the envelope; the gateway has been seen to write its names in lower case too."""
    value = body.get(name, body.get(name[0].lower() + name[1:]))
    if value is None or isinstance(value, (dict, list)):
        return ""
    return " ".join(str(value).split())[: _LONGEST_TEXT * 2]


def _sentence(code: str, message: str, status: int, key: Key) -> str:
    """The provider's code and text, without the string to sign, URLs and the key."""
    text = _URL.sub("…", _STRING_TO_SIGN.sub("", message))
    for secret in (key.access_key_id, key.access_key_secret, key.security_token):
        text = text.replace(secret, "…") if secret else text
    if not code:
        return _("Alibaba Cloud answered HTTP {status} without a code", status=status)
    if not text:
        return _("Alibaba Cloud answered {code}", code=code)
    return _("Alibaba Cloud answered {code}: {text}", code=code, text=text[:_LONGEST_TEXT])
