"""How a channel's digest ends, or one of them is left out, and what its owner is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from bot.domain.audit import AuditEntry, AuditKind
from bot.domain.digests import DigestPlan, DigestRun
from bot.domain.outbox import Owed
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


def because(why: Ending) -> str:
    return {
        Ending.ASKED: _("somebody who may view its accounts switched it off."),
        Ending.CHANNEL: _("the channel is archived or gone, or I am no longer in it."),
        Ending.EXTERNAL: _("the channel is shared with another company now."),
        Ending.OWNER: _("you may not view its accounts any more."),
        Ending.FILTERS: _("its filters cannot be read any more."),
    }[why]


def not_posted(run: DigestRun, reader: str, why: str) -> Owed:
    """What *reader* is told where a digest, or the rest of it, is left out."""
    said = _("The digest there was not posted: {why}", why=why)
    if run.ts:
        said = _("The rest of the digest there was not posted: {why}", why=why)
    return notice("", reader, in_channel(run.channel, said), f"digest:{run.run_id}")


def too_late() -> str:
    return _("it would have come half a day too late, and the next one is near.")


def in_channel(channel: str, text: str) -> str:
    """What a notice says about a channel: its id in front, for Slack to show as a name."""
    return f"<#{channel}> {text}"


def _sentence(plan: DigestPlan, why: Ending) -> str:
    text = _(
        "The daily digest there is off: {because} To have it again, write /order digest on there.",
        because=because(why),
    )
    return in_channel(plan.channel, text)
