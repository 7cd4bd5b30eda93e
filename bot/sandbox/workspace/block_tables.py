"""Tables, charts and the other newer blocks, checked.

Source: Block Kit reference, pages "Table", "Data table", "Data visualization", "Alert", "Card",
"Carousel". Where older and newer pages differ, the smaller limit is taken.
"""

from __future__ import annotations

from typing import Any

from bot.sandbox.workspace.block_elements import check_element, check_image_source
from bot.sandbox.workspace.block_parts import Findings, check_text, type_of

_RICH = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}
_RICH_PARTS = {
    "text", "link", "user", "channel", "usergroup", "emoji", "date", "broadcast", "color", "team"
}  # fmt: skip
_TABLE_CHARACTERS = 10_000
_CHARTS = {"pie", "bar", "area", "line"}


def check_rich_text(found: Findings, where: str, block: dict[str, Any]) -> None:
    parts = found.several(f"{where}.elements", block.get("elements"), most=1000)
    for n, part in enumerate(parts):
        at = f"{where}.elements[{n}]"
        if type_of(part) not in _RICH:
            found.add(at, "must be a rich text section, list, preformatted or quote")
        else:
            _check_rich_parts(found, at, part)


def _check_rich_parts(found: Findings, where: str, part: dict[str, Any]) -> None:
    for n, piece in enumerate(found.several(f"{where}.elements", part.get("elements"), most=1000)):
        at = f"{where}.elements[{n}]"
        kind = type_of(piece)
        if part["type"] == "rich_text_list" and kind == "rich_text_section":
            _check_rich_parts(found, at, piece)
        elif kind not in _RICH_PARTS:
            found.add(at, f"{kind!r} is no element of rich text")
        elif kind == "text":
            found.string(f"{at}.text", piece.get("text"), most=13_200, required=True)


def _check_cell(found: Findings, where: str, cell: object, kinds: set[str]) -> None:
    kind = type_of(cell)
    if not isinstance(cell, dict) or kind not in kinds:
        found.add(where, f"a cell of type {kind!r} is not allowed here")
        return
    found.table_characters += characters_in(cell)
    if kind == "rich_text":
        check_rich_text(found, where, cell)
        return
    found.string(f"{where}.text", cell.get("text"), most=_TABLE_CHARACTERS, required=True)
    if kind == "raw_number" and not isinstance(cell.get("value"), int | float):
        found.add(f"{where}.value", "must be a number")


def check_table(found: Findings, where: str, block: dict[str, Any]) -> None:
    kinds = {"raw_text", "raw_number", "rich_text"}
    for n, row in enumerate(found.several(f"{where}.rows", block.get("rows"), most=100)):
        for m, cell in enumerate(found.several(f"{where}.rows[{n}]", row, most=20)):
            _check_cell(found, f"{where}.rows[{n}][{m}]", cell, kinds)
    settings = block.get("column_settings")
    if settings is None:
        return
    for n, value in enumerate(found.several(f"{where}.column_settings", settings, most=20)):
        at = f"{where}.column_settings[{n}]"
        if value is None:
            continue  # a null leaves a column as it is
        setting = found.thing(at, value, {"align", "is_wrapped"})
        if setting is not None:
            found.word(f"{at}.align", setting.get("align"), {"left", "center", "right"})
            found.flag(f"{at}.is_wrapped", setting.get("is_wrapped"))


def check_data_table(found: Findings, where: str, block: dict[str, Any]) -> None:
    found.string(f"{where}.caption", block.get("caption"), most=3000, required=True)
    found.number(f"{where}.page_size", block.get("page_size"), least=1, most=100)
    found.number(
        f"{where}.row_header_column_index", block.get("row_header_column_index"), least=0, most=19
    )
    for n, row in enumerate(found.several(f"{where}.rows", block.get("rows"), most=101)):
        kinds = {"raw_text", "raw_number"} | ({"rich_text"} if n else set())
        for m, cell in enumerate(found.several(f"{where}.rows[{n}]", row, most=20)):
            _check_cell(found, f"{where}.rows[{n}][{m}]", cell, kinds)


