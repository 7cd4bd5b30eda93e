"""What the services need from the world. No implementation."""

from __future__ import annotations

from bot.ports.clouds import Clock, ProviderAdapter
from bot.ports.digests import DigestStore, HomeStore
from bot.ports.orders import AuditLog, ConversationStore, HeadStore, SnapshotStore
from bot.ports.requests import OutboxStore, ReminderStore, RequestStore
from bot.ports.slack import Channels, Directory, Messenger

__all__ = [
    "AuditLog",
    "Channels",
    "Clock",
    "ConversationStore",
    "DigestStore",
    "Directory",
    "HeadStore",
    "HomeStore",
    "Messenger",
    "OutboxStore",
    "ProviderAdapter",
    "ReminderStore",
    "RequestStore",
    "SnapshotStore",
]
