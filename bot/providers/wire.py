"""What all wire models share: lenient scalars, exact numbers, and every value kept as a field."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from bot.domain.orders import Field

# Before or after the point: an amount of 1E+999999 would fill the memory when it is shown.
_MAX_DIGITS = 30


def parse_json(body: bytes) -> Any:
    """JSON with exact numbers: ints of any size stay ints, other numbers become Decimal.

    Raises ValueError (RecursionError where it is nested without end).
    """
    return json.loads(body, parse_float=_exact, parse_constant=_refuse_constant)


def _exact(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation as error:  # an exponent beyond all measure
        raise ValueError("a number out of range") from error


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON number")


def _text(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, Decimal)) else value


def _amount(value: object) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount.adjusted()) < _MAX_DIGITS else None


def _time(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value).strip())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


Text = Annotated[str, BeforeValidator(_text)]  # null and a missing key are ""
Amount = Annotated[Decimal | None, BeforeValidator(_amount)]  # text, number, "", null
UtcTime = Annotated[datetime | None, BeforeValidator(_time)]  # ISO 8601; "" and null are None


class Wire(BaseModel):
    """Base of wire models: frozen; fields of later API versions pass through `fields_of`."""

    model_config = ConfigDict(frozen=True, extra="ignore", arbitrary_types_allowed=True)


def fields_of(answer: object) -> tuple[Field, ...]:
    """Every scalar of a JSON value with its path, in the provider's order.

    Nulls and empty containers are left out, an empty text too. Numbers keep their digits.
    """
    found: list[Field] = []
    _walk(answer, "", found)
    return tuple(found)


def _walk(value: object, path: str, found: list[Field]) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _walk(inner, f"{path}.{key}" if path else str(key), found)
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            _walk(inner, f"{path}.{position}" if path else str(position), found)
    elif isinstance(value, bool):
        found.append(Field(path, "true" if value else "false"))
    elif value is not None and value != "":
        found.append(Field(path, str(value)))
