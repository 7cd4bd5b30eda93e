"""Whatever JSON an app sends as blocks, it is judged, never answered with a crash."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import nan
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.workspace.block_elements import KEYS
from bot.sandbox.workspace.blocks import _KEYS, _VIEW_KEYS, problems, view_problems
from bot.sandbox.workspace.inputs import state_values, with_ids

TYPES = ["plain_text", "mrkdwn", "modal", "home", "raw_text", "rich_text_section", "pie", *KEYS]
NAMES = sorted({"type", *set().union(*KEYS.values(), *_KEYS.values()), *_VIEW_KEYS})
SCALARS = st.sampled_from(
    [None, True, False, -1, 0, 1, 10**9, 0.5, nan, "", "a", "http://x", *TYPES, *_KEYS]
)


def some_of(names: Collection[str], values: Any) -> Any:
    return st.dictionaries(st.sampled_from(sorted(names)), values, max_size=4)


def of_any_kind(keys: Mapping[str, Collection[str]], values: Any) -> Any:
    """A dictionary of one of the kinds, with some of the names that its kind has."""
    return st.sampled_from(sorted(keys)).flatmap(
        lambda kind: some_of([*keys[kind], "block_id"], values).map(
            lambda rest: {**rest, "type": kind}
        )
    )


TEXTS = {"plain_text": ("text", "emoji"), "mrkdwn": ("text", "verbatim")}
LEAVES = SCALARS | of_any_kind(TEXTS, SCALARS)
PARTS = LEAVES | some_of(NAMES, LEAVES) | st.lists(LEAVES | some_of(NAMES, LEAVES), max_size=2)
ELEMENTS = of_any_kind(KEYS, PARTS | st.lists(PARTS, max_size=2))
IN_BLOCKS = PARTS | ELEMENTS | st.lists(ELEMENTS, max_size=2)
INNER_BLOCKS = of_any_kind(_KEYS, IN_BLOCKS)
BLOCKS = of_any_kind(_KEYS, IN_BLOCKS | INNER_BLOCKS | st.lists(INNER_BLOCKS, max_size=2))
JSON = PARTS | BLOCKS | st.lists(BLOCKS, max_size=3)


@given(blocks=JSON)
def test_any_json_is_judged_and_what_passes_can_be_shown(blocks: Any) -> None:
    if not problems(blocks, "message"):
        shown = with_ids(blocks, lambda: "id")
        state_values(shown, {})


@given(view=some_of(_VIEW_KEYS, JSON), blocks=st.lists(BLOCKS, max_size=2))
def test_any_view_is_judged(view: dict[str, Any], blocks: list[Any]) -> None:
    for kind in ("modal", "home"):
        assert isinstance(view_problems({"blocks": blocks, **view, "type": kind}), list)
