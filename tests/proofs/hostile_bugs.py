"""Edits of the bot after which a text from outside could act, or a sender could hold or break it:
the proofs have to find each of them."""

from __future__ import annotations

from tests.proofs.proof import Bug

TEXT, SURFACE, WORDS = (
    "handlers/views/text.py",
    "handlers/views/surface.py",
    "handlers/views/words.py",
)
ORDERS, DIGEST, LISTS = (
    "handlers/views/orders.py",
    "handlers/views/digest_line.py",
    "handlers/views/lists.py",
)
FILES, LOGS, REDACT = "bot/services/export_files.py", "bot/logs.py", "bot/redact.py"
FRONT = "handlers/front.py"

SECOND = "fields=[literal(_second(line, contents), SECOND)]"
CUT_WHOLE = 'return "".join(pieces[: bisect_right(ends, limit - len(CUT))]) + CUT'
CONSOLE = 'quote(clean(order.order_id), safe="")'
GUARDED = """if text.startswith("'") or rounded or _FORMULA.match(text):"""
SPELT = 'spellings = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}'
VALID = "each.is_valid(raw, stamp, signature)"

SHOWN = (
    Bug(
        "a digest's second line is markup",
        DIGEST,
        SECOND,
        "fields=[markup(Markup(_second(line, contents)[:SECOND]))]",
    ),
    Bug(
        "a sentence is markup",
        SURFACE,
        "return SectionBlock(text=literal(text, lines=lines))",
        "return SectionBlock(text=markup(Markup(text[:3000] or '-')))",
    ),
    Bug(
        "a pushed text is not escaped", SURFACE, "Rendered(escaped(text),", "Rendered(text[:3000],"
    ),
    Bug(
        "a cut splits an entity",
        TEXT,
        CUT_WHOLE,
        'return "".join(pieces)[: limit - len(CUT)] + CUT',
    ),
    Bug(
        "a mention holds whatever the id does",
        TEXT,
        "_NOT_USER_ID.sub('', user_id)[:20]",
        "user_id[:40]",
    ),
    Bug(
        "a currency is markup",
        TEXT,
        '_NOT_CURRENCY.sub("", amount.currency)[:20]',
        "amount.currency[:20]",
    ),
    Bug(
        "bidi and invisible characters stay",
        TEXT,
        'frozenset({"Cc", "Cf", "Cs",',
        'frozenset({"Cc", "Cs",',
    ),
    Bug(
        "emoji codes are drawn",
        TEXT,
        'PlainTextObject(text=shown if shown.strip() else "-", emoji=False)',
        'PlainTextObject(text=shown if shown.strip() else "-", emoji=True)',
    ),
    Bug("an empty text is sent", TEXT, 'shown if shown.strip() else "-", emoji', "shown, emoji"),
    Bug("a title has no end", SURFACE, "text=literal(text, 150)", "text=literal(text, 1500)"),
    Bug(
        "a value has lines of its own",
        ORDERS,
        'f"{label}\\n{short(value, FACT)}"',
        'f"{label}\\n{value[:FACT]}"',
    ),
    Bug("an order's number leads elsewhere", ORDERS, CONSOLE, "order.order_id"),
    Bug(
        "a button carries an order's number",
        ORDERS,
        'button(ActionId.DETAILS, _("All details"), card_id)',
        'button(ActionId.DETAILS, _("All details"), order.order_id[:2000])',
    ),
    Bug(
        "a cloud's words are a template",
        WORDS,
        'return _("{problem} Details: {told}", problem=brief_problem(error), told=told)',
        'return _("{problem} Details: " + told, problem=brief_problem(error))',
    ),
    Bug(
        "a cloud's words are not masked",
        WORDS,
        "shown = mask(text[:LOOKED_AT])",
        "shown = text[:LOOKED_AT]",
    ),
)
WRITTEN = (
    Bug("no apostrophe before a formula", FILES, GUARDED, 'if text.startswith("\'") or rounded:'),
    Bug(
        "no apostrophe behind a semicolon",
        FILES,
        """text = _NEXT_CELL.sub(";'", text)""",
        "text = text.strip()",
    ),
    Bug("a cell has no end", FILES, "_CELL = 32_000", "_CELL = 320_000"),
    Bug(
        "a bearer's token is not known",
        REDACT,
        r'_pattern(r"(\bBearer\s+)',
        r'_pattern(r"(\bBearen\s+)',
    ),
    Bug("a known secret is not masked in an address", REDACT, SPELT, "spellings = {secret}"),
    Bug(
        "only the first secret of a kind is masked",
        REDACT,
        "for found in pattern.finditer(text)",
        "for found in list(pattern.finditer(text))[:1]",
    ),
    Bug("a terminal obeys the log", LOGS, "            _visible_values,\n", ""),
    Bug(
        "a log line holds what is obeyed",
        LOGS,
        "JSONRenderer(_visible_json)",
        "JSONRenderer(ensure_ascii=False)",
    ),
    Bug(
        "a nested secret is logged",
        LOGS,
        "return {mask(str(name)): _masked(str(name), each) for name, each in value.items()}",
        "return value",
    ),
)
BUGS = (*SHOWN, *WRITTEN)

HTTP_BUGS = (
    Bug("a body has no end", FRONT, "client_max_size=LARGEST", "client_max_size=0"),
    Bug(
        "a body may take for ever",
        FRONT,
        "asyncio.timeout(self._slowest_s)",
        "asyncio.timeout(None)",
    ),
    Bug(
        "a head may take for ever",
        FRONT,
        '"keepalive_timeout": self._idle_s,',
        '"keepalive_timeout": 3630.0,',
    ),
    Bug(
        "an old stamp counts",
        FRONT,
        VALID,
        "each.generate_signature(timestamp=stamp, body=raw) == signature",
    ),
    Bug(
        "no signature is a good one",
        FRONT,
        "if not self._is_signed(raw, request):",
        'if request.headers.get("X-Slack-Signature") and not self._is_signed(raw, request):',
    ),
    Bug("a payload is not checked", FRONT, "            check(bolt_request.body)\n", ""),
    Bug(
        "a deep payload breaks it",
        FRONT,
        "KeyError, RecursionError):",
        "KeyError):",
    ),
    Bug("bodies are decompressed", FRONT, '"auto_decompress": False', '"auto_decompress": True'),
    Bug(
        "a body that is no body breaks it",
        FRONT,
        "except (web.RequestPayloadError, ConnectionError):",
        "except ZeroDivisionError:",
    ),
    Bug("strangers fill the log", LOGS, "or _is_broken_http(record):", "or False:"),
)
