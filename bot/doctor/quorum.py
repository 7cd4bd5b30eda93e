"""Whether a request could ever be approved: by the policy, and by each rule that names approvers,
a quorum or requesters of its own."""

from __future__ import annotations

from dataclasses import dataclass

from bot.doctor.findings import Code, Notes
from bot.doctor.people import Registry
from bot.domain.people import Person
from bot.domain.policy import Humans, Policy, Principals, Requirement, Rule
from bot.domain.votes import Company, can_ever_be_approved
from bot.i18n import _

READ_AT_MOST = 30  # members of user groups of whom Slack is asked, for one requirement
_NOBODY = ""  # as the requester: then everybody named may approve


@dataclass(frozen=True, slots=True)
class Asked:
    where: str
    requirement: Requirement


async def check_quorums(registry: Registry, policy: Policy, humans: Humans, notes: Notes) -> None:
    for asked in _asked(policy):
        await _check(registry, asked, humans, notes)


async def _check(registry: Registry, asked: Asked, humans: Humans, notes: Notes) -> None:
    what = _("whether {where} can be met", where=asked.where)
    requirement, roll = asked.requirement, registry.roll
    company = Company(roll.team_id, humans, roll.groups)
    if requirement.approvers.members:
        notes.check(what)
        return
    requesters = _requesters(requirement, company)
    approvers = await _readable(registry, requirement, requesters, company)
    if approvers is None:
        notes.skip(what, _("Slack does not say who all of them are"))
    elif not can_ever_be_approved(requirement, _NOBODY, company, approvers):
        notes.find(
            Code.APPROVERS_TOO_FEW,
            asked.where,
            _(
                "Fewer than {quorum} of the people named may approve, so nothing ever would be"
                " approved.",
                quorum=requirement.quorum,
            ),
            _("Name more approvers who are full members of this workspace."),
        )
    elif requesters and not any(
        can_ever_be_approved(requirement, one, company, approvers) for one in requesters
    ):
        notes.find(
            Code.APPROVERS_ONLY_REQUESTER,
            asked.where,
            _(
                "Whoever may ask is needed to approve it too, and nobody approves their own"
                " request."
            ),
            _("Name an approver who is somebody else than the requester."),
        )
    else:
        notes.check(what)


async def _readable(
    registry: Registry, requirement: Requirement, requesters: frozenset[str], company: Company
) -> list[Person] | None:
    """The people named, until they are enough for whoever asks; None where too few could be read
    to tell."""
    principals, roll = requirement.approvers, registry.roll
    missing = not principals.groups <= roll.groups.keys()
    ids = sorted(principals.people)
    ids += sorted({one for group in principals.groups for one in roll.groups.get(group, ())})
    found: list[Person] = []
    for number, user_id in enumerate(dict.fromkeys(ids)):
        if number >= READ_AT_MOST and user_id not in roll.people:
            missing = True
            break
        person = await registry.person(user_id)
        missing = missing or user_id not in roll.people
        found.extend([person] if person else [])
        if all(
            can_ever_be_approved(requirement, one, company, found)
            for one in (requesters or {_NOBODY})
        ):
            return found
    return None if missing else found


def _requesters(requirement: Requirement, company: Company) -> frozenset[str]:
    """Who may ask, where that is a closed list; empty where any full member may."""
    principals = requirement.requesters
    if principals.members:
        return frozenset()
    in_groups = (company.groups.get(group, frozenset()) for group in principals.groups)
    return principals.people.union(*in_groups)


def _asked(policy: Policy) -> list[Asked]:
    asked = [Asked("policy.approvers", _requirement(policy, Rule()))]
    for number, rule in enumerate(policy.rules, start=1):
        if rule.approvers or rule.quorum or rule.requesters:
            asked.append(Asked(f"policy.rules {number}, approvers", _requirement(policy, rule)))
    return asked


def _requirement(policy: Policy, rule: Rule) -> Requirement:
    approvers: Principals = rule.approvers or policy.approvers
    return Requirement(
        requesters=rule.requesters or policy.requesters,
        approvers=approvers,
        quorum=rule.quorum or policy.quorum,
        hold=policy.hold,
        expires=policy.expires,
    )
