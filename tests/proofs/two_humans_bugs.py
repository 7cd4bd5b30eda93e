"""Edits of the bot after which one person could cancel, or a call could go out that must not: the
model check has to find each of them."""

from __future__ import annotations

from tests.proofs.proof import Bug

VOTES, POLICY, PEOPLE = "bot/domain/votes.py", "bot/domain/policy.py", "bot/domain/people.py"
DECISIONS, EXECUTOR = "bot/services/decisions.py", "bot/services/executor.py"
DIRECTORY, RECHECKS = "bot/services/people.py", "bot/services/rechecks.py"
SETTLING = "bot/services/settling.py"

OWN = "if company.humans.same(person.user_id, request.requested_by):"
FLAGS = "outside = self.deleted or self.bot or self.guest or self.stranger\n        return bool"
TEAM = "return bool(self.team_id) and self.team_id == team_id and not outside"
GROUPS = "members = {group: await self._directory.group_members(group) for group in groups}"
REMEMBERED = """members = self.__dict__.setdefault("kept", {})
        for group in groups:
            if group not in members:
                members[group] = await self._directory.group_members(group)"""
UNNAMED = "except NotAllowed:\n                continue"
TAKEN_FOR_A_MEMBER = """except NotAllowed:
                found.append(Person(user_id=user_id, team_id=self._directory.team_id))"""
RULES = "for requirement in (request.requirement, today):"
QUORUM = "return max(1, request.requirement.quorum, today.quorum)"
OVER = "return limit is None or order.payable.amount > limit"
HEARD = "if not verdict.counts:\n            return verdict\n        votes"
WANTED = "if standing.complete:\n            return True"
NO_ANSWER = """if reading.found is Found.NO_ANSWER:
            return await self.later(request, request.account, reading.problem)"""
AGREES = "if reading.found is Found.NO_ANSWER:\n            return True"
THROTTLED = "if effect is CancelEffect.THROTTLED and reading.found is Found.UNPAID:"

WHO = (
    Bug("the requester may approve", VOTES, OWN, "if not request.requested_by:"),
    Bug(
        "so may the requester's other id", VOTES, OWN, "if person.user_id == request.requested_by:"
    ),
    Bug(
        "two ids of one person count twice",
        VOTES,
        "company.humans.human_of(vote.user_id)",
        "vote.user_id",
    ),
    Bug(
        "an id has the rights of the person's other id",
        VOTES,
        "or person.user_id in principals.people",
        "or not principals.people.isdisjoint(self.humans.ids_of(person.user_id))",
    ),
    Bug("the deactivated count", PEOPLE, FLAGS, FLAGS.replace("self.deleted or ", "")),
    Bug("bots count", PEOPLE, FLAGS, FLAGS.replace("self.bot or ", "")),
    Bug("guests count", PEOPLE, FLAGS, FLAGS.replace("self.guest or ", "")),
    Bug("strangers count", PEOPLE, FLAGS, FLAGS.replace(" or self.stranger", "")),
    Bug("members of another team count", PEOPLE, TEAM, "return bool(self.team_id) and not outside"),
    Bug(
        "members of no team count",
        PEOPLE,
        TEAM,
        'return self.team_id in ("", team_id) and not outside',
    ),
    Bug("whom Slack does not name counts", DIRECTORY, UNNAMED, TAKEN_FOR_A_MEMBER),
    Bug("the members of a group are remembered", DIRECTORY, GROUPS, REMEMBERED),
    Bug(
        "the requester may have left",
        RECHECKS,
        "if not requester.full_member_of(company.team_id):",
        "if not requester.user_id:",
    ),
    Bug(
        "votes count whoever gave them",
        VOTES,
        " and may_decide(request, today, known[vote.user_id], company).counts",
        "",
    ),
    Bug(
        "a vote counts once its giver becomes an approver",
        DECISIONS,
        HEARD,
        HEARD.replace("counts:", 'counts and verdict.rule != "approvers":'),
    ),
    Bug(
        "votes are not counted again before the claim",
        RECHECKS,
        WANTED,
        "if request.votes:\n            return True",
    ),
)

