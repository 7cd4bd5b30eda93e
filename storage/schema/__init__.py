"""The schema, step by step. A step that has shipped is never edited; a new one is appended."""

from __future__ import annotations

from sqlite_utils import Migrations

from storage.schema.m001_audit import m001_audit
from storage.schema.m002_snapshots import m002_snapshots
from storage.schema.m003_conversations import m003_conversations
from storage.schema.m004_requests import m004_requests
from storage.schema.m005_outbox import m005_outbox
from storage.schema.m006_digests import m006_digests
from storage.schema.m007_reminders import m007_reminders
from storage.schema.m008_home import m008_home
from storage.schema.m009_heads import m009_heads

SCHEMA = Migrations("countersign")

for _step in (
    m001_audit,
    m002_snapshots,
    m003_conversations,
    m004_requests,
    m005_outbox,
    m006_digests,
    m007_reminders,
    m008_home,
    m009_heads,
):
    SCHEMA()(_step)
