"""Everything SQLite. Services know only the ports; the wiring room builds the stores."""

from __future__ import annotations
