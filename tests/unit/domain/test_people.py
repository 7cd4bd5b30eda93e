"""Who counts as a full member of a workspace."""

from __future__ import annotations

import pytest

from bot.domain.people import Person
from tests.builders import a_person


def test_a_member_without_any_flag_is_a_full_member_of_their_own_team_only() -> None:
    assert a_person().full_member_of("T0HOME")
    assert not a_person().full_member_of("T0OTHER")


@pytest.mark.parametrize(
    "person",
    [
        a_person(deleted=True),
        a_person(bot=True),
        a_person(guest=True),
        a_person(stranger=True),
    ],
    ids=["deleted", "bot", "guest", "stranger"],
)
def test_one_flag_is_enough_to_be_no_full_member(person: Person) -> None:
    assert not person.full_member_of("T0HOME")


@pytest.mark.parametrize("team", ["", "T0HOME"])
def test_a_person_without_a_team_is_no_member_of_any(team: str) -> None:
    assert not a_person(team_id="").full_member_of(team)
