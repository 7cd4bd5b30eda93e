"""What must never be read: known secrets and whatever looks like one, replaced by ***; and what a
terminal must never obey, as escapes.

Secrets are registered where they are read. Patterns catch the rest: Slack tokens, authorization
headers, signed parameters, webhook addresses.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from urllib.parse import quote, quote_plus

MASK = "***"
_SHORTEST = 4  # a shorter secret would blacken half of every sentence

_NAMES = (  # of headers, parameters and keys whose values are secret
    r"access[-_]?key[-_]?(?:id|secret)|secret[-_]?access[-_]?key|secret[-_]?key|signing[-_]?secret"
    r"|client[-_]?secret|iam[-_]?password|password|passwd"
    r"|(?:x-acs-|x-)?security[-_]?token|x-auth-token|x-subject-token|x-acs-accesskey-id"
    r"|x-slack-signature|signature(?:nonce)?|access[-_]?token|refresh[-_]?token|token|ticket"
)
_VALUE = r"(?:\"[^\"]*\"?|'[^']*'?|(?:(?!%26)[^\s\"'&,;<>(){}\[\]])+)"


def _pattern(text: str) -> re.Pattern[str]:
    """Group 1, where there is one, stays; the rest of the match is masked."""
    return re.compile(text, re.IGNORECASE)


_PATTERNS = (
    _pattern(r"https?://hooks\.slack(?:-gov)?\.com/[^\s\"'<>\\]*"),
    _pattern(r"(https?://[^\s\"'<>?]*\?)[^\s\"'<>]*signature(?:=|%3D)[^\s\"'<>]*"),
    _pattern(r"(\bhttps?://)[^/\s@\"'<>]+(?=@)"),
    _pattern(rf"(\bresponse_urls?[\"']?\s*[:=]\s*){_VALUE}"),
    _pattern(r"\b(?:xox[a-z]|xapp|xwfp)[-.][A-Za-z0-9.%-]+"),
    _pattern(r"(\b(?:proxy-)?authorization[\"']?\s*[:=]\s*[\"']?)[^\r\n\"']+"),
    _pattern(r"(\b(?:ACS3|SDK|HMAC)[A-Z0-9-]*\s+)(?:Credential|Access)=[^\r\n\"']*"),
    _pattern(r"(\bBearer\s+)[A-Za-z0-9._~+/=-]{8,}"),
    _pattern(rf"((?<![A-Za-z0-9])(?:{_NAMES})[\"']?\s*(?:=|:|%3D|%3A)\s*){_VALUE}"),
    _pattern(r"\b(?:LTAI|STS\.)[A-Za-z0-9]{8,}"),
    _pattern(r"\bv0=[0-9a-f]{64}\b"),
)
_SECRET_FIELD = _pattern(rf"(?:.*[_-])?(?:authorization|{_NAMES}|response_url)")


class Redactor:
    """A set of known secrets. The process uses one, through `register` and `mask` below."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def register(self, secret: str) -> None:
        """Mask *secret* from now on, also as it stands in a URL or in JSON."""
        if len(secret) < _SHORTEST:
            return
        spellings = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
        if not spellings <= self._known:
            self._known |= spellings
            self.__dict__.pop("_known_pattern", None)

    def mask(self, text: str) -> str:
        """*text* with each known secret and each secret-looking part replaced. All are looked for
        in the text as it came, so that none takes from another what it is told by."""
        patterns = (self._known_pattern, *_PATTERNS) if self._known else _PATTERNS
        spans = sorted(
            (found.end(pattern.groups), found.end()) if pattern.groups else found.span()
            for pattern in patterns
            for found in pattern.finditer(text)
        )
        kept: list[str] = []
        at = 0
        for start, end in spans:
            if start > at or not kept:
                kept += [text[at:start], MASK]
            at = max(at, end)
        return "".join((*kept, text[at:]))

    @cached_property
    def _known_pattern(self) -> re.Pattern[str]:
        longest_first = sorted(self._known, key=len, reverse=True)
        return re.compile("|".join(re.escape(secret) for secret in longest_first))


_process = Redactor()


def register(secret: str) -> None:
    """Mask *secret* in everything that `mask` sees from now on."""
    _process.register(secret)


def mask(text: str) -> str:
    """*text* without secrets: safe to log, to store and to show."""
    return _process.mask(text)


def is_secret_field(name: str) -> bool:
    """Whether a value under this name is masked whole, whatever it looks like."""
    return _SECRET_FIELD.fullmatch(name) is not None


def visible(text: str, *, lines: bool = False) -> str:
    """*text* with control, bidi and other characters that are not printed as escapes: `\\x1b`. Its
    ends of line are kept with *lines*."""
    if text.isprintable():
        return text
    return "".join(
        each
        if each.isprintable() or (lines and each == "\n")
        else each.encode("unicode_escape").decode()
        for each in text
    )
