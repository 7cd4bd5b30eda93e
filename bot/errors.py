"""Every error of ours. Foreign errors become one of these at the edge, always `from error`.

CountersignError
|-- UserError                 its text is shown to the person who asked
|   |-- UsageError            what was typed cannot be read
|   |-- NotAllowed            this person may not do this
|   `-- OrderNotFound
|-- ConfigurationError        FILE:LINE: sentence with the fix
|-- SlackUnreachable          Slack did not answer at the start; later it may
|-- AddressTaken              a listener's address is not free; later it may be
|-- StorageError              the database cannot be used
|-- MessengerError            a message did not go out, or not surely
|   |-- MessageRefused        Slack will never take it there: channel gone, bot removed, no message
|   |-- MessageDelayed        Slack asks to wait
|   `-- MessageUnsure         it may or may not have arrived
`-- ProviderError             a cloud did not do what was asked; keeps its code and request id
    |-- ProviderUnavailable   no usable answer: a read may be repeated
    |   `-- ProviderThrottled
    |-- ProviderRefused       key, permission, site or clock: repeating does not help
    |-- ProviderInvalid       the request was not understood
    |-- ProviderNotFound      no such order or product
    `-- ProviderMalformed     an answer that is not what the provider documents
"""

from __future__ import annotations

from enum import StrEnum

from bot.redact import mask


class Remedy(StrEnum):
    """What the person or the operator does next; the sentence belongs to the view."""

    TRY_AGAIN = "try_again"
    CHECK_ID = "check_id"
    CHECK_KEY = "check_key"  # unknown, disabled or wrong key
    RENEW_TOKEN = "renew_token"  # noqa: S105 - a temporary token ran out
    GRANT_PERMISSION = "grant_permission"
    CHECK_SITE = "check_site"  # the account belongs to the provider's other site
    CHECK_OWNER = "check_owner"  # owner_id is not a customer of this key
    CHECK_CLOCK = "check_clock"
    REST = "rest"  # a signature was refused; the account rests so that the key is not locked
    TELL_OPERATOR = "tell_operator"  # a fault of ours or of the set-up


class CountersignError(Exception):
    """Base of all errors of ours."""


class UserError(CountersignError):
    """Its text is shown to the person who asked, so it is one sentence with the fix."""


class UsageError(UserError):
    """What was typed cannot be read."""


class NotAllowed(UserError):
    """This person may not do this; *rule* names what stopped them, for the record."""

    def __init__(self, message: str, *, rule: str) -> None:
        super().__init__(message)
        self.rule = rule


class OrderNotFound(UserError):
    """No account that this person may view holds the order."""


class ConfigurationError(CountersignError):
    """The configuration is refused. Reads `FILE:LINE: sentence with the fix`."""

    def __init__(self, message: str, *, file: str = "", line: int | None = None) -> None:
        where = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(f"{where}{message}")


class SlackUnreachable(CountersignError):
    """Slack did not answer when the bot started; nothing is wrong with the configuration."""


class AddressTaken(CountersignError):
    """A listener cannot have its address when the bot starts; whoever holds it may let it go."""


class StorageError(CountersignError):
    """The database cannot be opened, read or written; one sentence with the fix."""


class MessengerError(CountersignError):
    """A message did not go out, or not surely. *code* is Slack's own word, or ""."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class MessageRefused(MessengerError):
    """Slack will never take this message there."""


class MessageDelayed(MessengerError):
    """Slack asks to wait *retry_after_s* seconds."""

    def __init__(self, message: str, *, code: str = "", retry_after_s: float) -> None:
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s


class MessageUnsure(MessengerError):
    """The line dropped after the message was sent: it may or may not have arrived."""


class ProviderError(CountersignError):
    """A cloud did not do what was asked.

    `message` is a sentence without secrets and without a URL. `code`, `request_id` and
    `http_status` are the provider's own, "" or None where it gave none. `sent` is False only
    where the call provably never left this machine.
    """

    remedy = Remedy.TELL_OPERATOR

    def __init__(
        self,
        message: str,
        *,
        account: str,
        operation: str = "",
        code: str = "",
        request_id: str = "",
        http_status: int | None = None,
        remedy: Remedy | None = None,
        sent: bool = True,
    ) -> None:
        super().__init__(message)
        self.account = account
        self.operation = operation
        self.code = mask(code)
        self.request_id = mask(request_id)
        self.http_status = http_status
        self.remedy = remedy or type(self).remedy
        self.sent = sent


class ProviderUnavailable(ProviderError):
    """No usable answer: time-out, dropped line, 5xx, text that is no JSON."""

    remedy = Remedy.TRY_AGAIN


class ProviderUnfinished(ProviderUnavailable):
    """The provider answers, and not all of it was read in time."""


class ProviderThrottled(ProviderUnavailable):
    """The provider asks to wait; *retry_after_s* is its own figure in seconds, or None."""

    retry_after_s: float | None = None


class ProviderRefused(ProviderError):
    """Key, permission, site or clock; repeating the call does not help."""

    remedy = Remedy.CHECK_KEY


class ProviderInvalid(ProviderError):
    """The provider did not accept the request as we wrote it."""


class ProviderNotFound(ProviderError):
    """The provider knows no such order or product."""

    remedy = Remedy.CHECK_ID


class ProviderMalformed(ProviderError):
    """The provider answered something that its documents do not describe."""
