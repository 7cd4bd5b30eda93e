"""This machine's clock beside those of Slack and the clouds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from bot.doctor.findings import Code, Notes
from bot.doctor.reach import Sighting
from bot.i18n import _

TOLERATED = timedelta(seconds=60)  # the shortest limit is Slack's: 5 minutes


def check_clock(sightings: Iterable[Sighting], notes: Notes) -> None:
    """One finding for all who disagree: a machine has one clock."""
    seen = list(sightings)
    off = [each for each in seen if each.ahead is None or abs(each.ahead) > TOLERATED]
    if off:
        sources = ", ".join(each.source for each in off)
        notes.find(
            Code.CLOCK_SKEW,
            sources,
            _(
                "This machine's clock differs from that of {sources} by {span}: signatures are"
                " refused from 5 minutes (Slack) and 15 minutes (clouds) on.",
                sources=sources,
                span=_span(off),
            ),
            _("Let the machine keep its time by NTP (timedatectl set-ntp true)."),
        )
    if seen:
        notes.check(_("clock, beside {count} others", count=len(seen)))
    else:
        notes.skip(_("clock"), _("nobody answered with the time"))


def _span(off: list[Sighting]) -> str:
    spans = [abs(each.ahead) for each in off if each.ahead is not None]
    if not spans:
        return _("more than they tolerate")
    return _("{seconds} s", seconds=round(max(spans).total_seconds()))
