"""What the configuration itself allows and should not: files that others may change or read, and
settings that contradict each other. Whatever the bot refuses is refused before this."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from bot.doctor.findings import Code, Notes
from bot.domain.policy import Policy, QuietHours, Rule
from bot.i18n import _
from bot.settings import Secret, Settings

LONGEST_QUIET = timedelta(hours=16)


def check_configuration(settings: Settings, notes: Notes) -> None:
    check_files(settings, notes)
    _check_channel(settings, notes)
    _check_times(settings.policy, notes)
    _check_rules(settings, notes)
    notes.check(_("configuration {file}", file=settings.config))


def check_files(settings: Settings, notes: Notes) -> None:
    """Whoever may write the configuration may name approvers; whoever may read a secret has it."""
    if mode_of(settings.config) & (stat.S_IWGRP | stat.S_IWOTH):
        notes.find(
            Code.CONFIGURATION_OPEN,
            str(settings.config),
            _("Others on this machine may write the configuration, and so name approvers."),
            _("Run chmod go-w {path}.", path=settings.config),
        )
    for path in dict.fromkeys(_secret_files(settings)):
        if mode_of(path) & (stat.S_IRWXG | stat.S_IRWXO):
            notes.find(
                Code.SECRET_OPEN,
                str(path),
                _("Others on this machine may read a secret."),
                _("Run chmod 600 {path}.", path=path),
            )


def mode_of(path: Path) -> int:
    """The rights on *path*; 0 where it cannot be looked at."""
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return 0


def _secret_files(settings: Settings) -> Iterator[Path]:
    for table in (settings.audit, *settings.accounts):
        for value in dict(table).values():
            if isinstance(value, Secret) and value.source.startswith("file:"):
                yield settings.config.parent / value.source.removeprefix("file:")


def _check_channel(settings: Settings, notes: Notes) -> None:
    if settings.slack.approvals_channel:
        return
    fix = _("Name a channel that the bot is a member of as approvals_channel under [slack].")
    notes.find(
        Code.CHANNEL_MISSING,
        "slack.approvals_channel",
        _("No channel is named for approvals, so nobody would see a request to decide."),
        fix,
    )
    if "slack" in settings.audit.heads:
        notes.find(
            Code.HEADS_WITHOUT_CHANNEL,
            "audit.heads",
            _("The record's daily head should go to Slack, but no approvals channel is named."),
            fix,
        )


def _check_times(policy: Policy, notes: Notes) -> None:
    holds = {"policy.hold": policy.hold} | {
        f"policy.rules {number}, hold": rule.hold
        for number, rule in enumerate(policy.rules, start=1)
        if rule.hold is not None
    }
    for where, hold in holds.items():
        if hold >= policy.expires:
            notes.find(
                Code.HOLD_TOO_LONG,
                where,
                _("The hold is not shorter than expires, so every approved request would lapse."),
                _("Make the hold shorter, or policy.expires longer."),
            )
    if policy.escalation is not None and policy.escalation.after >= policy.expires:
        notes.find(
            Code.ESCALATION_TOO_LATE,
            "policy.escalate_after",
            _("A request lapses before escalate_after, so the second circle is never told."),
            _("Make escalate_after shorter than expires."),
        )
    if policy.quiet is not None and _length(policy.quiet) > LONGEST_QUIET:
        notes.find(
            Code.QUIET_TOO_LONG,
            "policy.quiet",
            _("Approvers are left in peace for more than {hours} hours a day.", hours=16),
            _("Check that the two times of quiet are not the wrong way round."),
        )


def _length(quiet: QuietHours) -> timedelta:
    day = date(2000, 1, 1)
    length = datetime.combine(day, quiet.end) - datetime.combine(day, quiet.start)
    return length % timedelta(days=1)


def _check_rules(settings: Settings, notes: Notes) -> None:
    rules = settings.policy.rules
    accounts = [each.account() for each in settings.accounts]
    for number, rule in enumerate(rules, start=1):
        before = next((i for i, one in enumerate(rules[: number - 1], 1) if _hides(one, rule)), 0)
        if before:
            why = _("every order that it matches is decided by rule {before}", before=before)
        elif not any(rule.covers(account) for account in accounts):
            why = _("no account has both that name and that provider")
        else:
            continue
        notes.find(
            Code.RULE_UNREACHABLE,
            f"policy.rules {number}",
            _("The rule never decides: {why}.", why=why),
            _("Put the narrower rule first, or remove the one that is not needed."),
        )


def _hides(first: Rule, later: Rule) -> bool:
    """Whether *first* matches whatever *later* does, and also decides who may view where that
    does."""
    if later.viewers is not None and first.viewers is None:
        return False
    wide = [
        (first.accounts, later.accounts),
        (first.providers, later.providers),
        (first.order_types, later.order_types),
    ]
    if any(mine and not (theirs and theirs <= mine) for mine, theirs in wide):
        return False
    limits = {limit.currency: limit.amount for limit in later.over}
    return all(limit.amount <= limits.get(limit.currency, -1) for limit in first.over)
