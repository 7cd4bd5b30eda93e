"""The embedded workspace as a web page: one more client of it, on loopback."""

from __future__ import annotations

from bot.sandbox.page.server import Hands, Page, start_page

__all__ = ["Hands", "Page", "start_page"]
