"""Hostile strings: repeatable, and each piece of them behind a mark by which it is found again.

A mark is plain ASCII letters, so whatever shows a text shows its marks too. What stands behind a
mark in an output can then be held against what stood behind it in the string.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from itertools import groupby, product
from random import Random
from string import ascii_lowercase
from urllib.parse import quote

MARK = re.compile(r"zq[a-z]{5}")
FORGED = "forged"  # begins what a string would like to be a line of its own
CORE = "Hv7Kq2"  # in every secret, several times: no part of one can be shown without it
REGISTERED = (f"{CORE}.{CORE}-{CORE}", f"{CORE}+/a=b&c<d {CORE}", f'{CORE}"\\ü{CORE}')

LOOKED_AT = 12  # characters behind a mark that are compared


def _characters() -> dict[str, str]:
    """By Unicode category, its characters as the inside of a regular expression's class."""
    spans: dict[str, list[str]] = {}
    points = range(sys.maxunicode + 1)
    for category, group in groupby(points, key=lambda point: unicodedata.category(chr(point))):
        first, *rest = group
        last = rest[-1] if rest else first
        spans.setdefault(category, []).append(f"\\U{first:08x}-\\U{last:08x}")
    return {category: "".join(several) for category, several in spans.items()}


_OF = _characters()
_OBEYED = _OF["Cc"] + _OF["Cf"] + _OF["Cs"] + _OF["Zl"] + _OF["Zp"]
UNSEEN = re.compile(f"[{_OBEYED}{_OF['Co']}{_OF['Cn']}{_OF['Zs']}]+")
ACTING = re.compile(f"(?!\n)[{_OBEYED}]")
"""What a terminal, a browser or a reader's eye obeys without showing it."""

