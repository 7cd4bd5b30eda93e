"""What a cancel came to, told from the error that it ended in."""

from __future__ import annotations

from bot.domain.orders import CancelEffect, CancelReceipt
from bot.errors import ProviderError, ProviderMalformed, ProviderThrottled, ProviderUnavailable


def receipt_of(error: ProviderError, *, combined: bool = False) -> CancelReceipt:
    """ProviderRefused, ProviderInvalid and ProviderNotFound count as the provider's "not done", so
    whoever judges the answer to a cancel raises them for nothing else."""
    return CancelReceipt(
        effect=_effect(error),
        code=error.code,
        request_id=error.request_id,
        text=str(error),
        combined=combined,
    )


def _effect(error: ProviderError) -> CancelEffect:
    if not error.sent:
        return CancelEffect.NOT_SENT
    if isinstance(error, ProviderThrottled):
        return CancelEffect.THROTTLED
    if isinstance(error, (ProviderUnavailable, ProviderMalformed)):
        return CancelEffect.UNKNOWN
    return CancelEffect.NO
