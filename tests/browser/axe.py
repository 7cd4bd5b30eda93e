"""What axe-core finds: violations that are serious or critical."""

from __future__ import annotations

from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Page

_OPTIONS = {"resultTypes": ["violations"]}
_GRAVE = {"serious", "critical"}


async def violations(page: Page, within: str = "html") -> list[str]:
    """One line for each element that is at fault."""
    result = await Axe().run(page, context=within, options=_OPTIONS)
    return [
        f"{found['id']}: {' '.join(str(part) for part in node['target'])}: {node['html'][:200]}"
        for found in result.response["violations"]
        if found["impact"] in _GRAVE
        for node in found["nodes"]
    ]