PIECES = (
    # mentions and links, as Slack writes them and as people do
    "<!channel>", "<!here|x>", "<!everyone>", "<@U0BOB>", "<@U0BOB|boss>", "<#C0GENERAL>",
    "<#C0GENERAL|general>", "<!subteam^S0FINANCE>", "<!subteam^S0FINANCE|@finance>",
    "<!date^1^{date}^https://evil.example|soon>", "<https://evil.example|Approve>",
    "<https://evil.example/?a=1&b=2>", "<mailto:boss@evil.example|boss>", "<tel:500491|500491>",
    "<javascript:alert(1)|x>", "[Approve](https://evil.example)", "https://evil.example/?a=1&b=2",
    "@channel", "@here", "#general", "www.evil.example", "＜！channel＞",
    # entities, whole and in pieces
    "&lt;!channel&gt;", "&amp;lt;!here&amp;gt;", "&#60;!channel&#62;", "&lt", "&", "&a", "&amp",
    "<", ">", "<<", ">>>", "|", "<!", "<@", "&&&&&&&&", "<<<<<<<<", "amp;", "lt;",
    # formatting
    "*bold*", "_italic_", "~gone~", "`code`", "```block```", "*", "_", "~", "`", "```", "*_~`",
    "> quoted", "\n> quoted", "\n• item", "\n1. item", "\n# title", ":rotating_light:",
    ":white_check_mark::+1:", "<!channel> *Paid* by <@U0BOB>", "\\*not bold\\*",
    # lines of their own
    f"\n{FORGED}: approved by the boss", f"\r\n{FORGED}\r\n", f"\u2028{FORGED}\u2029",
    f"\x85{FORGED}", f"\x0b{FORGED}\x0c", f"\r{FORGED}", f"\n\n\n{FORGED}\n",
    f'\n{{"event": "{FORGED}", "level": "info"}}', f"\n2026-11-20T12:00:00Z [info] {FORGED}",
    # control, bidi and other characters that are obeyed and not seen
    "\x00", "\x07\x07", "\x08\x08\x08", "\x1b", "\x7f", "\x80\x9f", "\u202eevorppa\u202c",
    "\u2066x\u2069", "\u200b", "\u200d", "\ufeff", "\u061c", "\xad", "\u180e", "\u00a0", "\u3000",
    "\ufff9a\ufffab\ufffb", "\U000e0041\U000e007f", "\ue000", "\U000f0000", "\uffff", "\ufdd0",
    "e\u0301\u0316\u0323" * 3, "Z̸̢̛͔̲̈́͌a̵̧̛͕͓̾l̶͚̽g̸̨̭̿o̸͙̔",
    # ANSI escapes
    "\x1b[31mred", "\x1b[2J\x1b[H", "\x1b]0;title\x07", "\x1b]8;;https://evil.example\x1b\\x",
    "\x1bc", "\x9b31m", "\x9d0;title\x9c", "\x1b[8mhidden\x1b[0m", "\x1b[1A\x1b[2K",
    "\x1bP$q\x1b\\", "\x1b[6n", "\x1b(0",
    # templates
    "{name}", "{account}", "{order_id}", "{0}", "{}", "{x.__class__}", "{{}}", "{", "}", "%s",
    "%(message)s", "%d%n", "%", "${HOME}", "$(id)", "`id`", "#{1+1}", "{{7*7}}", "\\1", "\\g<0>",
    # formulas
    "=1+1", "=cmd|'/c calc'!A0", "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1",
    '=HYPERLINK("https://evil.example")', " =1", "＝1", "＋1", "－1", "＠x", "−1", "﹦1", ";=1",
    '";=1', '"=1', "'=1", "“=1", ",=1", '",=1', "\ufeff=1", "\u200b=1", "|cmd", "0012", "12E4",
    "1144119593783001088", "1,5", "'", '"', '""', ",", ";", "\t",
    # other languages of other readers
    "</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<!--", "]]>",
    "'; drop table audit; --", '\\", "ok": true, "', "\\u003c", "\\x1b", "../../etc/passwd",
    "file:///etc/passwd", "&quot;", "null", "undefined", "NaN", "true", "0", "-0", "1e309",
    # scripts and pictures
    "😀", "👩\u200d👩\u200d👧", "🇨🇳", "👍🏽", "订单 云服务器", "طلب ملغى", "ｆｕｌｌ", "ﬁ ﷽", "İıſ",
    "\ud800", "\udfff", "\ud83d", "\udc80lone",
)  # fmt: skip
_HEADS = tuple(piece for piece in PIECES if FORGED not in piece)
_SEEN = {piece: UNSEEN.sub("", piece)[:LOOKED_AT] for piece in ("", *PIECES)}
NOTHING = ("", " ", "\n", "\u200b", "\u202e \u202c", "\ud800", "\x00", "\u3000")
EDGES = (20, 24, 30, 40, 60, 64, 75, 80, 90, 100, 150, 160, 180, 200, 220, 250, 300, 500, 600)
FAR_EDGES = (1000, 1900, 2000, 2900, 3000)  # limits near which a string is cut
REPEATED = ("&", "<", "😀", "订", "a\n", "<!channel>", "&lt;", "\u202ea", "{x}", "*_", " ", "=1;")
HUGE = 100_000

_BETWEEN = (" ", "\n", ", ", "; ", " (", "\t", "\r\n", ' "', "?", "“", "\u202e ", "\x1b[31m ")
_KNOWN = (*REGISTERED, f"https://bss.example/?q={quote(REGISTERED[1], safe='')}")
_SECRETS: tuple[Callable[[str], str], ...] = (
    lambda secret: f"Signature={secret}",
    lambda secret: f"https://ecs.example/?Action=X&Signature={quote(secret)}&Timestamp=1",
    lambda secret: f"https://bss.example/?AccessKeyId=LTAI{secret}&Format=JSON",
    lambda secret: f'{{"password": "{secret}", "user": "x"}}',
    lambda secret: f"{{'security_token': '{secret}'}}",
    lambda secret: f"Authorization: ACS3-HMAC-SHA256 Credential=A,Signature={secret}",
    lambda secret: f"Authorization: Bearer {secret}",
    lambda secret: f"'authorization': 'SDK-HMAC-SHA256 Access={secret}, Signature={secret}'",
    lambda secret: f"Bearer {secret}",
    lambda secret: f"https://hooks.slack.com/commands/T0HOME/1/{secret}",
    lambda secret: f"{{'response_url': 'https://evil.example/response/{secret}'}}",
    lambda secret: f"response_url=http://127.0.0.1:8080/response/{secret}",
    lambda secret: f"xoxb-1-{secret}",
    lambda secret: f"xapp-1-A0-{secret}",
    lambda secret: f"LTAI{secret}",
    lambda secret: f"http://user:{secret}@proxy:3128",
    lambda secret: f"SecurityToken={secret}",
    lambda secret: f"GET&%2F&AccessKeySecret%3D{secret}%26Action%3DX",
    lambda secret: f"x-auth-token:{secret}",
    lambda secret: f"wss://wss-primary.slack.com/link/?ticket={secret}&app_id=3",
)


