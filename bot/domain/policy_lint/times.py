"""Times that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.domain.policy import Policy
from bot.domain.policy_lint.remarks import Remark, place_of
from bot.i18n import _


def check_times(policy: Policy) -> Iterator[Remark]:
    yield from _hold(policy, 0, policy.hold)
    for number, rule in enumerate(policy.rules, start=1):
        if rule.hold is not None:
            yield from _hold(policy, number, rule.hold)
    escalation = policy.escalation
    if escalation is not None and escalation.after >= policy.expires:
        yield Remark(
            place_of(0, "escalate_after"),
            _(
                "A request expires after {expires}, before anybody of escalate_to is told; shorten"
                " escalate_after, or lengthen expires.",
                expires=_span(policy.expires),
            ),
        )


def _hold(policy: Policy, number: int, hold: timedelta) -> Iterator[Remark]:
    if not hold:
        yield Remark(
            place_of(number, "hold"),
            _("Nobody has time to press Stop before the cloud is asked; write a hold of 30s."),
        )
    elif hold >= policy.expires:
        yield Remark(
            place_of(number, "hold"),
            _(
                "A request expires after {expires}, before this hold is over, so nothing is ever"
                " cancelled; shorten hold, or lengthen expires.",
                expires=_span(policy.expires),
            ),
        )


def _span(span: timedelta) -> str:
    """As durations are written in the configuration."""
    seconds = int(span.total_seconds())
    units = ((86400, "d"), (3600, "h"), (60, "m"))
    length, unit = next(((each, unit) for each, unit in units if seconds % each == 0), (1, "s"))
    return f"{seconds // length}{unit}"
