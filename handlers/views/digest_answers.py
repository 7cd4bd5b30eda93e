"""What the person reads who typed `/order digest …`, in private."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from slack_sdk.models.blocks import Block

from bot.domain.digests import EVERY_DAY, DigestPlan
from bot.domain.people import Channel
from bot.i18n import _
from bot.services.digests import Switched
from handlers.digest_typed import EXAMPLES
from handlers.views.surface import Rendered, message, note, plain
from handlers.views.text import cut, mention, ours, short, when

NAMES = 1000  # characters of the names of accounts
FILTER = 80  # characters of one filter


def status_card(plan: DigestPlan | None, next_at: datetime | None) -> Rendered:
    """*plan* is None where the channel never had one, *next_at* where none comes."""
    if plan is None or next_at is None:
        text = _("No digest is on in this channel. To have one: {example}", example=EXAMPLES["on"])
        return message(text, [plain(text)])
    times = _times(plan, next_at)
    changes = _(
        "To change it: {examples}",
        examples="  ".join(EXAMPLES[name] for name in ("time", "days", "zone", "now", "off")),
    )
    lines = (times, *_filters(plan), changes)
    owner = _("It shows what {person} may view.", person=mention(plan.owner))
    blocks: list[Block] = [plain("\n".join(lines), lines=True), note(ours(owner))]
    return message(" ".join(lines), blocks)


def switched_card(switched: Switched) -> Rendered:
    """It is on: when it comes, what it shows, and who reads it."""
    plan = switched.plan
    names = cut(", ".join(short(name, FILTER) for name in switched.accounts), NAMES)
    lines = [
        _("The digest is on."),
        _times(plan, switched.next_at),
        _("It shows: {accounts}", accounts=names),
        *_filters(plan),
    ]
    if switched.channel.public:
        lines.append(f"{_read_by_all()} {_('To take it back: {off}', off=EXAMPLES['off'])}")
    return message(" ".join(lines), [plain("\n".join(lines), lines=True)])


def coming_card(channel: Channel) -> Rendered:
    """One was asked for now."""
    lines = [_("It is on its way: the clouds are asked first, which may take a minute.")]
    if channel.public:
        lines.append(_read_by_all())
    return message(" ".join(lines), [plain("\n".join(lines), lines=True)])


def _read_by_all() -> str:
    return _(
        "This channel is public: everybody in the workspace can read what is unpaid in these"
        " accounts."
    )


def _times(plan: DigestPlan, next_at: datetime) -> str:
    return _(
        "It comes {days} at {at} ({zone}), next {when}.",
        days=_days(plan.weekdays),
        at=f"{plan.at:%H:%M}",
        zone=plan.zone,
        when=when(next_at, plan.zone),
    )


def _days(weekdays: frozenset[int]) -> str:
    """`every day`, `Mon to Fri`, `Mon, Wed`."""
    names = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
    if weekdays == EVERY_DAY:
        return _("every day")
    days = sorted(weekdays)
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:  # noqa: PLR2004 - two are a list
        return _("{first} to {last}", first=names[days[0]], last=names[days[-1]])
    return ", ".join(names[day] for day in days)


def _filters(plan: DigestPlan) -> Iterator[str]:
    if plan.filters:
        shown = " ".join(f"{name}:{short(value, FILTER)}" for name, value in plan.filters.items())
        yield _("Only {filters}", filters=shown)