class Strings:
    """Strings of one *seed*, one after the other."""

    def __init__(self, seed: str) -> None:
        self.made = 0
        self.behind: dict[str, tuple[int, str]] = {}
        """By mark: the number of the string, and what a reader sees first behind the mark."""
        self._expected = True
        self._random = Random(seed)
        self._letters = product(ascii_lowercase, repeat=5)

    def text(self) -> str:
        """From outside, without a secret in it: what an order, a person or a name may say."""
        self.made += 1
        draw = self._random
        chance = draw.random()
        if chance < 0.02:
            return draw.choice(NOTHING)
        head = draw.choice(_HEADS) if chance < 0.6 else ""
        if chance < 0.86:
            return head + "".join(self._marked() for _ in range(draw.randint(1, 4)))
        if chance < 0.9:
            return head + self._marked() + _scattered(draw) + self._marked()
        if chance < 0.9999:
            edges = EDGES if chance < 0.985 else FAR_EDGES
            return self._cut_at(draw.choice(edges), head)
        return self._cut_at(HUGE, head)

    def altered(self) -> str:
        """The same, for where less than the text is shown on purpose: a currency, a typed word."""
        self._expected = False
        try:
            return self.text()
        finally:
            self._expected = True

    def long(self) -> str:
        """The same, as long as a message's text may be, or a little longer."""
        self.made += 1
        return self._cut_at(self._random.choice(FAR_EDGES), "")

    def huge(self) -> str:
        """The same, longer than anybody has room for, though not each time."""
        self.made += 1
        return self._cut_at(self._random.choice((100, 2000, HUGE)), "")

    def failure(self) -> str:
        """What a cloud, Slack or a library says of a failure, secrets in it."""
        self.made += 1
        draw = self._random
        parts = [self._marked()]
        for _ in range(draw.randint(1, 3) if draw.random() < 0.95 else 60):
            secret = f"{CORE}{draw.randrange(10**6)}{CORE}{draw.randrange(10**6)}{CORE}"
            secret *= 1 if draw.random() < 0.9 else 30  # a temporary token
            form = draw.choice(_SECRETS)(secret)
            if draw.random() < 0.2:
                form = draw.choice(_KNOWN)
            parts += [draw.choice(_BETWEEN), form, draw.choice(_BETWEEN), self._mark("")]
        return "".join(parts)

    def _cut_at(self, edge: int, head: str) -> str:
        """As long as it takes to be cut at or about *edge*, in the middle of what it repeats."""
        draw = self._random
        start = head + self._marked()
        filler = "n" * max(0, edge - len(start) - draw.randint(0, 24))
        repeated = draw.choice(REPEATED)
        most = HUGE if edge == HUGE else edge // 3 + 40
        if edge == HUGE:
            filler = ""
        return f"{start}{filler}{repeated * (most // len(repeated))}{self._marked()}"

    def _marked(self) -> str:
        return self._mark(self._random.choice(PIECES))

    def _mark(self, piece: str) -> str:
        """*piece* behind a mark of its own."""
        mark = "zq" + "".join(next(self._letters))
        self.behind[mark] = (self.made, _SEEN[piece] if self._expected else "")
        return mark + piece


def _scattered(draw: Random) -> str:
    """Characters from anywhere."""
    return "".join(chr(draw.randrange(sys.maxunicode + 1)) for _ in range(draw.randint(1, 12)))
