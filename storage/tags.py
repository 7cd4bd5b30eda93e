"""Which key may follow which: the tags of a record can be checked only where each key's stand
together, from its first record on."""

from __future__ import annotations

from sqlite_utils import Database

from bot.errors import ConfigurationError
from bot.i18n import _
from storage.chain import key_id_of


def refuse_other_key(db: Database, key: bytes | None) -> bool:
    """Whether the newest record carries a tag of *key*. Raises ConfigurationError where it carries
    one and *key* is none, or where *key* has been in use before and another, or none, after it."""
    (newest,) = db.execute(
        "select t.key_id from audit a left join audit_tag t on t.seq = a.seq"
        " order by a.seq desc limit 1"
    ).fetchone()  # every record has a first one
    if key is None:
        if newest is not None:
            raise ConfigurationError(
                _(
                    "the record carries tags, so key under [audit] has to stay; name that key, or a"
                    " new one, in the configuration (--config FILE)"
                )
            )
        return False
    own = key_id_of(key)
    used = "select 1 from audit_tag where key_id = ? limit 1"
    if newest != own and db.execute(used, (own,)).fetchone():
        raise ConfigurationError(
            _(
                "the key under [audit] was replaced, or left out for a while, so it can vouch for"
                " nothing new; make a new one"
            )
        )
    return bool(newest == own)
