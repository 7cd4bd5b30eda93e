"""A report for people, and for programs. Neither holds a secret."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from bot.doctor.findings import Finding, Report
from bot.i18n import _
from bot.redact import mask


def as_json(report: Report) -> str:
    """`{"ok", "findings": [{"code", "subject", "problem", "fix"}], "checked", "not_checked"}`."""
    shown = {
        "ok": report.ok,
        "findings": [_masked(each) for each in report.findings],
        "checked": [mask(each) for each in report.checked],
        "not_checked": [mask(each) for each in report.not_checked],
    }
    return json.dumps(shown, ensure_ascii=False, indent=2)


def as_text(report: Report) -> str:
    parts = [_headline(len(report.findings))]
    for finding in report.findings:
        shown = _masked(finding)
        parts.append(
            f"\n{shown['code']}  {shown['subject']}\n  {shown['problem']}\n"
            + _("  Fix: {fix}", fix=shown["fix"])
        )
    parts += _listed(_("Checked:"), report.checked)
    parts += _listed(_("Not checked:"), report.not_checked)
    return "\n".join(parts)


def _headline(count: int) -> str:
    if not count:
        return _("Nothing found.")
    return _("1 finding.") if count == 1 else _("{count} findings.", count=count)


def _listed(title: str, entries: Sequence[str]) -> list[str]:
    return [f"\n{title}", *(f"  {mask(each)}" for each in entries)] if entries else []


def _masked(finding: Finding) -> dict[str, str]:
    return {name: mask(str(value)) for name, value in asdict(finding).items()}
