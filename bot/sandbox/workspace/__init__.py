"""The part of Slack that the bot uses, as a real server on loopback."""

from __future__ import annotations

from bot.sandbox.workspace.server import Workspace, start_workspace

__all__ = ["Workspace", "start_workspace"]
