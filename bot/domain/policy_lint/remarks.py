"""What lint says, and about which key of the configuration."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.policy import Policy

Place = tuple[str | int, ...]  # ("policy", "rules", 0, "quorum")


@dataclass(frozen=True, slots=True)
class Remark:
    """One sentence with the fix. A *note* is nothing to mend."""

    place: Place
    sentence: str
    note: bool = False


def place_of(rule: int, key: str = "") -> Place:
    """Of a rule by its number, from 1, or of the policy (0), or of a key there."""
    table: Place = ("policy", "rules", rule - 1) if rule else ("policy",)
    return (*table, key) if key else table


def place_holding(policy: Policy, rule: int, key: str) -> Place:
    """Where *key* stands that holds for a rule: there, or in the policy."""
    own = rule and getattr(policy.rules[rule - 1], key) is not None
    return place_of(rule if own else 0, key)
