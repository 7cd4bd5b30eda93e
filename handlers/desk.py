"""Desk: what every listener works with. Made once in the wiring room."""

from __future__ import annotations

from dataclasses import dataclass

from bot.metrics import Metrics
from bot.ports import Clock, ConversationStore, RequestStore
from bot.services.access import Access
from bot.services.decisions import Decisions
from bot.services.digests import Digests
from bot.services.exports import Exports
from bot.services.inputs import Inputs
from bot.services.lists import OrderLists
from bot.services.orders import OrderLookups
from bot.services.reminders import Reminders
from bot.services.requests import Requests
from handlers.cards import Cards
from handlers.tasks import Tasks
from handlers.uploads import SlackFiles


@dataclass(frozen=True, slots=True)
class Desk:
    access: Access
    lookups: OrderLookups
    lists: OrderLists
    inputs: Inputs
    drafts: ConversationStore
    request_store: RequestStore  # inputs are stored here before Slack is answered
    requests: Requests
    decisions: Decisions
    digests: Digests
    exports: Exports
    files: SlackFiles
    reminders: Reminders
    cards: Cards
    tasks: Tasks
    clock: Clock
    metrics: Metrics
