"""Charts, menus and dates: what Slack would refuse is found."""

from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.workspace.blocks import problems
from tests.unit.sandbox.workspace_kit import Block, actions, mrkdwn, plain


def chart(
    series: int = 1, points: int = 1, label: str = "{}", *, axis: Block | None = None, **more: Any
) -> list[Block]:
    days = [label.format(n) for n in range(points)]
    data = [{"label": day, "value": 1} for day in days]
    many = [{"name": f"n{n}", "data": data} | more for n in range(series)]
    shown = {"type": "line", "series": many, "axis_config": {"categories": days} | (axis or {})}
    return [{"type": "data_visualization", "title": "t", "chart": shown}]


def menu(count: int = 1, text: Block | None = None) -> list[Block]:
    options = [{"text": text or plain("A"), "value": f"v{n}"} for n in range(count)]
    return [actions({"type": "overflow", "options": options})]


def date(day: str) -> list[Block]:
    element = {"type": "datepicker", "initial_date": day}
    return [{"type": "input", "label": plain("Until"), "element": element}]


CASES: dict[str, tuple[list[Block], list[Block]]] = {
    "six series": (chart(series=6), chart(series=7)),
    "twenty points": (chart(points=20), chart(points=21)),
    "labels of twenty characters": (chart(label="x" * 20), chart(label="x" * 21)),
    "names of twenty characters": (chart(name="x" * 20), chart(name="x" * 21)),
    "an axis of fifty": (chart(axis={"y_label": "x" * 50}), chart(axis={"x_label": "x" * 51})),
    "the axis names the points": (chart(), chart(axis={"categories": ["x"]})),
    "each day has a point": (chart(points=2), chart(points=2, data=[])),
    "series differ": (chart(series=2), chart(series=2, name="n")),
    "a value is a number": (chart(), chart(data=[{"label": "0", "value": "1"}])),
    "nothing else in a series": (chart(), chart(colour="red")),
    "five options": (menu(5), menu(6)),
    "an option is plain text": (menu(), menu(text=mrkdwn("x"))),
    "a date is one": (date("2026-11-24"), date("24.11.2026")),
}


@pytest.mark.parametrize("what", CASES)
def test_what_slack_takes_passes_and_what_it_refuses_is_named(what: str) -> None:
    right, wrong = CASES[what]
    assert problems(right, "message") == []
    assert len(problems(wrong, "message")) == 1
