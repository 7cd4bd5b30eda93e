"""What Unicloud answers when it does not do what was asked, and which error of ours that is.

Sources: error tables of the documents 37845199 (OrderDetail), 37865200 (QueryBillOverview),
37785193 (GetProductList) and 37775192 (GetRegion). The shape of an error body and the codes of the
gateway are not documented: names are taken leniently, and the gateway rows are those of the other
vendor whose signature scheme this is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

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
from bot.providers.transport import Answer
from bot.redact import mask

INVALID_PARAMETER: Final = "invalidparameter"
NO_PRODUCT: Final = "regionorpagenoproduct"
NO_REGION_RIGHT: Final = "usernoregionright"
_TEXT_AT_MOST = 200


class _Meaning(NamedTuple):
    kind: type[ProviderError]
    remedy: Remedy | None = None


_CODES: Final[dict[str, _Meaning]] = {
    "missingparameter": _Meaning(ProviderInvalid),
    INVALID_PARAMETER: _Meaning(ProviderInvalid),
    "invalidcaller": _Meaning(ProviderRefused, Remedy.CHECK_KEY),
    "systemerror": _Meaning(ProviderUnavailable),
    "systemerro": _Meaning(ProviderUnavailable),  # spelt so on one page
    "internalerror": _Meaning(ProviderUnavailable),  # HTTP 400 on the product pages
    "sizeoutmax": _Meaning(ProviderInvalid),
    "sizeoutmin": _Meaning(ProviderInvalid),
    "pageoutmin": _Meaning(ProviderInvalid),
    NO_REGION_RIGHT: _Meaning(ProviderRefused, Remedy.GRANT_PERMISSION),
    NO_PRODUCT: _Meaning(ProviderNotFound),
    "productcodenotexist": _Meaning(ProviderNotFound),
    "productnoregion": _Meaning(ProviderNotFound),
    "notvisibleproduct": _Meaning(ProviderRefused, Remedy.GRANT_PERMISSION),
    "cannotgetuservisibleregion": _Meaning(ProviderUnavailable),
    # The gateway, after the other vendor of this signature scheme.
    "signaturedoesnotmatch": _Meaning(ProviderRefused, Remedy.CHECK_KEY),
    "incompletesignature": _Meaning(ProviderRefused, Remedy.CHECK_KEY),
    "invalidaccesskeyid.notfound": _Meaning(ProviderRefused, Remedy.CHECK_KEY),
    "invalidaccesskeyid.inactive": _Meaning(ProviderRefused, Remedy.CHECK_KEY),
    "invalidtimestamp.expired": _Meaning(ProviderRefused, Remedy.CHECK_CLOCK),
    "invalidtimestamp.format": _Meaning(ProviderRefused, Remedy.CHECK_CLOCK),
    "signaturenonceused": _Meaning(ProviderUnavailable),  # the next attempt has a new nonce
    "throttling": _Meaning(ProviderThrottled),
    "throttling.user": _Meaning(ProviderThrottled),
    "throttling.api": _Meaning(ProviderThrottled),
}
_SUCCESS = frozenset({"", "0", "200", "ok", "success"})


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says of itself; "" where it says nothing."""

    code: str
    message: str
    request_id: str

    @property
    def refusal(self) -> bool:
        return self.code.casefold() not in _SUCCESS


def said_in(answer: Answer) -> Said:
    body = answer.json or {}
    return Said(
        code=_first(body, "Code", "ErrorCode", "code", "errorCode"),
        message=_first(body, "Message", "ErrorMessage", "Msg", "msg", "message"),
        request_id=_first(body, "RequestId", "requestId"),
    )


def good_body(answer: Answer, key: str | None, *, account: str, operation: str) -> dict[str, Any]:
    """The body of an answer that holds *key*; raises the error that the answer stands for.

    An error can come under HTTP 200, so a code is looked at before the key.
    """
    said = said_in(answer)
    if answer.status != 200 or said.refusal:  # noqa: PLR2004 - HTTP's own number
        raise _error(answer, said, account=account, operation=operation)
    if answer.json is None:
        raise ProviderUnavailable(
            _("Unicloud gave an answer that is not JSON"),
            account=account,
            operation=operation,
            http_status=answer.status,
        )
    if key is not None and key not in answer.json:
        raise malformed(answer, account=account, operation=operation)
    return answer.json


def malformed(answer: Answer, *, account: str, operation: str) -> ProviderMalformed:
    return ProviderMalformed(
        _("Unicloud gave an answer that its documents do not describe"),
        account=account,
        operation=operation,
        request_id=said_in(answer).request_id,
        http_status=answer.status,
    )


def _error(answer: Answer, said: Said, *, account: str, operation: str) -> ProviderError:
    kind, remedy = _CODES.get(said.code.casefold()) or _by_status(answer.status)
    return kind(
        _sentence(answer, said),
        account=account,
        operation=operation,
        code=said.code,
        request_id=said.request_id,
        http_status=answer.status,
        remedy=remedy,
    )


def _by_status(status: int) -> _Meaning:
    if status in {401, 403}:
        return _Meaning(ProviderRefused, Remedy.CHECK_KEY)
    if status == 429:  # noqa: PLR2004 - HTTP's own number
        return _Meaning(ProviderThrottled)
    return _Meaning(ProviderUnavailable if status >= 500 else ProviderInvalid)  # noqa: PLR2004


def _sentence(answer: Answer, said: Said) -> str:
    """The provider's own words, cut and without secrets; a gateway quotes signed parameters."""
    text = mask(said.message if answer.json is not None else answer.text)[:_TEXT_AT_MOST].strip()
    if text:
        return _("Unicloud answered HTTP {status}: {text}", status=answer.status, text=text)
    return _("Unicloud answered HTTP {status} without a reason", status=answer.status)


def _first(body: dict[str, Any], *names: str) -> str:
    found = (body[name] for name in names if body.get(name) not in (None, ""))
    return next((str(value) for value in found if isinstance(value, (str, int))), "")
