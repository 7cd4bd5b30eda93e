"""What the people of a digest's lines are called, so that they are named without a mention."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.digest_contents import DigestLine
from bot.errors import NotAllowed
from bot.ports import Directory

MOST = 50  # people of one digest of whom Slack is asked
PATIENCE = 5.0  # seconds in all: a digest does not wait for names


async def with_names(
    lines: Sequence[DigestLine], directory: Directory, *, patience_s: float = PATIENCE
) -> tuple[DigestLine, ...]:
    """*lines* with the names that Slack tells in time."""
    people = dict.fromkeys(each for line in lines for each in (line.person, line.claimed_by))
    names: dict[str, str] = {}
    try:
        async with asyncio.timeout(patience_s):
            for user_id in [each for each in people if each][:MOST]:
                names[user_id] = await _name(directory, user_id)
    except TimeoutError:
        pass
    return tuple(
        replace(
            line,
            person_name=names.get(line.person, ""),
            claimer_name=names.get(line.claimed_by, ""),
        )
        for line in lines
    )


async def _name(directory: Directory, user_id: str) -> str:
    try:
        return (await directory.person(user_id)).name
    except NotAllowed:
        return ""