def check_chart(found: Findings, where: str, block: dict[str, Any]) -> None:
    found.charts += 1
    found.string(f"{where}.title", block.get("title"), most=50, required=True)
    chart = block.get("chart")
    if not isinstance(chart, dict) or type_of(chart) not in _CHARTS:
        found.add(f"{where}.chart", f"must be one of {', '.join(sorted(_CHARTS))}")
        return
    if chart["type"] == "pie":
        at = f"{where}.chart.segments"
        _check_points(found, at, found.several(at, chart.get("segments"), most=6))
        return
    categories = _check_axis(found, f"{where}.chart.axis_config", chart.get("axis_config"))
    at = f"{where}.chart.series"
    names: set[str] = set()
    for n, value in enumerate(found.several(at, chart.get("series"), most=6)):
        series = found.thing(f"{at}[{n}]", value, {"name", "data"})
        if series is not None:
            found.string(f"{at}[{n}].name", series.get("name"), most=20, required=True)
            if str(series.get("name")) in names:
                found.add(f"{at}[{n}].name", "occurs twice")
            names.add(str(series.get("name")))
            _check_series(found, f"{at}[{n}].data", series.get("data"), categories)


def _check_series(found: Findings, where: str, data: object, categories: list[Any]) -> None:
    points = [each for each in data if isinstance(each, dict)] if isinstance(data, list) else []
    if [point.get("label") for point in points] != categories:
        found.add(where, "must have one point for each category of the axis, in its order")
    for n, point in enumerate(points):
        _check_value(found, f"{where}[{n}]", point)


def _check_axis(found: Findings, where: str, value: object) -> list[Any]:
    """The categories, which are the labels of every series."""
    axis = found.thing(where, value, {"categories", "x_label", "y_label"})
    if axis is None:
        return []
    at = f"{where}.categories"
    categories = found.several(at, axis.get("categories"), most=20)
    for n, label in enumerate(categories):
        found.string(f"{at}[{n}]", label, most=20, required=True)
    for name in ("x_label", "y_label"):
        found.string(f"{where}.{name}", axis.get(name), most=50)
    return categories


def _check_points(found: Findings, where: str, points: list[Any]) -> None:
    for n, value in enumerate(points):
        point = found.thing(f"{where}[{n}]", value, {"label", "value"})
        if point is not None:
            found.string(f"{where}[{n}].label", point.get("label"), most=20, required=True)
            _check_value(found, f"{where}[{n}]", point)


def _check_value(found: Findings, where: str, point: dict[str, Any]) -> None:
    value = point.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        found.add(f"{where}.value", "must be a number")


def check_alert(found: Findings, where: str, block: dict[str, Any]) -> None:
    check_text(found, f"{where}.text", block.get("text"), most=200)
    levels = {"default", "info", "warning", "error", "success"}
    found.word(f"{where}.level", block.get("level"), levels)


def check_card(found: Findings, where: str, block: dict[str, Any]) -> None:
    for name, most in (("title", 150), ("subtitle", 150), ("body", 200), ("subtext", 200)):
        check_text(found, f"{where}.{name}", block.get(name), most=most, required=False)
    for name in ("hero_image", "icon"):
        if isinstance(block.get(name), dict):
            check_image_source(found, f"{where}.{name}", block[name])
    if not any(block.get(name) for name in ("hero_image", "title", "body", "actions")):
        found.add(where, "a card needs an image, a title, a body or actions")
    if block.get("actions") is not None:
        ids: set[str] = set()
        for n, one in enumerate(found.several(f"{where}.actions", block["actions"], most=3)):
            check_element(found, f"{where}.actions[{n}]", one, {"button"}, ids)


def check_totals(found: Findings, surface: str) -> None:
    """Limits over all blocks of one payload together."""
    if found.table_characters > _TABLE_CHARACTERS:
        found.add("blocks", f"{found.table_characters} characters in table cells, over 10000")
    if found.markdown_characters > 12_000:  # noqa: PLR2004 (documented, used once)
        found.add("blocks", f"{found.markdown_characters} characters of markdown, over 12000")
    if found.charts > 2:  # noqa: PLR2004 (documented, used once)
        found.add("blocks", f"{found.charts} charts, allowed are 2")
    if found.focused > 1:
        found.add("blocks", f"{found.focused} elements of one {surface} want the focus")


def characters_in(value: object) -> int:
    """All characters of texts below *value*, however deep."""
    if isinstance(value, list):
        return sum(characters_in(item) for item in value)
    if not isinstance(value, dict):
        return 0
    own = value.get("text")
    return (len(own) if isinstance(own, str) else 0) + sum(
        characters_in(item) for item in value.values()
    )
