"""From what pydantic found to one sentence with file, line and fix. Never shows a value that was
refused as a secret."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from bot.configfile import ConfigFile, KeyPath
from bot.domain.accounts import Provider
from bot.errors import ConfigurationError
from bot.i18n import _

_EXAMPLES = {
    "access_key_id": '"env:ACCESS_KEY_ID"',
    "access_key_secret": '"env:ACCESS_KEY_SECRET"',
    "approvers": '["U0BOB"]',
    "name": '"alibaba-main"',
    "quorum": "1",
    "site": '"china"',
    "slack": '["U0BOB"]',
}


def refuse(config: ConfigFile, path: KeyPath, sentence: str) -> ConfigurationError:
    """The error for *path*, its key named in front of *sentence*."""
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    text = f"“{key}”: {sentence}" if key else sentence  # a bare `key: word` would be masked
    return ConfigurationError(text, file=str(config.path), line=config.line(path))


def first_refusal(config: ConfigFile, error: ValidationError) -> ConfigurationError:
    """What stands first in the file, so that an operator mends it from the top."""
    found = [_located(each) for each in error.errors(include_url=False, include_input=False)]
    paths = [path for path, _reason in found]
    causes = [each for each in found if not any(_holds(each[0], path) for path in paths)]
    path, sentence = min(causes, key=lambda each: config.line(each[0]))
    return refuse(config, path, sentence)


def nearest(word: str, known: list[str]) -> str:
    """`; did you mean "x"?`, or the known words."""
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return _('did you mean "{near}"?', near=close[0])
    return _("known here: {known}", known=", ".join(known))


def _holds(outer: KeyPath, inner: KeyPath) -> bool:
    """pydantic calls a list of refused items too short as well; the items are the cause."""
    return len(outer) < len(inner) and inner[: len(outer)] == outer


def _located(error: Any) -> tuple[KeyPath, str]:
    path: KeyPath = error["loc"]
    if path[:1] == ("accounts",) and len(path) > 2 and path[2] in set(Provider):  # noqa: PLR2004
        path = path[:2] + path[3:]  # the name of the union's member is no key
    kind, context = error["type"], error.get("ctx", {})
    if kind == "unknown_key":
        hint = nearest(context["key"], context["known"].split(", "))
        return (*path, context["key"]), _("unknown key; {hint}", hint=hint)
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        return (*path, "provider"), _("must be one of {known}", known=", ".join(Provider))
    return path, _sentence(kind, context, path, error["msg"])


def _sentence(kind: str, context: dict[str, Any], path: KeyPath, message: str) -> str:
    if kind == "value_error":
        return str(context["error"])
    key = str(path[-1]) if path else ""
    template = _template(kind, path, key)
    if template is None:
        return message
    table = ".".join(part for part in path if isinstance(part, str))
    example = _EXAMPLES.get(key, '"..."')
    return _(template, **{**context, "key": key, "example": example, "table": table})


def _template(kind: str, path: KeyPath, key: str) -> str | None:
    if kind == "tuple_type" and path in _REPEATED:
        return _ONCE
    if kind in _NO_TABLE:
        return _ONE_OF_SEVERAL if isinstance(path[-1], int) else _TABLE
    return _BY_KEY.get((kind, key)) or _BY_KIND.get(kind)


_ABSENT = _("missing; copy this table from countersign.example.toml")
_BY_KEY = {
    ("missing", "policy"): _ABSENT,
    ("missing", "accounts"): _ABSENT,
    ("greater_than_equal", "quorum"): _("must be at least 1; with 0 one person could cancel alone"),
}
_REPEATED: frozenset[KeyPath] = frozenset({("accounts",), ("people",), ("policy", "rules")})
_ONCE = _("write [[{table}]], with two brackets, above each one")
_NO_TABLE = frozenset({"model_type", "model_attributes_type"})
_TABLE = _("must be a table of its own, [{table}]")
_ONE_OF_SEVERAL = _("must be a table of its own, [[{table}]]")
_BY_KIND = {
    "missing": _("missing; add {key} = {example}"),
    "literal_error": _("must be {expected}"),
    "greater_than_equal": _("must be at least {ge}"),
    "greater_than": _("must be more than {gt}"),
    "less_than_equal": _("must be at most {le}"),
    "too_short": _("must not be empty"),
    "string_pattern_mismatch": _('must be a currency of three letters such as "CNY"'),
    "string_type": _("must be text in quotes"),
    "int_type": _("must be a whole number without quotes"),
    "int_from_float": _("must be a whole number"),
    "float_type": _("must be a number without quotes"),
    "tuple_type": _("must be a list in square brackets"),
}
