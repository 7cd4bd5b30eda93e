"""Time zones by name: those that mean the same on every machine."""

from __future__ import annotations

from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones


def zone_named(text: str) -> str:
    """The IANA name that *text* means, whatever its case; "" for none."""
    return _names().get(text.strip().casefold().replace(" ", "_"), "")


@lru_cache(maxsize=600)
def zone_rules(name: str) -> ZoneInfo:
    """The rules of an IANA name. Kept, for zoneinfo itself keeps eight and reads the others from
    the disk each time. Raises KeyError, ValueError or OSError where there are none."""
    return ZoneInfo(name)


@cache
def _names() -> dict[str, str]:
    names = available_timezones() - {"localtime", "Factory"}
    return {name.casefold(): name for name in names}
