"""What a Monday's digest says of the week, and the trend of thirty days: a chart, or a table where
Slack takes no chart, and always a sentence that says the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from slack_sdk.models.blocks import Block, TableBlock

from bot.domain.digest_contents import TrendPoint, Week
from bot.domain.money import Money
from bot.i18n import _
from handlers.views.digest_table import Look, cells
from handlers.views.surface import header, plain
from handlers.views.text import money, short, span

POINTS = 20  # of a chart: Slack's limit
ROWS = 10  # of the table in its place: a message holds about 13,200 characters in all
SERIES = 4  # currencies; Slack takes 6
NAME = 20  # characters of a label


class ChartBlock(Block):
    """Slack's `data_visualization`, for which slack_sdk has no class."""

    type = "data_visualization"

    @property
    def attributes(self) -> set[str]:  # type: ignore[override]
        return super().attributes.union({"title", "chart"})

    def __init__(self, *, title: str, chart: dict[str, Any]) -> None:
        super().__init__(type=self.type)
        self.title = title
        self.chart = chart


def week_blocks(week: Week, look: Look) -> list[Block]:
    blocks: list[Block] = [header(_("The last seven days")), plain(week_text(week))]
    if _has_trend(week):
        if look is Look.CHARTS:
            blocks.append(_chart(week))
        elif look is Look.TABLES:
            blocks.append(_table(week))
    return blocks


def week_text(week: Week) -> str:
    said = [
        _("Created: at least {count}.", count=week.created)
        if week.at_least
        else _("Created: {count}.", count=week.created),
        _(
            "Of what stood here: paid {paid}, cancelled {cancelled}, lapsed {lapsed}.",
            paid=week.paid,
            cancelled=week.cancelled,
            lapsed=week.lapsed,
        ),
    ]
    if week.median_age_hours is not None:
        age = span(timedelta(hours=week.median_age_hours))
        said.append(_("Median age of what is unpaid: {span}.", span=age))
    said.append(_("Cancelled without two people: {count}.", count=week.alone))
    if _has_trend(week):
        said += [_trend_text(week.trend, each) for each in _currencies(week.trend)]
    return " ".join(said)


def _has_trend(week: Week) -> bool:
    return len(week.trend) > 1 and bool(_currencies(week.trend))


def _trend_text(trend: Sequence[TrendPoint], currency: str) -> str:
    amounts = [_amount(point, currency) for point in trend]
    return _(
        "Unpaid in {days} days: from {first} to {last}, lowest {low}, highest {high}.",
        days=(trend[-1].day - trend[0].day).days,
        first=money(Money(amounts[0], currency)),
        last=money(Money(amounts[-1], currency)),
        low=money(Money(min(amounts), currency)),
        high=money(Money(max(amounts), currency)),
    )


def _chart(week: Week) -> Block:
    """Slack wants the same labels in each series as on the axis; amounts in whole units."""
    points = _sampled(week.trend, POINTS)
    days = [_day(point) for point in points]
    series = [
        {
            "name": _name(currency),
            "data": [
                {"label": day, "value": int(_amount(point, currency).to_integral_value())}
                for day, point in zip(days, points, strict=True)
            ],
        }
        for currency in _currencies(week.trend)
    ]
    axis = {"categories": days, "x_label": _("Day"), "y_label": _("Unpaid")}
    return ChartBlock(
        title=_("Unpaid in the last 30 days"),
        chart={"type": "line", "series": series, "axis_config": axis},
    )


def _table(week: Week) -> Block:
    currencies = _currencies(week.trend)
    rows = [cells((_("Day"), *map(_name, currencies)))]
    for point in _sampled(week.trend, ROWS):
        amounts = [money(Money(_amount(point, each), each)) for each in currencies]
        rows.append(cells((_day(point), *amounts)))
    right = {"align": "right"}
    return TableBlock(rows=rows, column_settings=[{"align": "left"}, *[right] * len(currencies)])


def _sampled(trend: Sequence[TrendPoint], most: int) -> list[TrendPoint]:
    """At most *most* points at even distances, the last one always among them."""
    step = -(-len(trend) // most)
    return list(trend[::-1][::step])[::-1]


def _currencies(trend: Sequence[TrendPoint]) -> list[str]:
    """Those with the largest part of the trend behind them: known on most days."""
    days: dict[str, int] = {}
    for point in trend:
        for currency, _total in point.totals:
            days[currency] = days.get(currency, 0) + 1
    return sorted(days, key=lambda currency: (-days[currency], currency))[:SERIES]


def _amount(point: TrendPoint, currency: str) -> Decimal:
    return next((total for name, total in point.totals if name == currency), Decimal(0))


def _name(currency: str) -> str:
    return short(currency, NAME) or _("no currency")


def _day(point: TrendPoint) -> str:
    return f"{point.day:%d %b}"
