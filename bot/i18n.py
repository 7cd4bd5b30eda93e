"""The one door for sentences that a person reads: `_("{count} orders", count=3)`.

A catalog is a `gettext.NullTranslations`; the language of the current task is a context variable,
so that two people who type at the same moment each read their own.
"""

from __future__ import annotations

from contextvars import ContextVar
from gettext import NullTranslations

_catalog: ContextVar[NullTranslations] = ContextVar("catalog", default=NullTranslations())  # noqa: B039 - never mutated


def _(message: str, /, **values: object) -> str:
    """Return *message* in the current language with *values* filled in by `str.format`."""
    text = _catalog.get().gettext(message)
    return text.format(**values) if values else text
