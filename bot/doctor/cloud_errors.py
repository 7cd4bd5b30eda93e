"""From a cloud's refusal to what an operator mends."""

from __future__ import annotations

from bot.doctor.findings import Code, Notes
from bot.doctor.reach import Sighting
from bot.errors import ProviderError, ProviderThrottled, ProviderUnavailable, Remedy
from bot.i18n import _

_KEY_UNKNOWN = ("InvalidAccessKeyId", "InvalidCaller")
_SECRET_WRONG = ("SignatureDoesNotMatch", "IncompleteSignature")
_TOKEN_CALL = "token"  # noqa: S105 - the operation's name
_BROKEN = 500  # HTTP's class of server errors begins here


def find_refusal(
    error: ProviderError, subject: str, right: str, notes: Notes, sightings: list[Sighting]
) -> None:
    """*subject* is the account, *right* what the call was allowed or not."""
    match error:
        case ProviderThrottled():
            notes.skip(subject, _("the cloud asks to wait: {text}", text=error))
        case ProviderUnavailable():
            _find_silence(error, subject, notes)
        case _:
            _find_remedy(error, subject, right, notes, sightings)


def _find_silence(error: ProviderError, subject: str, notes: Notes) -> None:
    if error.http_status is None and error.operation == _TOKEN_CALL:
        notes.find(
            Code.CLOUD_UNREACHABLE,
            subject,
            _("IAM does not answer: {text}.", text=error),
            _("Check iam_endpoint of this account and the network."),
        )
    elif error.http_status is not None and error.http_status < _BROKEN:
        notes.find(
            Code.CLOUD_ENDPOINT_WRONG,
            subject,
            _("Something else answers in the cloud's place: {text}.", text=error),
            _("Check endpoint and proxy of this account."),
        )
    else:
        notes.find(
            Code.CLOUD_FAILING,
            subject,
            _("The cloud does not answer as it should: {text}.", text=error),
            _("Try again later; if it stays so, ask the provider's support."),
        )


def _find_remedy(
    error: ProviderError, subject: str, right: str, notes: Notes, sightings: list[Sighting]
) -> None:
    code, fix = Code.CLOUD_ENDPOINT_WRONG, _("Check endpoint and version of this account.")
    match error.remedy:
        case Remedy.CHECK_CLOCK:
            sightings.append(Sighting(subject, None))
            return
        case Remedy.CHECK_KEY:
            code, fix = _key(error)
        case Remedy.RENEW_TOKEN:
            code = Code.CLOUD_TOKEN_EXPIRED
            fix = _("Put a new temporary key with its security_token in place.")
        case Remedy.GRANT_PERMISSION:
            code = Code.CLOUD_RIGHT_MISSING
            fix = _("Grant this key the right {right} in the cloud's access control.", right=right)
        case Remedy.CHECK_SITE:
            code = Code.CLOUD_SITE_WRONG
            fix = _('Change site of this account to the other of "china" and "international".')
        case Remedy.CHECK_OWNER:
            code = Code.CLOUD_OWNER_WRONG
            fix = _("Write the id of a customer of this key as owner_id, or remove it.")
        case _other:
            pass
    notes.find(code, subject, f"{str(error).rstrip('.')}.", fix)


def _key(error: ProviderError) -> tuple[Code, str]:
    if error.operation == _TOKEN_CALL:
        fix = _("Correct iam_user, iam_password and iam_domain of this account.")
        return Code.CLOUD_PASSWORD_WRONG, fix
    if error.code.startswith(_KEY_UNKNOWN):
        fix = _("Write the id of a key that exists and is enabled as access_key_id.")
        return Code.CLOUD_KEY_UNKNOWN, fix
    if error.code.startswith(_SECRET_WRONG):
        return Code.CLOUD_SECRET_WRONG, _("Put the secret that belongs to this key id in place.")
    fix = _("Check key id and secret, and that the key is enabled, before it is locked.")
    return Code.CLOUD_KEY_REFUSED, fix
