"""How a channel's digest ends, and what its owner is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from bot.domain.audit import AuditEntry, AuditKind
from bot.domain.digests import DigestPlan
from bot.i18n import _
from bot.ports import DigestStore
from bot.services.steps import BOT, notice


class Ending(StrEnum):
    ASKED = "asked"  # a person switched it off
    CHANNEL = "channel"  # the channel is gone, archived, or the bot is no longer in it
    EXTERNAL = "external"  # the channel is shared with another company now
    OWNER = "owner"  # whoever switched it on may view none of its accounts any more
    FILTERS = "filters"  # they cannot be read any more


async def end_plan(
    store: DigestStore, plan: DigestPlan, why: Ending, *, actor: str = BOT, at: datetime
) -> DigestPlan | None:
    """Switch it off; the owner is told by whom or why, unless the owner did it. None where the
    channel's plan is another one meanwhile, which stays."""
    after = replace(plan, on=False)
    entry = AuditEntry(
        kind=AuditKind.DIGEST_ENDED,
        actor=actor,
        subject=f"digest:{plan.channel}",
        facts={"owner": plan.owner, "why": why.value},
    )
    cause = f"digest:{plan.channel}:{at.isoformat()}"
    told = [] if actor == plan.owner else [notice("", plan.owner, _sentence(plan, why), cause)]
    is_off = await store.put_plan(after, over=plan, entry=entry, owed=told, at=at)
    return after if is_off else None


def _sentence(plan: DigestPlan, why: Ending) -> str:
    because = {
        Ending.ASKED: _("somebody who may view its accounts switched it off."),
        Ending.CHANNEL: _("the channel is archived or gone, or I am no longer in it."),
        Ending.EXTERNAL: _("the channel is shared with another company now."),
        Ending.OWNER: _("you may not view its accounts any more."),
        Ending.FILTERS: _("its filters cannot be read any more."),
    }[why]
    return _(
        "The daily digest in {channel} is off: {because} To have it again, write /order digest on"
        " there.",
        channel=plan.channel,
        because=because,
    )
