"""The record as JSON lines, for whoever wants to check or keep it without SQLite and without us.

    {"seq": 2, "at": "2026-11-20T12:00:00.000Z", "body": "{...}", "prev": "<64 hex digits>",
     "hash": "<64 hex digits>", "key_id": "<16 hex digits>", "tag": "<64 hex digits>"}

One record a line, oldest first, ASCII only; `key_id` and `tag` stand where the record carries them.
`body` is the text that was hashed, so hash = SHA-256(prev as bytes || body as UTF-8); what counts
is in it, `at` repeats its `at_ms` for the eye. A body holds ids, facts and commitments. The free
texts behind the commitments stay in the database: what left it could never be erased again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from bot.errors import StorageError
from bot.i18n import _
from storage.columns import from_ms
from storage.reading import reading

_PAGE = 500
_SELECT = (
    "select a.seq, a.at_ms, a.body, a.prev, a.hash, t.key_id, t.tag from audit a"
    " left join audit_tag t on t.seq = a.seq where a.seq > ? and a.seq <= ? order by a.seq limit ?"
)
_Row = tuple[int, int, bytes, bytes, bytes, bytes | None, bytes | None]


def exported_lines(path: Path) -> Iterator[str]:
    """
    Each record up to the newest of this moment as a line of JSON, without its end of line.

    Nothing is checked (that is what `verify_file` is for) beyond what a line needs. No page is held
    open while the lines are taken, so that a slow reader keeps no write-ahead log of the bot.
    Raises:
        StorageError: there is no record to read, or one that cannot be written as a line.
    """
    with reading(path) as connection:
        (newest,) = connection.execute("select max(seq) from audit").fetchone()
        if newest is None:
            raise StorageError(_("{path} holds no audit record.", path=path))
        last = 0
        while rows := connection.execute(_SELECT, (last, newest, _PAGE)).fetchall():
            connection.execute("commit")
            yield from map(_line, rows)
            last = rows[-1][0]
            connection.execute("begin")


def _line(row: _Row) -> str:
    seq, at_ms, body, prev, record_hash, key_id, tag = row
    try:
        told = {
            "seq": seq,
            "at": _iso(at_ms),
            "body": body.decode(),
            "prev": prev.hex(),
            "hash": record_hash.hex(),
        }
        if key_id is not None and tag is not None:
            told |= {"key_id": key_id.decode(), "tag": tag.hex()}
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise StorageError(
            _("Record {seq} is damaged and cannot be exported; run audit verify.", seq=seq)
        ) from error
    return json.dumps(told)


def _iso(at_ms: int) -> str:
    text = from_ms(at_ms).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
