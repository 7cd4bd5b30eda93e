"""Edits of the bot after which inputs that arrive together could have two effects, or none, or be
answered with what is not so: the rounds have to find each of them."""

from __future__ import annotations

from tests.proofs.proof import Bug

VOTES = "bot/domain/votes.py"

BUGS = (
    Bug(
        "a change is not guarded",
        "storage/request_rows.py",
        "id = :id and status = :old_status and version = :old_version returning seq",
        "id = :id returning seq",
    ),
    Bug("the claim heeds nobody", "bot/services/executor.py", "heed=_ENDING", "heed=()"),
    Bug(
        "the hold lasts no time",
        "bot/services/executor.py",
        "hold_until = now + hold_of(request, self._people.today(request))",
        "hold_until = now",
    ),
    Bug(
        "the requester's approval counts",
        VOTES,
        "    if company.humans.same(person.user_id, request.requested_by):\n"
        '        return Verdict(counts=False, rule="requester")\n',
        "",
    ),
    Bug(
        "an approval counts after the decision",
        VOTES,
        """    if request.status is not RequestStatus.PENDING:
        return Verdict(counts=False, rule="status")
    if now >= request.expires_at:
""",
        "    if now >= request.expires_at:\n",
    ),
    Bug(
        "what Slack delivers again is an input of its own",
        "storage/inputs.py",
        "    return db.execute(_INSERT, _to_row(given)).rowcount == 1\n",
        "    db.execute(_INSERT, _to_row(given))\n    return True\n",
    ),
    Bug(
        "whoever was slower is not judged again",
        "bot/services/decisions.py",
        "if request.version == tried:",
        "if tried >= 0:",
    ),
    Bug(
        "whoever does not count is not told",
        "handlers/requests.py",
        "            if told.text:\n                await reply.show(told_card(told))\n",
        "            assert told.text is not None\n",
    ),
    Bug(
        "an end is not shown",
        "bot/services/steps.py",
        "() if quiet else (card(after), *notices))",
        "() if quiet else notices)",
    ),
)
