"""The direct message that reminds somebody of a request which waits for their decision."""

from __future__ import annotations

from bot.domain.approvals import ApprovalRequest
from bot.domain.reminders import MORNING
from bot.i18n import _
from handlers.ids import ActionId
from handlers.views.requests import REASON, asked_by, quoted, request_ref, title
from handlers.views.surface import Rendered, actions, button, header, message, note, plain
from handlers.views.text import short

NUMBER = 64


def reminder_card(request: ApprovalRequest, text: str) -> Rendered:
    """*text* is plain: why the person is told, and until when the request waits."""
    ref, about = request_ref(request), short(request.order_id, NUMBER)
    later = _("Remind me at {time}", time=f"{MORNING:%H:%M}")
    blocks = [
        header(title(request)),
        plain(text),
        plain(quoted(request.reason, REASON)),
        note(asked_by(request)),
        actions(
            button(ActionId.SHOW_REQUEST, _("Show"), ref, about=about),
            button(ActionId.REMIND_ME, later, ref, about=about),
        ),
    ]
    return message(f"{title(request)} {text}", blocks)
