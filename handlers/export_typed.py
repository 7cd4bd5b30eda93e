"""What was typed after `/order export`, as a value; or a UsageError with the fix. No calls.

/order export [filters] [format:csv|jsonl]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.orders import PaymentStatus
from bot.errors import UsageError
from bot.i18n import _
from bot.services.export_files import ExportFormat
from handlers.filters import FILTERS, List, typed_filters
from handlers.typed import echo, nearest, unlinked

EXAMPLE = "/order export status:unpaid since:90d format:csv"
_NAME = "format"


@dataclass(frozen=True, slots=True)
class Export:
    """Filters as typed, by name: those of a list."""

    filters: Mapping[str, str] = field(default_factory=dict)
    form: ExportFormat = ExportFormat.CSV

    @property
    def listed(self) -> List:
        return List(unpaid=False, filters=self.filters)


def read_export(words: list[str]) -> Export:
    """Raises UsageError."""
    forms, filters = [], []
    for word in words:
        name, colon, value = unlinked(word).partition(":")
        if name.lower() == _NAME:
            forms.append(_form(value))
        elif not colon and (meant := _meant(name.lower())):
            raise UsageError(
                _(
                    "I do not know “{word}”. Did you mean {example} ?",
                    word=echo(word),
                    example=f"/order export {meant}",
                )
            )
        elif name.lower() not in FILTERS and nearest(name.lower(), [_NAME, *FILTERS]) == _NAME:
            raise UsageError(
                _(
                    "I do not know “{word}”. Did you mean {example} ?",
                    word=echo(word),
                    example=f"/order export {_NAME}:{ExportFormat.CSV}",
                )
            )
        else:
            filters.append(word)
    if len(forms) > 1:
        raise UsageError(
            _(
                "“{name}” is there twice; write it once, for example {example}",
                name=_NAME,
                example=f"{_NAME}:{ExportFormat.CSV}",
            )
        )
    return Export(typed_filters(filters), *forms)


def _form(value: str) -> ExportFormat:
    try:
        return ExportFormat(value.lower())
    except ValueError:
        raise UsageError(
            _(
                "format:{value} is not known; there are {forms}, for example {example}",
                value=echo(value),
                forms=", ".join(ExportFormat),
                example=EXAMPLE,
            )
        ) from None


def _meant(word: str) -> str:
    """A status or format that stands alone, with the name that belongs before it."""
    if word in list(PaymentStatus):
        return f"status:{word}"
    return f"{_NAME}:{word}" if word in list(ExportFormat) else ""
