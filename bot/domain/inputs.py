"""What a person did, as it came: stored before Slack is answered, judged afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class InputKind(StrEnum):
    REQUEST = "request"
    APPROVE = "approve"
    DENY = "deny"
    TAKE_BACK = "take_back"
    WITHDRAW = "withdraw"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One decisive input. *input_id* is Slack's trigger id, unique for 24 hours.

    *request_id* is "" for a new request; then *account* and *order_id* say which order. *reason* is
    what was typed. *channel* and *message_ts* are where a clicked card stands ("" in a modal).
    """

    input_id: str
    kind: InputKind
    user_id: str
    at: datetime
    request_id: str = ""
    account: str = ""
    order_id: str = ""
    reason: str = ""
    channel: str = ""
    message_ts: str = ""
