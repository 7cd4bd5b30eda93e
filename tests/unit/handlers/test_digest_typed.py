"""What can be typed after `/order digest`, and the fix for what cannot."""

from __future__ import annotations

from contextlib import suppress
from datetime import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.digests import EVERY_DAY
from bot.errors import UsageError
from bot.services.digests import DigestChanges
from handlers.digest_typed import EXAMPLES, Digest, DigestVerb
from handlers.parsing import EXAMPLES as COMMANDS
from handlers.parsing import Verb, parse_command

V = DigestVerb
WORKDAYS = frozenset(range(5))
NINE = time(9)


def read(text: str) -> Digest:
    command = parse_command(f"digest {text}")
    assert isinstance(command, Digest)
    return command


def asked(verb: DigestVerb, **changes: Any) -> Digest:
    return Digest(verb, DigestChanges(**changes))


@pytest.mark.parametrize(
    ("text", "verb"),
    [("", V.STATUS), ("status", V.STATUS), ("on", V.ON), ("OFF", V.OFF), ("now", V.NOW)],
)
def test_a_word_alone_is_a_command(text: str, verb: DigestVerb) -> None:
    assert read(text) == Digest(verb)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on 09:00", asked(V.ON, at=NINE)),
        ("on time 9:00", asked(V.ON, at=NINE)),
        ("on time:09.00", asked(V.ON, at=NINE)),
        ("on days:mon-fri", asked(V.ON, weekdays=WORKDAYS)),
        ("on days mon-fri", asked(V.ON, weekdays=WORKDAYS)),
        ("on mon,wed", asked(V.ON, weekdays=frozenset({0, 2}))),
        ("on zone:Europe/Berlin", asked(V.ON, zone="Europe/Berlin")),
        ("on zone asia/shanghai", asked(V.ON, zone="Asia/Shanghai")),
        ("on account:x over:5000", asked(V.ON, filters={"account": "x", "over": "5000"})),
        (
            "on 08:30 days:weekdays Europe/Berlin type:renewal",
            asked(
                V.ON,
                at=time(8, 30),
                weekdays=WORKDAYS,
                zone="Europe/Berlin",
                filters={"type": "renewal"},
            ),
        ),
        ("time 08:30", asked(V.CHANGE, at=time(8, 30))),
        ("time:08:30", asked(V.CHANGE, at=time(8, 30))),
        ("08:30", asked(V.CHANGE, at=time(8, 30))),
        ("days mon,wed", asked(V.CHANGE, weekdays=frozenset({0, 2}))),
        ("zone UTC", asked(V.CHANGE, zone="UTC")),
        ("time 08:30 days:daily", asked(V.CHANGE, at=time(8, 30), weekdays=EVERY_DAY)),
    ],
)
def test_parts_may_stand_behind_a_colon_a_blank_or_alone(text: str, expected: Digest) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("mon", {0}),
        ("Monday,tuesday", {0, 1}),
        ("fri-mon", {4, 5, 6, 0}),
        ("sat-sun,wed", {5, 6, 2}),
        ("tu", {1}),
        ("daily", EVERY_DAY),
        ("workdays", WORKDAYS),
    ],
)
def test_days_of_the_week(days: str, expected: set[int]) -> None:
    assert read(f"days {days}").changes.weekdays == frozenset(expected)


@pytest.mark.parametrize("dash", "‐‑–—―−－")
def test_a_hyphen_that_a_phone_made_a_dash_is_a_hyphen(dash: str) -> None:
    assert read(f"days Mon{dash}Fri") == asked(V.CHANGE, weekdays=WORKDAYS)
    assert read(f"on days:mon{dash}fri") == asked(V.ON, weekdays=WORKDAYS)


def test_a_dash_between_blanks_stays_what_was_typed() -> None:
    filters = {"product": "CDN – basic"}
    assert read("on product:“CDN – basic”") == asked(V.ON, filters=filters)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("onn", "/order digest on 09:00"),
        ("of", "/order digest off"),
        ("tim 09:00", "/order digest time 08:30"),
        ("time 25:00", "“25:00” is no time of day"),
        ("time", "hours and minutes, for example /order digest time 08:30"),
        ("time 9am", "/order digest time 08:30"),
        ("days", "/order digest days mon-fri"),
        ("days mon-frx", "did you mean fri ?"),
        ("days xyz", "names no days of the week; write for example"),
        ("zone Berlin", "Try: /order digest zone Europe/Berlin"),
        ("zone Europe/Berlim", "Try: /order digest zone Europe/Berlin"),
        ("zone", "Try: /order digest zone Europe/Berlin"),
        ("on dayz:mon", "Did you mean /order digest days mon-fri ?"),
        ("on 09:00 10:00", "“time” is there twice"),
        ("on acount:x", "Did you mean account:alibaba-main ?"),
        ("on account:", "“account” needs a value"),
        ("account:x", "Filters go with on, for example: /order digest on"),
        ("off now", "“now” does not go with off"),
        ("now account:x", "“account:x” does not go with now"),
        ("blah", "I do not know “blah” of a digest"),
    ],
)
def test_what_cannot_be_read_is_answered_with_the_fix(text: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text)
    assert told in str(caught.value)


def test_the_nearest_command_is_found() -> None:
    with pytest.raises(UsageError) as caught:
        parse_command("digets on")
    assert COMMANDS[Verb.DIGEST] in str(caught.value)


@pytest.mark.parametrize("example", EXAMPLES.values())
def test_every_example_can_be_typed(example: str) -> None:
    assert isinstance(parse_command(example.removeprefix("/order ")), Digest)


@given(text=st.text(max_size=40))
def test_whatever_is_typed_is_read_or_answered(text: str) -> None:
    with suppress(UsageError):
        assert isinstance(parse_command(f"digest {text}"), Digest)
