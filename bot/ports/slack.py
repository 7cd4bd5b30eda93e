"""Slack: what it is told, and what it says of people and channels. Each port has contract tests."""

from __future__ import annotations

from typing import Protocol

from bot.domain.approvals import ApprovalRequest
from bot.domain.digests import DigestRun
from bot.domain.outbox import CardCopy, CopyRole
from bot.domain.people import Channel, Person


class Messenger(Protocol):
    """Slack, for what nobody typed a command for. Raises only the errors of `bot.errors` below
    MessengerError."""

    async def post_card(
        self,
        request: ApprovalRequest,
        role: CopyRole,
        to: str,
        *,
        again: bool,
        mentioned: tuple[str, ...] = (),
        urgent: bool = False,
    ) -> CardCopy:
        """Post the card to a channel or (a user id) to a person. *again* says on the card that an
        earlier attempt may have arrived; *mentioned* and *urgent* as in CardCopy."""
        ...

    async def update_card(self, request: ApprovalRequest, copy: CardCopy) -> None: ...

    async def reply_result(self, request: ApprovalRequest, copy: CardCopy) -> None:
        """Post the result in the thread of a copy that can no longer be updated."""
        ...

    async def notify(self, user_id: str, text: str) -> None: ...

    async def remind(self, request: ApprovalRequest, user_id: str, text: str) -> None:
        """Tell a person that a request still waits, with its buttons."""
        ...

    async def post_digest(self, run: DigestRun, *, again: bool) -> str:
        """Post a composed digest to its channel; the `ts` of the message."""
        ...

    async def post_digest_part(self, run: DigestRun, part: int, *, again: bool) -> bool:
        """Post the thread's message number *part*, from 0; False when there is none."""
        ...


class Directory(Protocol):
    """People and user groups as Slack knows them. Fails closed: raises NotAllowed."""

    @property
    def team_id(self) -> str: ...

    async def person(self, user_id: str) -> Person: ...

    async def group_members(self, group_id: str) -> frozenset[str]: ...


class Channels(Protocol):
    """What Slack says of a channel now. Fails closed: raises NotAllowed."""

    async def channel(self, channel_id: str) -> Channel: ...
