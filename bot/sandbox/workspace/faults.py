"""Faults on order: slow or cut lines, refusals, throttling, for API calls and for deliveries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

FaultKind = Literal["slow", "drop_before", "drop_after", "rate_limited", "error"]
DELIVERIES = ("delivery", "slash_commands", "interactive", "events_api")


@dataclass(slots=True, kw_only=True)
class Fault:
    """*times* uses left (0 = until cleared).

    *method* is a Web API method, `response_url`, `delivery` (anything sent to the app) or one kind
    of delivery; None = any call of the app. *seconds* is the delay or the Retry-After; *error* the
    code that the app is told.
    """

    kind: FaultKind
    method: str | None = None
    error: str = "internal_error"
    seconds: float = 1
    times: int = 1


class Faults:
    """The faults ordered and not yet used up. *methods* are the names of the app's calls."""

    def __init__(self, methods: Collection[str]) -> None:
        self._methods = methods
        self.ordered: list[Fault] = []

    def order(self, fault: Fault) -> None:
        """Raises LookupError for a kind or method that does not exist."""
        if fault.kind not in get_args(FaultKind):
            raise LookupError(f"no such kind of fault: {fault.kind}")
        if fault.method is not None and fault.method not in {*self._methods, *DELIVERIES}:
            raise LookupError(f"no such method: {fault.method}")
        if fault.method in DELIVERIES and fault.kind in ("rate_limited", "error"):
            raise LookupError(f"a delivery cannot have the fault {fault.kind}")
        self.ordered.append(fault)

    def for_call(self, method: str) -> Fault | None:
        """The first fault that fits a call of the app, counted down."""
        return self._take((None, method))

    def for_delivery(self, kind: str) -> Fault | None:
        return self._take(("delivery", kind))

    def _take(self, names: tuple[str | None, str]) -> Fault | None:
        for fault in self.ordered:
            if fault.method in names:
                if fault.times == 1:
                    self.ordered.remove(fault)
                fault.times = max(fault.times - 1, 0)
                return fault
        return None