RULE = (
    Bug("the stored rule is ignored", VOTES, RULES, "for requirement in (today,):"),
    Bug("today's rule is ignored", VOTES, RULES, "for requirement in (request.requirement,):"),
    Bug("the stored quorum is ignored", VOTES, QUORUM, "return max(1, today.quorum)"),
    Bug("today's quorum is ignored", VOTES, QUORUM, "return max(1, request.requirement.quorum)"),
    Bug("a quorum of 0 is one", VOTES, QUORUM, QUORUM.replace("1, ", "")),
    Bug(
        "one approval short is enough",
        DIRECTORY,
        "return self.approvals >= self.needed",
        "return self.approvals >= max(1, self.needed - 1)",
    ),
    Bug(
        "an empty list of approvers is everybody",
        VOTES,
        "principals.members\n            or",
        "principals in (Principals(), Principals(members=True))\n            or",
    ),
    Bug(
        "the last rule that matches wins",
        POLICY,
        "in enumerate(policy.rules, start=1):",
        "in reversed(list(enumerate(policy.rules, start=1))):",
    ),
    Bug("over is not strictly more", POLICY, OVER, OVER.replace(">", ">=")),
    Bug(
        "an unknown amount is small",
        POLICY,
        "if order.payable is None:\n        return True",
        "if order.payable is None:\n        return False",
    ),
    Bug("another currency is small", POLICY, OVER, OVER.replace("is None or", "is not None and")),
    Bug(
        "a rule's quorum is ignored",
        POLICY,
        "quorum=rule.quorum or policy.quorum,",
        "quorum=policy.quorum,",
    ),
    Bug(
        "a rule's approvers are ignored",
        POLICY,
        "approvers=rule.approvers or policy.approvers,",
        "approvers=policy.approvers,",
    ),
)

NO = (
    Bug("an approval taken back stays", DECISIONS, "votes=left,", "votes=request.votes,"),
    Bug(
        "a denial is one more vote",
        DECISIONS,
        "return self._denied(given, request, voted)",
        "return await self._approved(given, request, voted, person, company)",
    ),
    Bug(
        "a wish cannot be withdrawn",
        DECISIONS,
        "return ended(request, S.WITHDRAWN, at=self._clock.now(), by=given.user_id)",
        'return Verdict(counts=False, rule="status")',
    ),
    Bug(
        "the requester's stop comes to nothing",
        DECISIONS,
        "return self._stopped(given, request) if verdict == COUNTS else verdict",
        'return Verdict(counts=False, rule="status")',
    ),
    Bug("a no that is not yet judged is not heard", EXECUTOR, "heed=_ENDING", "heed=()"),
    Bug(
        "whoever was faster is not heard",
        EXECUTOR,
        "if not await self._change(claim, heed=_ENDING):\n            return",
        "await self._change(claim, heed=_ENDING)",
    ),
)

WHEN = (
    Bug(
        "requests with votes never expire",
        RECHECKS,
        "if now < request.expires_at:\n            return False",
        "if now < request.expires_at or request.votes:\n            return False",
    ),
    Bug(
        "time that passes while a cloud answers is not seen",
        EXECUTOR,
        "if not await self._rechecks.expired(request):",
        "if request.votes:",
    ),
    Bug(
        "the hold is not waited for",
        EXECUTOR,
        "if request.hold_until is None or self._clock.now() < request.hold_until:",
        "if request.hold_until is None:",
    ),
    Bug(
        "the shorter hold is enough",
        VOTES,
        "return max(request.requirement.hold, today.hold)",
        "return min(request.requirement.hold, today.hold)",
    ),
    Bug(
        "an order that differs is the same while it is unpaid",
        RECHECKS,
        "fingerprint(reading.order) == request.fingerprint",
        "reading.found is Found.UNPAID",
    ),
    Bug("a cloud that does not answer agrees", RECHECKS, NO_ANSWER, AGREES),
    Bug(
        "a call without an answer is made again",
        SETTLING,
        "if effect is CancelEffect.NOT_SENT:",
        "if effect in (CancelEffect.NOT_SENT, CancelEffect.UNKNOWN):",
    ),
    Bug("so is one that was under way", SETTLING, "status=S.UNKNOWN,", "status=S.APPROVED,"),
    Bug(
        "so is a throttled one, unread",
        SETTLING,
        THROTTLED,
        THROTTLED.replace(" and reading.found is Found.UNPAID", ""),
    ),
)

BUGS = WHO + RULE + NO + WHEN
