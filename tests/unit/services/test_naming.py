"""Names of people on a digest: what Slack tells in time."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.domain.people import Person
from bot.errors import NotAllowed
from bot.services.naming import with_names
from tests.builders import a_person
from tests.digest_builders import a_digest_line
from tests.fake_slack import FakeDirectory


class SlowAbout(FakeDirectory):
    """Never answers about U0SLOW."""

    async def person(self, user_id: str) -> Person:
        if user_id == "U0SLOW":
            await asyncio.Event().wait()
        return await super().person(user_id)


async def test_who_is_not_told_in_time_stays_without_a_name_and_holds_up_nothing() -> None:
    known = replace(a_person(user_id="U0LIN"), name="Lin")
    lines = (a_digest_line(person="U0LIN"), a_digest_line(person="U0SLOW"))
    told = await with_names(lines, SlowAbout(known), patience_s=0.01)
    assert [line.person_name for line in told] == ["Lin", ""]


class Silent(FakeDirectory):
    async def person(self, user_id: str) -> Person:
        if user_id == "U0GONE":
            raise NotAllowed("Slack does not tell who this is", rule="people")
        return await super().person(user_id)


async def test_whom_slack_does_not_tell_about_stays_without_a_name() -> None:
    known = replace(a_person(user_id="U0LIN"), name="Lin")
    lines = (a_digest_line(person="U0GONE"), a_digest_line(person="U0LIN", claimed_by="U0GONE"))
    told = await with_names(lines, Silent(known))
    assert [(line.person_name, line.claimer_name) for line in told] == [("", ""), ("Lin", "")]
