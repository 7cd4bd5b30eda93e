"""A cloud whose answers to cancel calls and single reads are set by the test, one each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.domain.accounts import Account
from bot.domain.orders import CancelEffect, CancelReceipt, Order, PaymentStatus
from bot.errors import ProviderError, ProviderUnavailable
from tests.fake_cloud import FakeAdapter


@dataclass(frozen=True, slots=True)
class Answer:
    """To one cancel call: what is said, and whether the order is void afterwards."""

    effect: CancelEffect = CancelEffect.YES
    acts: bool = True
    code: str = ""
    text: str = ""
    combined: bool = False


DROPS_AFTER_ACTING = Answer(CancelEffect.UNKNOWN, acts=True)
DROPS_BEFORE_ACTING = Answer(CancelEffect.UNKNOWN, acts=False)
LIES = Answer(CancelEffect.YES, acts=False)
THROTTLES = Answer(CancelEffect.THROTTLED, acts=False, code="Throttling.User")
NOT_SENT = Answer(CancelEffect.NOT_SENT, acts=False)
REFUSES = Answer(CancelEffect.NO, acts=False, code="CBC.0151", text="access denied")


class ScriptedCloud(FakeAdapter):
    """`answers` and `reads` are used up from the front, then the truth is told. A read is an error
    to raise or an order to tell instead of the true one, None for the truth. `effects` holds the
    ids of orders that a cancel call made void."""

    def __init__(
        self, account: Account | None = None, orders: Iterable[Order] = (), **capabilities: Any
    ) -> None:
        super().__init__(account, orders, **capabilities)
        self.answers: list[Answer] = []
        self.reads: list[ProviderError | Order | None] = []
        self.effects: list[str] = []

    async def get_order(self, order_id: str, *, language: str) -> Order:
        told = self.reads.pop(0) if self.reads else None
        if told is None:
            return await super().get_order(order_id, language=language)
        self.calls.append(("get_order", order_id))
        if isinstance(told, ProviderError):
            raise told
        return told

    async def cancel_order(self, order_id: str) -> CancelReceipt:
        await self._arrived("cancel_order", order_id)
        answer = self.answers.pop(0) if self.answers else self._honest(order_id)
        order = self.orders.get(order_id)
        if answer.acts and order and order.payment_status is PaymentStatus.UNPAID:
            self.change(order_id, payment_status=PaymentStatus.CANCELLED)
            self.effects.append(order_id)
        return CancelReceipt(
            effect=answer.effect, code=answer.code, text=answer.text, combined=answer.combined
        )

    def _honest(self, order_id: str) -> Answer:
        order = self.orders.get(order_id)
        if order is not None and order.payment_status is PaymentStatus.UNPAID:
            return Answer()
        return Answer(CancelEffect.NO, acts=False, code="CBC.99005010")


def no_answer() -> ProviderUnavailable:
    return ProviderUnavailable("no answer", account="huawei-main", operation="get_order")
