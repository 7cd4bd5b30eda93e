"""What a digest may be asked for, the accounts and the run that follow from it, and what is said
where it cannot be changed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

from bot.domain.accounts import Provider
from bot.domain.digests import DigestRun
from bot.errors import NotAllowed, UsageError
from bot.i18n import _
from bot.services.access import Viewer, choose

FILTERS = ("account", "provider", "type", "product", "over", "older")  # those of a digest
NOW = "now:plan:"  # a run's key: asked for, with the channel's plan
NOW_OWN = "now:own:"  # the same without a plan: all accounts of whoever asked
UNREADABLE = "identity"  # the rule of a NotAllowed when Slack does not answer about a person
NO_CHANNEL = "no_channel"  # that of a channel that Slack does not know, or the bot is not in


def chosen(owner: Viewer, filters: Mapping[str, str]) -> frozenset[str]:
    """The names of the accounts that a digest of *owner* shows; raises UserError for none."""
    provider = filters.get("provider", "").lower()
    if provider and provider not in list(Provider):
        raise UsageError(
            _(
                "provider:{provider} is not known; there are: {names}",
                provider=provider[:40],
                names=", ".join(Provider),
            )
        )
    return choose(owner, filters.get("account", ""), provider or None)


def new_run(channel: str, key: str, owner: str, now: datetime) -> DigestRun:
    """One that is about to begin."""
    run_id = f"D-{secrets.token_hex(8).upper()}"
    return DigestRun(run_id=run_id, channel=channel, key=key, owner=owner, begun_at=now)


def check_filters(filters: Mapping[str, str]) -> None:
    other = [name for name in filters if name not in FILTERS]
    if other:
        raise UsageError(
            _(
                "A digest shows what is unpaid, a year back, so {name}: is not for it. Filters:"
                " {names}",
                name=other[0][:40],
                names=" ".join(f"{name}:" for name in FILTERS),
            )
        )


def changed_meanwhile() -> UsageError:
    return UsageError(
        _("Somebody else changed this digest at the same moment. See how it is now: /order digest")
    )


def not_yours() -> NotAllowed:
    return NotAllowed(
        _(
            "This digest shows accounts that you may not view. Whoever switched it on, or who may"
            " view them all, can change it."
        ),
        rule="digest",
    )
