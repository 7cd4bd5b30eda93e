"""`/order export`: the orders of a list as a file in the direct messages of who asked."""

from __future__ import annotations

import structlog

from bot.domain.filters import OrderFilter
from bot.errors import MessengerError, NotAllowed
from bot.i18n import _
from bot.services.access import Viewer
from bot.services.exports import OrderExport
from handlers.answers import Answer
from handlers.desk import Desk
from handlers.export_typed import Export
from handlers.views.exports import collecting, export_card, nothing_card, sent_card
from handlers.views.panel import sentence
from handlers.views.surface import Rendered

logger = structlog.get_logger(__name__)


class ExportCommand:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def answer(
        self, command: Export, wanted: OrderFilter, viewer: Viewer, answer: Answer
    ) -> None:
        """Says at once that it collects, then what became of it. Raises what `Exports.export`
        raises, and NotAllowed where the right went meanwhile."""
        desk, person = self._desk, viewer.person
        await answer.show(collecting())
        async with desk.exports.export(viewer, wanted, command.form) as export:
            if not export.count:
                shown = nothing_card(export, person.time_zone)
            else:
                shown = await self._send(export, viewer)
        await answer.show(shown)

    async def _send(self, export: OrderExport, viewer: Viewer) -> Rendered:
        desk, person = self._desk, viewer.person
        card = export_card(export, person.time_zone)
        await self._check_right(export, viewer)
        try:
            await desk.files.send(export, card, to=person.user_id)
        except MessengerError as error:
            reason = error.code or type(error).__name__
            logger.warning("export_not_sent", error=reason)
            await desk.exports.not_sent(viewer, export, reason=reason)
            return sentence(str(error))
        return sent_card(export, person.time_zone)

    async def _check_right(self, export: OrderExport, viewer: Viewer) -> None:
        """Collecting takes a while: who may view is asked again before anything leaves."""
        desk = self._desk
        try:
            today = await desk.access.viewer(viewer.person.user_id)
        except NotAllowed as error:
            await desk.exports.not_sent(viewer, export, reason=error.rule)
            raise
        if not export.wanted.accounts <= today.names:
            await desk.exports.not_sent(viewer, export, reason="viewers")
            raise NotAllowed(
                _("You may not view all of these accounts any more, so no file is sent."),
                rule="viewers",
            )
