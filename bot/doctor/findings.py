"""What an examination finds: a stable code, what it is about, the problem, and the fix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from bot.i18n import _


class Code(StrEnum):
    """One word per kind of misconfiguration; a word is added, never renamed."""

    CONFIGURATION_REFUSED = "configuration_refused"  # FILE:LINE, nothing else could be looked at
    CONFIGURATION_OPEN = "configuration_open"  # others may write it
    SECRET_OPEN = "secret_open"  # noqa: S105 - others may read the file of a secret
    TOKEN_MISSING = "token_missing"  # noqa: S105
    TOKEN_KIND = "token_kind"  # noqa: S105 - swapped, or no token of Slack's
    SIGNING_SECRET = "signing_secret"  # noqa: S105 - http mode without one, or more than two
    CHANNEL_MISSING = "channel_missing"  # nowhere to post an approval
    HEADS_WITHOUT_CHANNEL = "heads_without_channel"
    HOLD_TOO_LONG = "hold_too_long"  # every request lapses in its hold
    ESCALATION_TOO_LATE = "escalation_too_late"
    QUIET_TOO_LONG = "quiet_too_long"
    RULE_UNREACHABLE = "rule_unreachable"
    ADDRESS_TAKEN = "address_taken"
    ADDRESS_REFUSED = "address_refused"
    APP_IN_USE = "app_in_use"  # another copy here serves the same Slack app
    HEADS_NOT_WRITABLE = "heads_not_writable"

    SLACK_UNREACHABLE = "slack_unreachable"
    SLACK_PROXY_UNREACHABLE = "slack_proxy_unreachable"
    SLACK_ANSWER_FOREIGN = "slack_answer_foreign"  # something else answers in Slack's place
    BOT_TOKEN_REFUSED = "bot_token_refused"  # noqa: S105
    ORG_INSTALL = "org_install"
    SCOPE_MISSING = "scope_missing"
    APP_TOKEN_REFUSED = "app_token_refused"  # noqa: S105
    APP_TOKEN_SCOPE = "app_token_scope"  # noqa: S105 - lacks connections:write
    APPS_DIFFER = "apps_differ"  # the two tokens are of two apps
    CONFIG_TOKEN_REFUSED = "config_token_refused"  # noqa: S105
    INTERACTIVITY_OFF = "interactivity_off"
    SOCKET_MODE_WRONG = "socket_mode_wrong"  # off in Slack and "socket" here, or the reverse
    EVENT_MISSING = "event_missing"
    COMMAND_MISSING = "command_missing"
    HOME_OFF = "home_off"
    CHANNEL_UNKNOWN = "channel_unknown"
    CHANNEL_ARCHIVED = "channel_archived"
    CHANNEL_SHARED = "channel_shared"
    CHANNEL_WITHOUT_BOT = "channel_without_bot"

    WRONG_WORKSPACE = "wrong_workspace"  # nobody who is named is there
    PERSON_UNKNOWN = "person_unknown"
    PERSON_DEACTIVATED = "person_deactivated"
    PERSON_GUEST = "person_guest"
    PERSON_BOT = "person_bot"
    PERSON_STRANGER = "person_stranger"
    ALIAS_UNKNOWN = "alias_unknown"
    GROUP_UNKNOWN = "group_unknown"
    GROUP_EMPTY = "group_empty"
    GROUPS_NOT_IN_PLAN = "groups_not_in_plan"
    APPROVERS_TOO_FEW = "approvers_too_few"
    APPROVERS_ONLY_REQUESTER = "approvers_only_requester"

    CLOUD_UNREACHABLE = "cloud_unreachable"
    CLOUD_PROXY_UNREACHABLE = "cloud_proxy_unreachable"
    CLOUD_ENDPOINT_WRONG = "cloud_endpoint_wrong"
    CLOUD_FAILING = "cloud_failing"
    CLOUD_KEY_UNKNOWN = "cloud_key_unknown"
    CLOUD_SECRET_WRONG = "cloud_secret_wrong"  # noqa: S105
    CLOUD_KEY_REFUSED = "cloud_key_refused"  # the provider does not say whether key or secret
    CLOUD_PASSWORD_WRONG = "cloud_password_wrong"  # noqa: S105
    CLOUD_TOKEN_EXPIRED = "cloud_token_expired"  # noqa: S105
    CLOUD_RIGHT_MISSING = "cloud_right_missing"
    CLOUD_SITE_WRONG = "cloud_site_wrong"
    CLOUD_OWNER_WRONG = "cloud_owner_wrong"

    DATABASE_FOLDER_MISSING = "database_folder_missing"
    DATABASE_NOT_WRITABLE = "database_not_writable"
    DISK_FULL = "disk_full"
    DATABASE_OPEN = "database_open"  # others may read it
    DATABASE_DAMAGED = "database_damaged"
    DATABASE_FOREIGN = "database_foreign"
    DATABASE_NEWER = "database_newer"
    DATABASE_UNGUARDED = "database_unguarded"
    SQLITE_WAL_BUG = "sqlite_wal_bug"

    CLOCK_SKEW = "clock_skew"


@dataclass(frozen=True, slots=True)
class Finding:
    """*subject* is an id, an account, a path, a key of the configuration: never a secret. *fix*
    is one sentence."""

    code: Code
    subject: str
    problem: str
    fix: str


@dataclass(slots=True)
class Notes:
    """What an area's checks write down while they go on; what was written stays if they are cut
    off."""

    findings: list[Finding] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)

    def find(self, code: Code, subject: str, problem: str, fix: str) -> None:
        self.findings.append(Finding(code, subject, problem, fix))

    def check(self, what: str) -> None:
        self.checked.append(what)

    def skip(self, what: str, why: str) -> None:
        entry = _("{what} ({why})", what=what, why=why)  # `token: word` would be masked
        if entry not in self.not_checked:
            self.not_checked.append(entry)

    def add(self, other: Notes) -> None:
        self.findings += other.findings
        self.checked += other.checked
        self.not_checked += other.not_checked

    def codes(self) -> frozenset[Code]:
        return frozenset(each.code for each in self.findings)


@dataclass(frozen=True, slots=True)
class Report:
    findings: tuple[Finding, ...]
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.findings


def report_of(areas: Iterable[Notes]) -> Report:
    """The notes of all areas as one, in their order; findings of an area in that of the codes."""
    areas, order = list(areas), list(Code)
    return Report(
        findings=tuple(
            each
            for notes in areas
            for each in sorted(notes.findings, key=lambda one: order.index(one.code))
        ),
        checked=tuple(each for notes in areas for each in notes.checked),
        not_checked=tuple(dict.fromkeys(each for notes in areas for each in notes.not_checked)),
    )


def refused_report(sentence: str) -> Report:
    """What is left to say of a configuration that is refused: *sentence* names file and line."""
    finding = Finding(
        Code.CONFIGURATION_REFUSED,
        "configuration",
        sentence,
        _("Mend this line; countersign.example.toml shows every key."),
    )
    return Report((finding,), (), (_("everything else: the configuration is refused"),))
