"""What was typed after `/order digest`, as a value; or a UsageError with the fix. No calls.

/order digest
       digest on [HH:MM] [days:mon-fri] [zone:Europe/Berlin] [filters]
       digest off | now
       digest time HH:MM | days mon-fri | zone Europe/Berlin
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import time
from enum import StrEnum
from zoneinfo import available_timezones

from bot.domain.digests import EVERY_DAY
from bot.domain.zones import zone_named
from bot.errors import UsageError
from bot.i18n import _
from bot.services.digests import DigestChanges
from handlers.filters import FILTERS, typed_filters
from handlers.typed import echo, nearest, unlinked


class DigestVerb(StrEnum):
    STATUS = "status"
    ON = "on"
    OFF = "off"
    NOW = "now"
    CHANGE = "change"  # of one that is on: its time, days, zone or filters


EXAMPLES: Mapping[str, str] = {
    "status": "/order digest",
    "on": "/order digest on 09:00 days:mon-fri",
    "off": "/order digest off",
    "now": "/order digest now",
    "time": "/order digest time 08:30",
    "days": "/order digest days mon-fri",
    "zone": "/order digest zone Europe/Berlin",
}
_VERBS = {verb.value: verb for verb in DigestVerb if verb is not DigestVerb.CHANGE}
_PARTS = ("time", "days", "zone")
_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:.]([0-5][0-9])")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_GROUPS = {
    **dict.fromkeys(("daily", "all", "every", "everyday"), EVERY_DAY),
    **dict.fromkeys(("weekdays", "workdays"), frozenset(range(5))),
}
_ABBREVIATED = 2  # letters of a day's name, at least


@dataclass(frozen=True, slots=True)
class Digest:
    verb: DigestVerb
    changes: DigestChanges = field(default_factory=DigestChanges)


def read_digest(words: list[str]) -> Digest:
    """What to do with the channel's digest; raises UsageError."""
    if not words:
        return Digest(DigestVerb.STATUS)
    verb, rest = _VERBS.get(words[0].lower()), words[1:]
    if verb is DigestVerb.ON:
        return Digest(verb, _changes(rest))
    if verb is not None:
        if rest:
            raise UsageError(
                _(
                    "“{word}” does not go with {verb}. Try: {example}",
                    word=echo(rest[0]),
                    verb=verb.value,
                    example=EXAMPLES[verb],
                )
            )
        return Digest(verb)
    if not _is_part(words[0]):
        raise UsageError(_unknown(words[0]))
    return Digest(DigestVerb.CHANGE, _changes(words))


def _is_part(word: str) -> bool:
    return word.partition(":")[0].lower() in _PARTS or _bare(word) is not None


def _unknown(word: str) -> str:
    name = unlinked(word).partition(":")[0].lower()
    if name in FILTERS:
        return _(
            "Filters go with on, for example: {example} {filter}",
            example=EXAMPLES["on"],
            filter=FILTERS[name],
        )
    near = nearest(name, EXAMPLES)
    return _(
        "I do not know “{word}” of a digest. Try: {example}",
        word=echo(word),
        example=EXAMPLES[near or "on"],
    )


def _changes(words: list[str]) -> DigestChanges:
    changes, filters, seen = DigestChanges(), [], set()
    for name, value in _pairs(words):
        if name not in _PARTS:
            filters.append(value)
            continue
        if name in seen:
            raise UsageError(
                _(
                    "“{name}” is there twice; write it once, for example {example}",
                    name=name,
                    example=EXAMPLES[name],
                )
            )
        seen.add(name)
        if name == "time":
            changes = replace(changes, at=_time(value))
        elif name == "days":
            changes = replace(changes, weekdays=_days(value))
        else:
            changes = replace(changes, zone=_zone(value))
    return replace(changes, filters=typed_filters(filters)) if filters else changes


def _pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    """(part, value); ("", word) for a filter. A part's value stands behind a colon or a blank, or
    alone where it can be nothing else."""
    left = iter(words)
    for word in left:
        name, colon, value = unlinked(word).partition(":")
        if name.lower() in _PARTS:
            yield name.lower(), value if colon else unlinked(next(left, ""))
        elif part := _bare(word):
            yield part, unlinked(word)
        elif name.lower() not in FILTERS and (near := nearest(name.lower(), _PARTS)):
            raise UsageError(
                _(
                    "I do not know “{word}”. Did you mean {example} ?",
                    word=echo(word),
                    example=EXAMPLES[near],
                )
            )
        else:
            yield "", word


def _bare(word: str) -> str | None:
    word = unlinked(word)
    if _TIME.fullmatch(word):
        return "time"
    if _read_days(word) is not None:
        return "days"
    return "zone" if zone_named(word) else None


def _time(value: str) -> time:
    match = _TIME.fullmatch(value)
    if match is None:
        raise UsageError(
            _(
                "“{value}” is no time of day; write hours and minutes, for example {example}",
                value=echo(value),
                example=EXAMPLES["time"],
            )
        )
    return time(int(match.group(1)), int(match.group(2)))


def _days(value: str) -> frozenset[int]:
    days = _read_days(value)
    if days is None:
        wrong = next((each for each in re.split("[,-]", value) if _day(each) is None), value)
        near = nearest(wrong.lower(), [*(name[:3] for name in _DAYS), *_GROUPS])
        raise UsageError(
            _(
                "“{value}” names no days of the week{hint}; write for example {example}",
                value=echo(value),
                hint=_(", did you mean {near} ?", near=near) if near else "",
                example=EXAMPLES["days"],
            )
        )
    return days


def _read_days(value: str) -> frozenset[int] | None:
    """Days by number, Monday 0; a range may go over the week's end. None for anything else."""
    if value.lower() in _GROUPS:
        return _GROUPS[value.lower()]
    days: set[int] = set()
    for part in value.split(","):
        first, dash, last = part.partition("-")
        start, end = _day(first), _day(last if dash else first)
        if start is None or end is None:
            return None
        days.update((start + n) % 7 for n in range((end - start) % 7 + 1))
    return frozenset(days)


def _day(text: str) -> int | None:
    name = text.strip().lower()
    if len(name) < _ABBREVIATED:
        return None
    return next((n for n, day in enumerate(_DAYS) if day.startswith(name)), None)


def _zone(value: str) -> str:
    if name := zone_named(value):
        return name
    known = sorted(available_timezones())
    city = [name for name in known if name.rpartition("/")[2].casefold() == value.casefold()]
    near = city[0] if city else nearest(value, known)
    raise UsageError(
        _(
            "I know no time zone “{value}”. Try: /order digest zone {near}",
            value=echo(value),
            near=near or "Europe/Berlin",
        )
    )
